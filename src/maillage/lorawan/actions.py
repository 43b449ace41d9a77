"""Writes: gateways and devices registered, changed and taken out of service; messages for devices.

The network server hears of each by NOTIFY when the transaction commits.
"""

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.gis.geos import Point
from django.db import IntegrityError, transaction

from maillage.identity.actions import write_journal
from maillage.identity.actor import Actor
from maillage.identity.policies import require_command, require_configure, require_operate
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid, NotFound
from maillage.lorawan import queries
from maillage.lorawan.bulk.store import insert_devices
from maillage.lorawan.device_csv import BadRow, Sheet, Verdict, judge, read_sheet
from maillage.lorawan.device_csv import dev_euis as dev_euis_of
from maillage.lorawan.device_models import require_model
from maillage.lorawan.events import NOTIFY_DOWNLINK, NOTIFY_REGISTRY
from maillage.lorawan.integrations.models import Webhook
from maillage.lorawan.key_ring import key_ring
from maillage.lorawan.keys import Purpose
from maillage.lorawan.mac_exchange.factory import abp_state
from maillage.lorawan.mac_exchange.state import MacState
from maillage.lorawan.models import Device, DeviceImport, Downlink, Gateway, PendingSession, Session
from maillage.lorawan.new_device import AbpSession, NewDevice
from maillage.lorawan.notify import notify
from maillage.lorawan.policies import require_everything, require_radio
from maillage.lorawan.protocol.types import dev_addr_text
from maillage.lorawan.qr_sheet import ScanDefaults, read_codes
from maillage.lorawan.queries import KeyRow
from maillage.lorawan.regions.region import Region

IMPORT_KEPT_FOR = timedelta(minutes=30)
GATEWAYS_CHANGED = "gateways"
REASON_CHARACTERS_MIN, REASON_CHARACTERS_MAX = 10, 300
_FILE_NAME_CHARACTERS = 200
_ROWS_A_STATEMENT = 2_000
_EXAMPLES = 3
_SESSION_KEYS = ("nwk_s_key", "app_s_key", "s_nwk_s_int_key", "nwk_s_enc_key")
_DEVICES_A_NOTICE = 400  # 17 bytes each, of the 8,000 that a notice holds


@dataclass(frozen=True, slots=True)
class GatewayDetails:
    """What a person says of a gateway. ``location`` is (longitude, latitude) in degrees, WGS 84."""

    name: str
    location: tuple[float, float] | None = None
    altitude_m: float | None = None


@dataclass(frozen=True, slots=True)
class ImportDone:
    """What an import has done: devices registered, in all and by the organisation's name."""

    count: int
    by_organisation: dict[str, int]


@dataclass(frozen=True, slots=True)
class Message:
    """What to tell a device. ``data`` is what its model's ``encodeDownlink`` takes; ``reference`` is the asker's own.

    ``confirmed`` asks the device to acknowledge. Nothing is sent from ``expires_at`` on.
    """

    dev_eui: str
    reference: str
    data: dict[str, object]
    expires_at: datetime
    confirmed: bool = True


@transaction.atomic
def enqueue_downlink(actor: Actor, message: Message) -> Downlink:
    """Puts a message into the device's queue.

    Raises ``NotFound`` for a device that is not the actor's to see, ``Refused``, ``Conflict`` when it is out of
    service.
    """
    device = Device.objects.visible_to(actor).filter(pk=message.dev_eui).first()
    if device is None:
        raise NotFound("device_unknown", dev_eui=message.dev_eui)
    require_command(actor, device.organisation_id)
    if device.decommissioned_at is not None:
        raise Conflict("device_decommissioned", dev_eui=device.pk)
    downlink = Downlink.objects.create(
        id=uuid.uuid4(),
        device=device,
        reference=message.reference,
        data=message.data,
        confirmed=message.confirmed,
        created_at=clock.now(),
        expires_at=message.expires_at,
    )
    notify(NOTIFY_DOWNLINK, device.pk)
    return downlink


