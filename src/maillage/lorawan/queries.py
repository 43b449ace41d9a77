"""Reads of the operator's and technician's pages: gateways, devices, frames, refusals and files waiting to be imported.

Everything is scoped by the actor. No query returns a key.
"""

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from django.db.models import Count, F, Func, Max, Q, QuerySet, Sum, TextField, Value
from django.db.models.lookups import Contains

from maillage.identity.actor import Actor
from maillage.identity.models import Organisation
from maillage.identity.policies import may_configure
from maillage.identity.queries import organisations_visible_to
from maillage.identity.tenancy import TenantQuerySet
from maillage.kernel.errors import Invalid, NotFound, Refused
from maillage.lorawan.device_csv import GoodRow, Known, folded
from maillage.lorawan.device_models import device_models, silent_after
from maillage.lorawan.events import DownlinkUpdate
from maillage.lorawan.integrations.models import Webhook
from maillage.lorawan.key_ring import key_ring
from maillage.lorawan.keys import Purpose
from maillage.lorawan.models import (
    Device,
    DeviceImport,
    Downlink,
    Frame,
    Gateway,
    PendingSession,
    Refusal,
    Session,
)
from maillage.lorawan.new_device import AbpSession, NewDevice
from maillage.lorawan.policies import sees_everything
from maillage.territory.models import Commune

GATEWAY_SILENT_AFTER = timedelta(minutes=5)
"""Ten of the status messages that a packet forwarder sends every 30 s."""
HEARD_RECENTLY = timedelta(hours=1)
FRAMES_LOOKED_AT = 50_000
"""How far one page of the whole frame log looks."""
_TRIGRAM = 3
KeyRow = TypeVar("KeyRow", Device, Session, PendingSession, Webhook)
_KEYS = ("app_key", "nwk_key", "owner_token")
_SESSION_KEYS = ("nwk_s_key", "app_s_key", "s_nwk_s_int_key", "nwk_s_enc_key")


class Hearing(StrEnum):
    """How a device is doing, as the list can be filtered."""

    RECENT = "recent"
    SILENT = "silent"
    NEVER = "never"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class DeviceFilter:
    """What to show of the devices; an empty field does not filter. ``text``: part of the name or of the DevEUI.

    Text of one or two letters: the start of the name.
    """

    text: str = ""
    organisation_id: int | None = None
    model_key: str = ""
    hearing: Hearing | None = None


@dataclass(frozen=True, slots=True)
class RefusalFilter:
    """What to show of the refusals; an empty field does not filter."""

    cause: str = ""
    gateway_eui: str = ""
    subject: str = ""


@dataclass(frozen=True, slots=True)
class FrameFilter:
    """What to show of the frame log; an empty field does not filter. EUIs in lower case; ``m_type`` as ``MType``."""

    gateway_eui: str = ""
    dev_eui: str = ""
    m_type: int | None = None


@dataclass(frozen=True, slots=True)
class FleetCount:
    """The devices in service of one organisation, or of all. ``silent`` have been heard once, ``never`` have not."""

    total: int
    recent: int
    silent: int
    never: int


@dataclass(frozen=True, slots=True)
class CauseCount:
    """How often one cause was met, and when last."""

    cause: str
    count: int
    last_at: datetime


def gateways(actor: Actor) -> TenantQuerySet[Gateway]:
    """The gateways that ``actor`` sees, by name."""
    return Gateway.objects.visible_to(actor).order_by("name", "eui")


def gateway(actor: Actor, eui: str) -> Gateway:
    """One gateway; ``NotFound`` when it is not for ``actor``."""
    found = gateways(actor).select_related("organisation").filter(pk=eui).first()
    if found is None:
        raise NotFound("lorawan.gateway_unknown", eui=eui)
    return found


def gateway_names(actor: Actor) -> Mapping[str, str]:
    """The names of the gateways that ``actor`` sees, by EUI."""
    return dict(gateways(actor).values_list("eui", "name"))


def gateway_is_online(gateway: Gateway, now: datetime) -> bool:
    """Heard within the last minutes."""
    return gateway.last_seen_at is not None and now - gateway.last_seen_at <= GATEWAY_SILENT_AFTER


