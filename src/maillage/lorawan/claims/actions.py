"""A device changes hands against the owner token of its label."""

from datetime import datetime, timedelta
from hmac import compare_digest

from django.db import transaction

from maillage.identity.actions import write_journal
from maillage.identity.actor import Actor
from maillage.identity.policies import require_command
from maillage.kernel import clock
from maillage.kernel.errors import Invalid, Refused
from maillage.lorawan.claims import queries
from maillage.lorawan.events import NOTIFY_REGISTRY
from maillage.lorawan.models import ClaimFailure, Device
from maillage.lorawan.notify import notify
from maillage.lorawan.qr import DeviceTag, parse_tag
from maillage.lorawan.queries import person_id

THROTTLE_WINDOW = timedelta(minutes=15)
FAILURES_OF_A_PERSON = 5
FAILURES_ON_A_DEVICE = 10


def claim_device(actor: Actor, code: str, organisation_id: int) -> Device:
    """The device of the label becomes the organisation's, which its journal and the former owner's both tell.

    Raises ``Refused`` for who does not speak for the organisation, after too many failures, and, in the same words,
    for an unknown device, one that is somebody's already, and a wrong token; ``Invalid`` for a code that cannot be
    read or has no owner token. A failure is kept although the claim is refused: it counts.
    """
    require_command(actor, organisation_id)
    user_id, now = person_id(actor), clock.now()
    tag = parse_tag(code)
    if not tag.owner_token:
        raise Invalid("lorawan.claim_without_token")
    with transaction.atomic():
        claimed = _claim(actor, user_id, tag, organisation_id, now)
    if claimed is None:
        raise Refused("lorawan.claim_refused")
    return claimed


def _claim(actor: Actor, user_id: int, tag: DeviceTag, organisation_id: int, now: datetime) -> Device | None:
    queries.lock_claimant(user_id)
    _require_patience(user_id, tag.dev_eui, now - THROTTLE_WINDOW)
    device = queries.claimable(tag)
    if device is None or not compare_digest(queries.owner_token(device).encode(), tag.owner_token.encode()):
        ClaimFailure.objects.filter(at__lte=now - THROTTLE_WINDOW).delete()
        ClaimFailure.objects.create(user_id=user_id, dev_eui=tag.dev_eui, at=now)
        return None
    former_id, device.organisation_id, device.owner_token = device.organisation_id, organisation_id, None
    device.save(update_fields=["organisation_id", "owner_token"])
    notify(NOTIFY_REGISTRY, device.pk)
    facts: dict[str, object] = {"from": former_id, "to": organisation_id}
    for owner_id in sorted({former_id, organisation_id}):
        write_journal(actor, owner_id, "lorawan.device_claimed", "device", device.pk, device.name, facts)
    return device


def _require_patience(user_id: int, dev_eui: str, since: datetime) -> None:
    mine = queries.claim_failures(since, user_id=user_id)
    if mine >= FAILURES_OF_A_PERSON or queries.claim_failures(since, dev_eui=dev_eui) >= FAILURES_ON_A_DEVICE:
        raise Refused("lorawan.claim_throttled", minutes=int(THROTTLE_WINDOW.total_seconds()) // 60)