@transaction.atomic
def cancel_downlink(actor: Actor, reference: str, cause: str = "cancelled") -> bool:
    """Takes what waits under ``reference`` out of the queue; False when nothing waits there any more.

    A message that has left, or is leaving at this moment, cannot be called back.
    """
    waiting = Downlink.objects.select_for_update(of=("self",)).select_related("device")
    for downlink in waiting.filter(reference=reference, state=Downlink.State.QUEUED, ended_at=None):
        require_command(actor, downlink.device.organisation_id)
        _cancel(downlink, cause, clock.now())
        return True
    return False


def _cancel(downlink: Downlink, cause: str, now: datetime) -> None:
    downlink.state, downlink.cause, downlink.ended_at = Downlink.State.EXPIRED, cause, now
    downlink.save(update_fields=["state", "cause", "ended_at"])
    notify(NOTIFY_DOWNLINK, downlink.device_id)


@transaction.atomic
def register_gateway(actor: Actor, eui: str, organisation_id: int, details: GatewayDetails) -> Gateway:
    """From now on the gateway's frames are heard. Raises ``Refused``, or ``Conflict`` when its EUI is registered."""
    require_operate(actor, organisation_id)
    gateway = Gateway(eui=eui, organisation_id=organisation_id)
    _describe(gateway, details)
    try:
        with transaction.atomic():
            gateway.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict("lorawan.gateway_already_registered", eui=eui) from error
    _tell_gateway(actor, gateway, "lorawan.gateway_registered", _facts_of(gateway))
    return gateway


@transaction.atomic
def change_gateway(actor: Actor, eui: str, details: GatewayDetails) -> Gateway:
    """Another name or place. Raises ``NotFound`` for a gateway that is not the actor's to see, and ``Refused``."""
    gateway = queries.gateways(actor).select_for_update(of=("self",), no_key=True).filter(pk=eui).first()
    if gateway is None:
        raise NotFound("lorawan.gateway_unknown", eui=eui)
    require_operate(actor, gateway.organisation_id)
    before = _facts_of(gateway)
    _describe(gateway, details)
    gateway.save(update_fields=["name", "location", "altitude_m"])
    _tell_gateway(actor, gateway, "lorawan.gateway_changed", {"before": before, "after": _facts_of(gateway)})
    return gateway


@transaction.atomic
def register_device(actor: Actor, new: NewDevice) -> Device:
    """From now on the device may join, or is heard at once if it is ABP. Its keys are never shown again.

    Raises ``Refused``, ``Invalid`` for an unknown model, ``Conflict`` when the DevEUI is registered, whoever owns it.
    """
    require_radio(actor)
    require_configure(actor, new.organisation_id)
    device = put_on_network(actor, new)
    facts: dict[str, object] = {"model": new.model_key, "join_eui": new.join_eui}
    if new.abp is not None:
        facts = {"model": new.model_key, "abp": dev_addr_text(new.abp.dev_addr), "relaxed": new.abp.is_relaxed}
    write_journal(actor, new.organisation_id, "lorawan.device_registered", "device", device.pk, device.name, facts)
    return device


@transaction.atomic
def put_on_network(actor: Actor, new: NewDevice) -> Device:  # noqa: ARG001 - every action says who acts
    """The rows of a new device and the notice to the network server, for an action that has judged who may, and that
    writes the journal. Raises ``Invalid`` for an unknown model, ``Conflict`` when the DevEUI is registered.
    """
    require_model(new.model_key)
    device = _device(new, clock.now())
    try:
        with transaction.atomic():
            device.save(force_insert=True)
            Session.objects.bulk_create(_abp_sessions([new], device.created_at))
    except IntegrityError as error:
        raise Conflict("lorawan.device_already_registered", dev_eui=new.dev_eui) from error
    notify(NOTIFY_REGISTRY, device.pk)
    return device