def devices(actor: Actor) -> TenantQuerySet[Device]:
    """The devices that ``actor`` sees, in service or not, without their keys."""
    return Device.objects.visible_to(actor).defer(*_KEYS).select_related("organisation")


def device(actor: Actor, dev_eui: str) -> Device:
    """One device; ``NotFound`` when it is not for ``actor``."""
    found = devices(actor).filter(pk=dev_eui).first()
    if found is None:
        raise NotFound("lorawan.device_unknown", dev_eui=dev_eui)
    return found


def device_names(actor: Actor, dev_euis: Iterable[str]) -> Mapping[str, str]:
    """The names of those of these devices that ``actor`` sees, by DevEUI."""
    return dict(Device.objects.visible_to(actor).filter(pk__in=list(dev_euis)).values_list("dev_eui", "name"))


def session_of(device: Device) -> Session | None:
    """The session of a device already in hand, without its keys; None before its first join."""
    is_1_1 = Q(s_nwk_s_int_key__isnull=False)
    return Session.objects.filter(device=device).defer(*_SESSION_KEYS).annotate(is_1_1=is_1_1).first()


def is_1_1(session: Session) -> bool:
    """Whether a session of :func:`session_of` is one of LoRaWAN 1.1."""
    return bool(getattr(session, "is_1_1", False))


def device_page(
    actor: Actor, wanted: DeviceFilter, now: datetime, after: tuple[str, str] | None, limit: int
) -> Sequence[Device]:
    """Up to ``limit`` devices by name and DevEUI, from just after ``after``: (name, DevEUI) of the last one given."""
    found = devices(actor).filter(_matching(wanted, now))
    if wanted.text:
        found = found.filter(_text_matches(wanted.text))
    if after is not None:
        name, dev_eui = after
        # Said this way, the condition is a range of the index and not a filter over all that comes before.
        found = found.filter(Q(name__gte=name) & (Q(name__gt=name) | Q(dev_eui__gt=dev_eui)))
    return list(found.order_by("name", "dev_eui")[:limit])


def fleet(actor: Actor, now: datetime) -> FleetCount:
    """All the devices in service that ``actor`` sees."""
    counted = _in_service(actor).aggregate(**_fleet_counts(now))
    return FleetCount(counted["total"], counted["recent"], counted["silent"], counted["never"])


def fleet_by_organisation(actor: Actor, now: datetime) -> Mapping[int, FleetCount]:
    """The same, by the id of the organisation that owns them."""
    counts = _fleet_counts(now)
    by_organisation = _in_service(actor).order_by().values("organisation_id").annotate(**counts)
    return {row[0]: FleetCount(*row[1:]) for row in by_organisation.values_list("organisation_id", *counts)}


def is_silent(device: Device, now: datetime) -> bool:
    """Heard once, but not for longer than its model allows."""
    return device.last_seen_at is not None and now - device.last_seen_at > silent_after(device.model_key)


def frames(device: Device, before_id: int | None, limit: int) -> Sequence[Frame]:
    """A page of the frame log of a device in hand, newest first. Frames of an earlier owner are not shown."""
    found = _frames_of(device)
    if before_id is not None:
        found = found.filter(pk__lt=before_id)
    return list(found.order_by("-pk")[:limit])


def frames_since(device: Device, after_id: int, limit: int) -> Sequence[Frame]:
    """The newest frames after ``after_id``, newest first."""
    return list(_frames_of(device).filter(pk__gt=after_id).order_by("-pk")[:limit])


def frame_log(
    actor: Actor, wanted: FrameFilter, before_id: int | None, limit: int
) -> tuple[Sequence[Frame], int | None]:
    """The next frames of every device that ``actor`` sees, newest first, and where to go on; None at the end.

    Without a device no index helps: a page looks at the next ``FRAMES_LOOKED_AT`` frames, and may hold fewer than
    ``limit``, even none.
    """
    found = _visible_frames(actor).filter(_wanted_frames(wanted))
    newest = before_id or (Frame.objects.aggregate(newest=Max("pk"))["newest"] or 0) + 1
    oldest = 0 if wanted.dev_eui else max(newest - FRAMES_LOOKED_AT, 0)
    rows = list(found.filter(pk__lt=newest, pk__gte=oldest).order_by("-pk")[:limit])
    if len(rows) == limit:
        return rows, rows[-1].pk
    return rows, oldest if oldest > 0 and Frame.objects.filter(pk__lt=oldest).exists() else None


