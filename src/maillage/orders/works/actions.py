"""A device is put in its place; the works of a site are accepted, and what was ordered becomes active."""

from django.db import IntegrityError, transaction

from maillage.catalogue import shelf
from maillage.identity.actions import write_journal
from maillage.identity.actor import Actor, machine
from maillage.identity.policies import require_configure
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid, NotFound
from maillage.lorawan.claims.actions import claim_device
from maillage.lorawan.protocol.eui import parse_eui
from maillage.lorawan.qr import DeviceTag, parse_tag
from maillage.orders.actions import NewSubscription, start_subscription
from maillage.orders.engine.quote import from_json, terms_of
from maillage.orders.models import WorkItem, WorkOrder
from maillage.orders.policies import require_order
from maillage.orders.works import queries
from maillage.telemetry.actions import Installation, install_thing
from maillage.telemetry.queries import things, visible_device
from maillage.territory.models import Space

# The commune accepts; that its devices become things and its subscriptions begin follows by the house's own hand.
ACTIVATION = machine("activation")
_LABEL_START = "LW:"
_SHOWN_DIGITS = 6


def scan(actor: Actor, item_id: int, code: str, space_id: int | None = None, photo: bytes | None = None) -> WorkItem:
    """Put the device of a label (``LW:D0:…``) or of a typed DevEUI in the place of an item, and note when and who.

    A device that the operating body still holds is claimed for the owner of the site, if the label has its token.
    The same device on the same item is the same scan, sent again. Raises ``Conflict`` ``device_scanned_twice``,
    ``device_already_installed``, ``work_accepted``; ``Invalid`` for a code that cannot be read or a device of another
    organisation.
    """
    item = queries.item(actor, item_id)
    require_configure(actor, item.organisation_id)
    _require_open(item.work)
    tag = _tag_of(code)
    _require_free(actor, item, tag.dev_eui)
    # On its own, before our transaction: a claim that fails must stay counted.
    if tag.owner_token and not _is_theirs(actor, item, tag.dev_eui):
        claim_device(actor, code, item.organisation_id)
    return _put(actor, item.work_id, item.pk, tag.dev_eui, space_id, photo)


@transaction.atomic
def accept(actor: Actor, work_id: int) -> WorkOrder:
    """The commune receives the works of a site: devices become its things, subscriptions begin today.

    Raises ``Conflict`` while a device is missing (``work_unfinished``) or was not heard in its place
    (``work_unheard``), and for works accepted before.
    """
    found = queries.work(actor, work_id)
    require_order(actor, found.organisation_id)
    work = WorkOrder.objects.visible_to(actor).select_for_update().get(pk=found.pk)
    _require_open(work)
    states = queries.items_of(actor, work)
    missing = [one.item for one in states if one.item.device_id is None]
    if missing:
        raise Conflict("work_unfinished", missing=len(missing), label=missing[0].label)
    silent = queries.unheard(states)
    if silent:
        raise Conflict("work_unheard", silent=len(silent), dev_eui=str(silent[0].device_id).upper())
    for one in states:
        _activate(one.item, work)
    _subscribe(work)
    work.accepted_at, work.accepted_by = clock.now(), actor.label
    work.save(update_fields=["accepted_at", "accepted_by"])
    facts: dict[str, object] = {"site": found.site.name, "devices": len(states)}
    write_journal(actor, work.organisation_id, "orders.work_accepted", "work", work.pk, found.order.number, facts)
    return work


@transaction.atomic
def _put(actor: Actor, work_id: int, item_id: int, dev_eui: str, space_id: int | None, photo: bytes | None) -> WorkItem:
    # The works first, then the item, as the acceptance does: neither waits for the other.
    work = WorkOrder.objects.visible_to(actor).select_for_update(of=("self",)).select_related("site").get(pk=work_id)
    _require_open(work)
    item = WorkItem.objects.visible_to(actor).select_for_update().get(pk=item_id)
    device = visible_device(actor, dev_eui)
    if device.organisation_id != item.organisation_id:
        raise Invalid("device_of_another_organisation", dev_eui=dev_eui, site=work.site.name)
    if device.decommissioned_at is not None:
        raise Conflict("device_decommissioned", dev_eui=dev_eui)
    item.space = _room(actor, work.site_id, space_id)
    if item.device_id != dev_eui:
        item.device, item.installed_at, item.installed_by = device, clock.now(), actor.label
    item.photo = photo or item.photo
    try:
        with transaction.atomic():
            item.save()
    except IntegrityError as error:
        raise Conflict("device_scanned_twice", dev_eui=dev_eui.upper(), label="", site="") from error
    facts: dict[str, object] = {"dev_eui": dev_eui, "label": item.label, "position": item.position}
    write_journal(actor, item.organisation_id, "orders.device_placed", "work", item.work_id, item.label, facts)
    return item


def _tag_of(code: str) -> DeviceTag:
    given = code.strip()
    if given.upper().startswith(_LABEL_START):
        return parse_tag(given)
    return DeviceTag("", parse_eui(given).hex(), "")


def _require_free(actor: Actor, item: WorkItem, dev_eui: str) -> None:
    other = queries.elsewhere(actor, dev_eui, item.pk)
    if other is not None:
        where = {"label": f"{other.label} {other.position}", "site": other.work.site.name}
        raise Conflict("device_scanned_twice", dev_eui=dev_eui.upper(), **where)
    installed = things(actor).filter(device_id=dev_eui).first()
    if installed is not None:
        raise Conflict("device_already_installed", dev_eui=dev_eui, thing=installed.name, site=installed.site.name)


def _is_theirs(actor: Actor, item: WorkItem, dev_eui: str) -> bool:
    try:
        return visible_device(actor, dev_eui).organisation_id == item.organisation_id
    except NotFound:
        return False


def _room(actor: Actor, site_id: int, space_id: int | None) -> Space | None:
    if space_id is None:
        return None
    found = next((one for one in queries.rooms_of(actor, site_id) if one.pk == space_id), None)
    if found is None:
        raise NotFound("space_unknown", space_id=space_id)
    return found


def _require_open(work: WorkOrder) -> None:
    if work.accepted_at is not None:
        raise Conflict("work_accepted", work_id=work.pk)


def _activate(item: WorkItem, work: WorkOrder) -> None:
    name = f"{item.label} {str(item.device_id)[-_SHOWN_DIGITS:].upper()}"
    where = Installation(str(item.device_id), work.site_id, name, item.space_id, item.line.solution)
    item.thing = install_thing(ACTIVATION, where)
    item.save(update_fields=["thing"])


def _subscribe(work: WorkOrder) -> None:
    for line in queries.lines_at(ACTIVATION, work):
        new = NewSubscription(
            organisation_id=line.organisation_id,
            offering=line.offering,
            offering_version=str(line.offering_version),
            label=line.name,
            site_id=line.site_id,
            quantity=1,
            terms=terms_of(from_json(line.charges)),
            starts_on=shelf.today(),
        )
        line.subscription = start_subscription(ACTIVATION, new)
        line.save(update_fields=["subscription"])