@transaction.atomic
def decommission_device(actor: Actor, dev_eui: str) -> Device:
    """From now on its frames are refused; its history stays. Raises ``NotFound``, ``Refused``, ``Conflict``."""
    require_radio(actor)
    device = queries.devices(actor).select_for_update(of=("self",), no_key=True).filter(pk=dev_eui).first()
    if device is None:
        raise NotFound("lorawan.device_unknown", dev_eui=dev_eui)
    require_configure(actor, device.organisation_id)
    if device.decommissioned_at is not None:
        raise Conflict("lorawan.device_decommissioned", dev_eui=dev_eui)
    device.decommissioned_at = clock.now()
    device.save(update_fields=["decommissioned_at"])
    notify(NOTIFY_REGISTRY, device.pk)
    action, facts = "lorawan.device_decommissioned", {"model": device.model_key}
    write_journal(actor, device.organisation_id, action, "device", device.pk, device.name, {**facts})
    return device


@transaction.atomic
def show_key(actor: Actor, dev_eui: str, reason: str) -> bytes:
    """The AppKey of a device, for who runs the platform, against a reason that the owner's journal keeps.

    Raises ``NotFound``, ``Refused``, and ``Invalid`` for a reason of fewer than ten characters.
    """
    require_radio(actor)
    device = queries.device(actor, dev_eui)
    require_operate(actor, device.organisation_id)
    why = " ".join(reason.split())
    if len(why) < REASON_CHARACTERS_MIN:
        raise Invalid("lorawan.reason_too_short", shortest=REASON_CHARACTERS_MIN)
    key = queries.app_key(device)
    facts: dict[str, object] = {"reason": why[:REASON_CHARACTERS_MAX]}
    write_journal(actor, device.organisation_id, "lorawan.key_shown", "device", device.pk, device.name, facts)
    return key


def rewrap_keys(actor: Actor) -> Iterator[int]:
    """Wraps by the current key-encryption key what an older one has wrapped: how many rows, batch by batch.

    Each batch is one transaction that holds its rows, so that a join which changes a session meanwhile waits. Raises
    ``Refused`` for who does not run the platform, ``Conflict`` when an older key-encryption key is not there any more.
    """
    require_everything(actor)
    yield from _rewrapped(Device, ("app_key", "nwk_key", "owner_token"))
    yield from _rewrapped(Session, _SESSION_KEYS)
    yield from _rewrapped(PendingSession, _SESSION_KEYS)
    yield from _rewrapped(Webhook, ("webhook_secret",))


def _rewrapped(model: type[KeyRow], columns: tuple[str, ...]) -> Iterator[int]:
    after: object = None
    while True:
        with transaction.atomic():
            rows = queries.locked_keys(model, after, _ROWS_A_STATEMENT)
            changed = [row for row in rows if _rewrap(row, columns)]
            queries.keys_of_everybody(model).bulk_update(changed, columns)
        if not rows:
            return
        after = rows[-1].pk
        yield len(changed)


def _rewrap(row: Device | Session | PendingSession | Webhook, columns: tuple[str, ...]) -> bool:
    ring, changed = key_ring(), False
    for column in columns:
        wrapped = getattr(row, column)
        if wrapped is None or ring.is_current(bytes(wrapped)):
            continue
        purpose = Purpose(column)
        owner = str(row.pk)
        setattr(row, column, ring.wrap(ring.unwrap(bytes(wrapped), owner, purpose), owner, purpose))
        changed = True
    return changed


@transaction.atomic
def preview_import(actor: Actor, file_name: str, content: bytes) -> DeviceImport:
    """Reads and judges a file of devices and keeps the verdict for half an hour; nothing is registered yet.

    Raises ``Refused``, or ``Invalid`` when the file cannot be read at all (see ``device_csv``).
    """
    require_radio(actor)
    return _keep(actor, file_name, content, read_sheet(content))


@transaction.atomic
def preview_codes(actor: Actor, codes: str, defaults: ScanDefaults) -> DeviceImport:
    """The same of scanned labels, one a line (see ``qr_sheet``)."""
    require_radio(actor)
    return _keep(actor, "QR", codes.encode(), read_codes(codes, defaults))