def _visible_frames(actor: Actor) -> QuerySet[Frame]:
    if actor.visible_organisation_ids is None:
        return Frame.objects.all()
    return Frame.objects.filter(organisation_id__in=actor.visible_organisation_ids)


def _wanted_frames(wanted: FrameFilter) -> Q:
    conditions = Q()
    if wanted.dev_eui:
        conditions &= Q(dev_eui=wanted.dev_eui)
    if wanted.gateway_eui:
        conditions &= Q(receptions__contains=[{"eui": wanted.gateway_eui}])
    if wanted.m_type is not None:
        conditions &= Q(m_type=wanted.m_type)
    return conditions


def downlink_news(actor: Actor, references: Mapping[str, str]) -> Sequence[DownlinkUpdate]:
    """What has become of the downlinks under ``references`` (each with its device's DevEUI), oldest first.

    The same updates as the event bus brings; nothing of those that still wait.
    """
    seen = devices(actor).filter(pk__in=set(references.values())).order_by().values("pk")
    found = Downlink.objects.filter(device__in=seen, reference__in=list(references))
    moved = found.exclude(state=Downlink.State.QUEUED).order_by("created_at", "pk")
    return [update for downlink in moved for update in _news(downlink)]


def refusals(actor: Actor, wanted: RefusalFilter, since: datetime, limit: int) -> Sequence[Refusal]:
    """By cause, gateway and subject, the most recent first, of the days from ``since`` on (UTC)."""
    return list(_refusals(actor, wanted, since).order_by("-last_at", "-pk")[:limit])


def refusals_by_cause(actor: Actor, wanted: RefusalFilter, since: datetime) -> Sequence[CauseCount]:
    """The causes met in the days from ``since`` on, the most frequent first."""
    rows = _refusals(actor, wanted, since).order_by().values("cause").annotate(times=Sum("count"), at=Max("last_at"))
    return [CauseCount(row["cause"], row["times"], row["at"]) for row in rows.order_by("-times", "cause")]


def refusal_count(actor: Actor, since: datetime, gateway_eui: str = "") -> int:
    """How many frames were refused in the days from ``since`` on."""
    total = _refusals(actor, RefusalFilter(gateway_eui=gateway_eui), since).aggregate(total=Sum("count"))["total"]
    return total or 0


def owners(actor: Actor) -> Sequence[Organisation]:
    """The organisations that own devices that ``actor`` sees, by name: the filter of the list."""
    ids = Device.objects.visible_to(actor).order_by().values("organisation_id").distinct()
    return list(organisations_visible_to(actor).filter(pk__in=ids))


def organisations_to_equip(actor: Actor) -> Sequence[Organisation]:
    """The communes, and the operating body, for which ``actor`` may register devices."""
    kinds = {Organisation.Kind.COMMUNE, Organisation.Kind.OPERATOR}
    found = organisations_visible_to(actor).filter(kind__in=kinds)
    return [organisation for organisation in found if may_configure(actor, organisation.pk)]


def operators() -> Sequence[Organisation]:
    """The operating bodies, by id."""
    return list(Organisation.objects.filter(kind=Organisation.Kind.OPERATOR).order_by("pk"))


def organisations_of(new: Iterable[NewDevice]) -> Sequence[Organisation]:
    """The owners of devices to register, by id."""
    return list(Organisation.objects.filter(pk__in={device.organisation_id for device in new}).order_by("pk"))


def communes() -> Sequence[Commune]:
    """The whole territory, by name: public reference data, drawn as the backdrop of the maps."""
    return list(Commune.objects.order_by("name", "insee"))


def commune_names() -> Sequence[tuple[str, str, int]]:
    """INSEE code, name and organisation id of the member communes."""
    return list(Commune.objects.exclude(organisation=None).values_list("insee", "name", "organisation_id"))


def registered(dev_euis: Iterable[str]) -> frozenset[str]:
    """Which of these are registered, whoever owns them; nothing else of them is told."""
    everybody = Device.objects.unscoped("a DevEUI is registered once in the whole house")
    return frozenset(everybody.filter(pk__in=list(dev_euis)).values_list("pk", flat=True))


