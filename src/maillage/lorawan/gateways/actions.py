"""Writes: certificates issued to gateways, renewed and revoked. The network server hears of each by NOTIFY."""

from dataclasses import dataclass

from django.conf import settings
from django.db import transaction

from maillage.identity.actions import write_journal
from maillage.identity.actor import Actor
from maillage.identity.policies import require_operate
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, NotFound
from maillage.lorawan import queries
from maillage.lorawan.actions import GATEWAYS_CHANGED
from maillage.lorawan.events import NOTIFY_REGISTRY
from maillage.lorawan.gateways.authority import Credential, issue_gateway
from maillage.lorawan.gateways.authority_folder import AuthorityFolder
from maillage.lorawan.models import Gateway, GatewayCertificate
from maillage.lorawan.notify import notify


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What a gateway needs to connect. The key is in nobody's keeping but the reader's."""

    gateway: Gateway
    credential: Credential
    trust_pem: bytes


@transaction.atomic
def issue_certificate(actor: Actor, eui: str) -> Enrolment:
    """A new certificate for a gateway; from now on it is heard over TLS only.

    Certificates it has stay good until the new one is used. One that was never used is replaced. Raises ``NotFound``,
    ``Refused``, and ``Unavailable`` when the authority's folder cannot be used.
    """
    gateway, now = _gateway(actor, eui), clock.now()
    authority = AuthorityFolder(settings.AUTHORITY_FOLDER).authority(now)
    made = issue_gateway(authority, gateway.pk, now)
    GatewayCertificate.objects.filter(gateway=gateway, first_used_at=None, revoked_at=None).update(revoked_at=now)
    GatewayCertificate.objects.create(serial=made.serial, gateway=gateway, issued_at=now, not_after=made.not_after)
    _tell(actor, gateway, "lorawan.certificate_issued", made.serial)
    return Enrolment(gateway, made, authority.certificate_pem)


@transaction.atomic
def renew_by_cups(actor: Actor, eui: str) -> None:
    """The gateway gets its next certificate by itself, when it asks CUPS next (within a day).

    Raises ``NotFound``, ``Refused``, and ``Conflict`` for a gateway without a valid certificate in use.
    """
    gateway, now = _gateway(actor, eui), clock.now()
    valid = GatewayCertificate.objects.filter(gateway=gateway, revoked_at=None, not_after__gt=now)
    present = valid.exclude(first_used_at=None).first()
    if present is None:
        raise Conflict("lorawan.certificate_none_in_use", eui=gateway.pk)
    present.renewal_asked_at = now
    present.save(update_fields=["renewal_asked_at"])
    _tell(actor, gateway, "lorawan.certificate_renewal_asked", present.pk)


@transaction.atomic
def revoke_certificate(actor: Actor, eui: str, serial: str) -> None:
    """From now on nobody connects with it; who is connected by it is cut off. Raises ``NotFound``, ``Refused``."""
    gateway = _gateway(actor, eui)
    found = GatewayCertificate.objects.filter(gateway=gateway, pk=serial, revoked_at=None).first()
    if found is None:
        raise NotFound("lorawan.certificate_unknown", serial=serial)
    found.revoked_at = clock.now()
    found.save(update_fields=["revoked_at"])
    _tell(actor, gateway, "lorawan.certificate_revoked", serial)


def _gateway(actor: Actor, eui: str) -> Gateway:
    """Locked, so that two certificates are not issued at once."""
    gateway = queries.gateways(actor).select_for_update(of=("self",), no_key=True).filter(pk=eui).first()
    if gateway is None:
        raise NotFound("lorawan.gateway_unknown", eui=eui)
    require_operate(actor, gateway.organisation_id)
    return gateway


def _tell(actor: Actor, gateway: Gateway, action: str, serial: str) -> None:
    notify(NOTIFY_REGISTRY, GATEWAYS_CHANGED)
    facts: dict[str, object] = {"serial": serial}
    write_journal(actor, gateway.organisation_id, action, "gateway", gateway.pk, gateway.name, facts)