def _keep(actor: Actor, file_name: str, content: bytes, sheet: Sheet) -> DeviceImport:
    verdict = judge(sheet, queries.known_to_import(actor, dev_euis_of(sheet)))
    now = clock.now()
    DeviceImport.objects.filter(expires_at__lte=now).delete()
    return DeviceImport.objects.create(
        id=uuid.uuid4(),
        user_id=queries.person_id(actor),
        file_name=file_name[-_FILE_NAME_CHARACTERS:],
        digest=hashlib.sha256(content).digest(),
        created_at=now,
        expires_at=now + IMPORT_KEPT_FOR,
        ignored_columns=list(sheet.ignored_columns),
        **_stored(verdict),
    )


@transaction.atomic
def import_devices(actor: Actor, import_id: uuid.UUID) -> ImportDone:
    """Registers every good row of a preview of the actor's own, or none.

    Raises ``NotFound`` once it has expired or was confirmed, ``Refused``, ``Invalid`` without any good row, and
    ``Conflict`` when some of the devices have been registered since.
    """
    require_radio(actor)
    kept = queries.own_import(actor, import_id, clock.now(), locked=True)
    new = [row.device for row in queries.good_rows(kept)]
    if not new:
        raise Invalid("lorawan.import_without_good_rows")
    for organisation_id in {device.organisation_id for device in new}:
        require_configure(actor, organisation_id)
    _insert(new)
    _tell_devices([device.dev_eui for device in new])
    counts = _journal_import(actor, kept, new)
    kept.delete()
    return ImportDone(len(new), counts)


@transaction.atomic
def discard_import(actor: Actor, import_id: uuid.UUID) -> None:
    """Forgets a preview of the actor's own. Raises ``NotFound`` once it has expired or was confirmed."""
    queries.own_import(actor, import_id, clock.now(), locked=True).delete()


def _describe(gateway: Gateway, details: GatewayDetails) -> None:
    gateway.name, gateway.altitude_m = details.name, details.altitude_m
    gateway.location = Point(*details.location, srid=4326) if details.location else None


def _facts_of(gateway: Gateway) -> dict[str, object]:
    place = gateway.location
    return {
        "name": gateway.name,
        "location": [place.x, place.y] if place else None,
        "altitude_m": gateway.altitude_m,
    }


def _tell_gateway(actor: Actor, gateway: Gateway, action: str, facts: dict[str, object]) -> None:
    notify(NOTIFY_REGISTRY, GATEWAYS_CHANGED)
    write_journal(actor, gateway.organisation_id, action, "gateway", gateway.pk, gateway.name, facts)


def _device(new: NewDevice, now: datetime) -> Device:
    app_key, nwk_key = (_wrapped(key, new, purpose) for key, purpose in _roots_of(new))
    return Device(
        dev_eui=new.dev_eui,
        organisation_id=new.organisation_id,
        join_eui=new.join_eui,
        app_key=app_key,
        nwk_key=nwk_key,
        owner_token=_wrapped(new.owner_token.encode(), new, Purpose.OWNER_TOKEN),
        model_key=new.model_key,
        name=new.name,
        created_at=now,
        is_abp=new.abp is not None,
        counters_relaxed=new.abp is not None and new.abp.is_relaxed,
    )


def _abp_sessions(new: Iterable[NewDevice], now: datetime) -> list[Session]:
    """Those of the devices that have one from the start, with the factory's radio settings."""
    region: Region = settings.LORAWAN_REGION
    mac = abp_state(region)
    return [_abp_session(one, one.abp, mac, region, now) for one in new if one.abp is not None]


def _abp_session(new: NewDevice, abp: AbpSession, mac: MacState, region: Region, now: datetime) -> Session:
    keys = {purpose.value: _wrapped(key, new, purpose) for key, purpose in _session_keys(abp)}
    return Session(
        device_id=new.dev_eui,
        dev_addr=abp.dev_addr,
        f_cnt_up=abp.f_cnt_up - 1,
        f_cnt_down=abp.f_cnt_down,
        a_f_cnt_down=abp.f_cnt_down if abp.s_nwk_s_int_key else 0,
        rx1_delay_s=region.receive_delay1_s,
        joined_at=now,
        channel_mask=mac.channels,
        mac_taught=mac.taught,
        **keys,
    )