def known_to_import(actor: Actor, dev_euis: Iterable[str]) -> Known:
    """What a file of devices is judged against: models, the communes that ``actor`` may equip, and what exists."""
    by_id = {organisation.pk: organisation for organisation in organisations_to_equip(actor)}
    owners_by_name = {folded(o.name): o.pk for o in by_id.values()} | {folded(o.slug): o.pk for o in by_id.values()}
    for insee, name, organisation_id in commune_names():
        if organisation_id in by_id:
            owners_by_name |= {folded(insee): organisation_id, folded(name): organisation_id}
    models = {folded(key): key for key in device_models()}
    models |= {folded(f"{model.vendor} {model.name}"): key for key, model in device_models().items()}
    return Known(models, owners_by_name, registered(dev_euis))


def person_id(actor: Actor) -> int:
    """The account of the person that acts; raises ``Refused`` for a process."""
    if actor.user_id is None:
        raise Refused("not_permitted", what="act as a person")
    return actor.user_id


def own_import(actor: Actor, import_id: uuid.UUID, now: datetime, *, locked: bool = False) -> DeviceImport:
    """A file that this very person sent and may still confirm; ``NotFound`` otherwise."""
    found = DeviceImport.objects.filter(pk=import_id, user_id=person_id(actor), expires_at__gt=now)
    if locked:
        found = found.select_for_update()
    kept = found.first()
    if kept is None:
        raise NotFound("lorawan.import_gone")
    return kept


def good_rows(kept: DeviceImport) -> Sequence[GoodRow]:
    """The rows of a kept file that can be registered."""
    return [_good_row(stored) for stored in kept.good]


def app_key(device: Device) -> bytes:
    """The key of a device in hand: for the action that journals who was shown it, and for nobody else.

    ``Invalid`` for an ABP device, which has none.
    """
    wrapped = Device.objects.unscoped("of a device in hand").values_list("app_key", flat=True).get(pk=device.pk)
    if wrapped is None:
        raise Invalid("lorawan.abp_has_no_app_key")
    return key_ring().unwrap(bytes(wrapped), device.pk, Purpose.APP_KEY)


def locked_keys(model: type[KeyRow], after: object, limit: int) -> Sequence[KeyRow]:
    """The next rows that hold keys, by their own key (``after`` None: the first), locked until the transaction ends."""
    found = keys_of_everybody(model).order_by("pk")
    if after is not None:
        found = found.filter(pk__gt=after)
    return list(found.select_for_update(no_key=True)[:limit])


def keys_of_everybody(model: type[KeyRow]) -> QuerySet[KeyRow]:
    """All the rows that hold keys: for wrapping them anew, which reads none of them to anybody."""
    found = model.objects.all()
    return found.unscoped("the keys of everybody are wrapped anew") if isinstance(found, TenantQuerySet) else found


def _good_row(stored: Sequence[Any]) -> GoodRow:
    line, dev_eui, join_eui, key, token, nwk_key, abp, model_key, name, organisation_id = stored
    app_key = _opened(key, dev_eui, Purpose.APP_KEY)
    owner_token = _opened(token, dev_eui, Purpose.OWNER_TOKEN).decode()
    root, session = _opened(nwk_key, dev_eui, Purpose.NWK_KEY), _abp_of(abp, dev_eui)
    new = NewDevice(dev_eui, join_eui, app_key, model_key, name, organisation_id, owner_token, root, session)
    return GoodRow(line, new)


def _abp_of(stored: Sequence[Any] | None, dev_eui: str) -> AbpSession | None:
    if stored is None:
        return None
    dev_addr, *keys, f_cnt_up, f_cnt_down, is_relaxed = stored
    nwk_s, app_s, s_int, enc = (
        _opened(key, dev_eui, Purpose(name)) for key, name in zip(keys, _SESSION_KEYS, strict=True)
    )
    return AbpSession(dev_addr, nwk_s, app_s, s_int, enc, f_cnt_up, f_cnt_down, is_relaxed)