def _wrapped(key: bytes, new: NewDevice, purpose: Purpose) -> bytes | None:
    return key_ring().wrap(key, new.dev_eui, purpose) if key else None


def _tell_devices(dev_euis: Sequence[str]) -> None:
    """As many in one notice as it holds: a notice a device made most of the time of a large import."""
    for start in range(0, len(dev_euis), _DEVICES_A_NOTICE):
        notify(NOTIFY_REGISTRY, " ".join(dev_euis[start : start + _DEVICES_A_NOTICE]))


def _insert(new: Sequence[NewDevice]) -> None:
    now = clock.now()
    try:
        with transaction.atomic():
            insert_devices([_device(device, now) for device in new])
            Session.objects.bulk_create(_abp_sessions(new, now), batch_size=_ROWS_A_STATEMENT)
    except IntegrityError as error:
        since = sorted(queries.registered([device.dev_eui for device in new]))
        examples = ", ".join(since[:_EXAMPLES])
        raise Conflict("lorawan.registered_since_preview", count=len(since), examples=examples) from error


def _journal_import(actor: Actor, kept: DeviceImport, new: Sequence[NewDevice]) -> dict[str, int]:
    """One entry an organisation, in the order of their ids; how many devices each has got, by its name."""
    counts: dict[str, int] = {}
    for organisation in queries.organisations_of(new):
        euis = [device.dev_eui for device in new if device.organisation_id == organisation.pk]
        counts[organisation.name] = len(euis)
        facts: dict[str, object] = {
            "count": len(euis),
            "sha256": bytes(kept.digest).hex(),
            "first": euis[0],
            "last": euis[-1],
        }
        write_journal(
            actor, organisation.pk, "lorawan.devices_imported", "device_import", str(kept.pk), kept.file_name, facts
        )
    return counts


def _stored(verdict: Verdict) -> dict[str, object]:
    return {
        "good": [_stored_good(row.line, row.device) for row in verdict.good],
        "bad": [_stored_bad(row) for row in verdict.bad],
    }


def _stored_good(line: int, new: NewDevice) -> list[object]:
    key, nwk_key = (_kept_key(one, new, kind) for one, kind in _roots_of(new))
    token = _kept_key(new.owner_token.encode(), new, Purpose.OWNER_TOKEN)
    named = [new.model_key, new.name, new.organisation_id]
    return [line, new.dev_eui, new.join_eui, key, token, nwk_key, _stored_abp(new), *named]


def _stored_abp(new: NewDevice) -> list[object] | None:
    if new.abp is None:
        return None
    keys = [_kept_key(key, new, purpose) for key, purpose in _session_keys(new.abp)]
    return [new.abp.dev_addr, *keys, new.abp.f_cnt_up, new.abp.f_cnt_down, new.abp.is_relaxed]


def _kept_key(key: bytes, new: NewDevice, purpose: Purpose) -> str:
    """Wrapped and in hexadecimal; empty for none."""
    return key_ring().wrap(key, new.dev_eui, purpose).hex() if key else ""


def _roots_of(new: NewDevice) -> tuple[tuple[bytes, Purpose], ...]:
    return (new.app_key, Purpose.APP_KEY), (new.nwk_key, Purpose.NWK_KEY)


def _session_keys(abp: AbpSession) -> tuple[tuple[bytes, Purpose], ...]:
    keys = (abp.nwk_s_key, abp.app_s_key, abp.s_nwk_s_int_key, abp.nwk_s_enc_key)
    return tuple(zip(keys, map(Purpose, _SESSION_KEYS), strict=True))


def _stored_bad(row: BadRow) -> list[object]:
    faults = [[fault.column, fault.code, dict(fault.facts)] for fault in row.faults]
    return [row.line, row.dev_eui, row.name, faults]