def _opened(wrapped: str, dev_eui: str, purpose: Purpose) -> bytes:
    """A key kept with an import, wrapped and in hexadecimal; empty for none."""
    return key_ring().unwrap(bytes.fromhex(wrapped), dev_eui, purpose) if wrapped else b""


def _in_service(actor: Actor) -> TenantQuerySet[Device]:
    return Device.objects.visible_to(actor).filter(decommissioned_at=None)


def _fleet_counts(now: datetime) -> dict[str, Count]:
    return {
        "total": Count("pk"),
        "recent": Count("pk", filter=_hearing(Hearing.RECENT, now)),
        "silent": Count("pk", filter=_hearing(Hearing.SILENT, now)),
        "never": Count("pk", filter=_hearing(Hearing.NEVER, now)),
    }


def _matching(wanted: DeviceFilter, now: datetime) -> Q:
    conditions = Q(decommissioned_at=None) if wanted.hearing is not Hearing.RETIRED else Q()
    if wanted.hearing is not None:
        conditions &= _hearing(wanted.hearing, now)
    if wanted.organisation_id is not None:
        conditions &= Q(organisation_id=wanted.organisation_id)
    if wanted.model_key:
        conditions &= Q(model_key=wanted.model_key)
    return conditions


def _hearing(hearing: Hearing, now: datetime) -> Q:
    match hearing:
        case Hearing.RECENT:
            return Q(last_seen_at__gte=now - HEARD_RECENTLY)
        case Hearing.NEVER:
            return Q(last_seen_at=None)
        case Hearing.RETIRED:
            return Q(decommissioned_at__isnull=False)
        case Hearing.SILENT:
            return _silent(now)


def _silent(now: datetime) -> Q:
    """One condition a rhythm, not a model: a repository brings hundreds of models, and few rhythms."""
    usual = silent_after("")
    unusual: dict[timedelta, list[str]] = {}
    for key in device_models():
        if silent_after(key) != usual:
            unusual.setdefault(silent_after(key), []).append(key)
    others = [key for keys in unusual.values() for key in keys]
    silent = ~Q(model_key__in=others) & Q(last_seen_at__lt=now - usual)
    for patience, keys in unusual.items():
        silent |= Q(model_key__in=keys, last_seen_at__lt=now - patience)
    return silent


def _text_matches(text: str) -> Contains | Q:
    """Part of the name or DevEUI; of fewer letters than the index holds together, the start of the name."""
    if len(text.strip()) < _TRIGRAM:
        return Q(name__istartswith=text.strip())
    return Contains(_searched(), _folded(text))


def _searched() -> Func:
    """The very expression of the index ``lorawan_device_search``."""
    return Func(F("name"), F("dev_eui"), function="lorawan_search_text", output_field=TextField())


def _folded(text: str) -> Func:
    return Func(Value(text.strip()), function="lorawan_fold", output_field=TextField())


def _news(downlink: Downlink) -> Iterator[DownlinkUpdate]:
    sent = Downlink.State.SENT
    if downlink.sent_at is not None:
        yield _update(downlink, sent, downlink.sent_at)
    if downlink.state != sent and downlink.ended_at is not None:
        yield _update(downlink, downlink.state, downlink.ended_at, downlink.cause, downlink.detail)


def _update(downlink: Downlink, state: str, at: datetime, cause: str = "", detail: str = "") -> DownlinkUpdate:
    return DownlinkUpdate(str(downlink.pk), downlink.reference, downlink.device_id, str(state), at, cause, detail)


def _frames_of(device: Device) -> QuerySet[Frame]:
    return Frame.objects.filter(dev_eui=device.pk, organisation_id=device.organisation_id)


def _refusals(actor: Actor, wanted: RefusalFilter, since: datetime) -> QuerySet[Refusal]:
    """Only who sees everything sees refusals that name no device of a tenant."""
    conditions = {
        "cause": wanted.cause,
        "gateway_eui": wanted.gateway_eui,
        "subject": wanted.subject,
    }
    chosen = Q(day__gte=since.date(), **{name: value for name, value in conditions.items() if value})
    found = Refusal.objects.filter(chosen)
    if not sees_everything(actor):
        found = found.filter(subject__in=Device.objects.visible_to(actor).values("pk"))
    return found
