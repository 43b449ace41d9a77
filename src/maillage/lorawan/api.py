"""REST: gateways, devices, frames and refusals of the radio network."""

from datetime import datetime

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema, Status

from maillage.identity.actor import Actor
from maillage.identity.middleware import actor_of
from maillage.kernel import clock
from maillage.kernel.errors import Invalid
from maillage.lorawan import actions, new_device, queries
from maillage.lorawan.claims.actions import claim_device
from maillage.lorawan.device_models import device_models
from maillage.lorawan.models import Device, Frame, Gateway, Refusal
from maillage.lorawan.new_device import AbpSession, NewDevice
from maillage.lorawan.policies import require_radio
from maillage.lorawan.protocol.types import dev_addr_text
from maillage.lorawan.qr import LONGEST
from maillage.lorawan.queries import DeviceFilter, Hearing, RefusalFilter
from maillage.lorawan.refusal_lines import days_back
from maillage.web.api import CursorPage, PageQuery
from maillage.web.cursor import after_cursor, one_more

router = Router(tags=["lorawan"])


class GatewayOut(Schema):
    """A gateway with its counters since registration. ``location`` is [longitude, latitude], WGS 84."""

    eui: str
    name: str
    organisation_id: int
    location: tuple[float, float] | None
    altitude_m: float | None
    online: bool
    last_seen_at: datetime | None
    uplink_count: int
    crc_error_count: int
    downlink_count: int
    downlink_failure_count: int
    round_trip_ms: float | None = Field(description="To the server and back, smoothed; null before the first answer.")
    gps_time_at: datetime | None = Field(description="When it last gave an uplink's GPS time: class B needs it.")


class DeviceOut(Schema):
    """A device, without its keys. ``join_eui`` is empty for ABP."""

    dev_eui: str
    join_eui: str
    abp: bool
    name: str
    organisation_id: int
    model: str
    created_at: datetime
    decommissioned_at: datetime | None
    last_seen_at: datetime | None
    last_rssi_dbm: float | None
    last_snr_db: float | None
    last_gateways: list[str]


class SessionOut(Schema):
    """What a join or the registration has set.

    ``f_cnt_up`` is -1 before the first uplink; ``f_cnt_down`` is the next to be used.
    """

    dev_addr: str
    joined_at: datetime
    f_cnt_up: int
    f_cnt_down: int
    lorawan_1_1: bool
    mismatch: str = Field(description="How the device differs from its model: `speaks_1_0`, `speaks_1_1` or nothing.")


class DeviceDetailOut(DeviceOut):
    """A device with its session; null before the first join."""

    session: SessionOut | None


class AbpIn(Schema):
    """The session that an ABP device was made with. Keys are stored, never given back."""

    dev_addr: str = Field(max_length=16)
    nwk_s_key: str = Field(max_length=128, description="FNwkSIntKey in LoRaWAN 1.1.")
    app_s_key: str = Field(max_length=128)
    s_nwk_s_int_key: str = Field("", max_length=128, description="LoRaWAN 1.1 only.")
    nwk_s_enc_key: str = Field("", max_length=128, description="LoRaWAN 1.1 only.")
    f_cnt_up: int = Field(0, ge=0, le=0xFFFFFFFF, description="The device's next uplink counter.")
    f_cnt_down: int = Field(0, ge=0, le=0xFFFFFFFF, description="The network's next downlink counter.")
    relaxed_counters: bool = Field(
        False,
        description="The device may count from the beginning again after a power cut. Who recorded its frames may then"
        " play them again: leave this off unless the device cannot keep its counter.",
    )


class DeviceIn(Schema):
    """A device to register. EUIs and the key are hexadecimal, with or without separators."""

    dev_eui: str = Field(max_length=64)
    join_eui: str = Field("", max_length=64, description="OTAA only.")
    app_key: str = Field("", max_length=128, description="OTAA only. Stored, never given back.")
    nwk_key: str = Field("", max_length=128, description="OTAA of LoRaWAN 1.1 only. Stored, never given back.")
    abp: AbpIn | None = Field(None, description="For a device that never joins, in place of the three above.")
    model: str = Field(max_length=64, description="Key of a known model, such as `mclimate-vicki`.")
    name: str = Field(max_length=1000)
    organisation_id: int


class ClaimIn(Schema):
    """The text of a label's QR code (TR005), with its owner token, and for whom."""

    code: str = Field(max_length=LONGEST)
    organisation_id: int


class ClaimOut(Schema):
    """The device claimed."""

    dev_eui: str
    name: str
    organisation_id: int


class ModelOut(Schema):
    """A device model. ``measures``: UCUM unit by quantity code."""

    key: str
    vendor: str
    name: str
    device_class: str
    lorawan_version: str
    measures: dict[str, str]
    verbs: list[str]


class FrameOut(Schema):
    """A line of the frame log, kept 7 days. Payloads are in hexadecimal; ``payload`` is decrypted."""

    id: int
    at: datetime
    direction: str
    m_type: int
    f_cnt: int | None
    f_port: int | None
    frequency_hz: int
    data_rate: str
    phy_payload: str
    payload: str | None
    receptions: list[dict[str, object]]
    decoded: dict[str, object] | None


class RefusalOut(Schema):
    """How often something was refused on one day (UTC). ``sample`` is the last one, in hexadecimal."""

    day: str
    cause: str
    gateway_eui: str
    subject: str
    count: int
    last_at: datetime
    sample: str


class DeviceQuery(PageQuery):
    """An omitted filter does not filter; devices out of service are given only for ``hearing=retired``."""

    text: str = Field("", max_length=150, description="Part of the name or of the DevEUI.")
    organisation_id: int | None = None
    model: str = Field("", max_length=64)
    hearing: Hearing | None = None


class RefusalQuery(Schema):
    """An omitted filter does not filter."""

    cause: str = Field("", max_length=48)
    gateway_eui: str = Field("", max_length=16)
    subject: str = Field("", max_length=32)
    days: int = Field(7, ge=1, le=90, description="How many days back, today included.")
    limit: int = Field(100, ge=1, le=1000)


@router.get("/gateways", response=list[GatewayOut], summary="Gateways")
def gateways(request: HttpRequest) -> list[GatewayOut]:
    """Every gateway that the actor sees, by name."""
    now = clock.now()
    return [_gateway_out(gateway, now) for gateway in queries.gateways(_radio_actor(request))]


@router.get("/devices", response=CursorPage[DeviceOut], summary="Devices")
def devices(request: HttpRequest, query: Query[DeviceQuery]) -> CursorPage[DeviceOut]:
    """By name, then DevEUI."""
    wanted = DeviceFilter(query.text, query.organisation_id, query.model, query.hearing)
    after: tuple[str, str] | None = None
    if query.cursor:
        name, dev_eui = after_cursor(query.cursor, str, str)
        after = (name, dev_eui)
    rows = queries.device_page(_radio_actor(request), wanted, clock.now(), after, query.limit + 1)
    page, next_cursor = one_more(rows, query.limit, lambda device: [device.name, device.pk])
    return CursorPage[DeviceOut](items=[_device_out(device) for device in page], next_cursor=next_cursor)


@router.post("/devices", response={201: DeviceOut}, summary="Register a device")
def register_device(request: HttpRequest, given: DeviceIn) -> Status[DeviceOut]:
    """The device may join from now on; an ABP device is heard at once."""
    return Status(201, _device_out(actions.register_device(_radio_actor(request), _new(given))))


@router.post("/devices/claim", response=ClaimOut, summary="Claim a device")
def claim(request: HttpRequest, given: ClaimIn) -> ClaimOut:
    """The device of the label becomes the organisation's. Too many wrong labels are refused for a while."""
    claimed = claim_device(actor_of(request), given.code, given.organisation_id)
    return ClaimOut(dev_eui=claimed.pk, name=claimed.name, organisation_id=claimed.organisation_id)


@router.get("/models", response=list[ModelOut], summary="Device models")
def models(request: HttpRequest) -> list[ModelOut]:  # noqa: ARG001 - ninja's signature
    """Every model that a device may be registered with, by key."""
    return [
        ModelOut(
            key=key,
            vendor=model.vendor,
            name=model.name,
            device_class=model.device_class,
            lorawan_version=model.lorawan_version,
            measures={code: measure.unit for code, measure in model.measures.items()},
            verbs=sorted(model.verbs),
        )
        for key, model in sorted(device_models().items())
    ]


@router.get("/devices/{dev_eui}", response=DeviceDetailOut, summary="A device")
def device(request: HttpRequest, dev_eui: str) -> DeviceDetailOut:
    """With its session."""
    found = queries.device(_radio_actor(request), dev_eui.lower())
    session = queries.session_of(found)
    shown = (
        None
        if session is None
        else SessionOut(
            dev_addr=dev_addr_text(session.dev_addr),
            joined_at=session.joined_at,
            f_cnt_up=session.f_cnt_up,
            f_cnt_down=session.f_cnt_down,
            lorawan_1_1=queries.is_1_1(session),
            mismatch=session.mismatch,
        )
    )
    return DeviceDetailOut(**_device_out(found).dict(), session=shown)


@router.get("/devices/{dev_eui}/frames", response=CursorPage[FrameOut], summary="Frame log of a device")
def frames(request: HttpRequest, dev_eui: str, query: Query[PageQuery]) -> CursorPage[FrameOut]:
    """The last 7 days, newest first."""
    found = queries.device(_radio_actor(request), dev_eui.lower())
    before_id = after_cursor(query.cursor, int)[0] if query.cursor else None
    rows = queries.frames(found, before_id, query.limit + 1)
    page, next_cursor = one_more(rows, query.limit, lambda frame: [frame.pk])
    return CursorPage[FrameOut](items=[_frame_out(frame) for frame in page], next_cursor=next_cursor)


@router.get("/refusals", response=list[RefusalOut], summary="Refusals")
def refusals(request: HttpRequest, query: Query[RefusalQuery]) -> list[RefusalOut]:
    """The most recent first. Only the operator sees those that name no device of a tenant."""
    wanted = RefusalFilter(query.cause, query.gateway_eui, query.subject)
    since = days_back(clock.now(), query.days)
    return [_refusal_out(row) for row in queries.refusals(_radio_actor(request), wanted, since, query.limit)]


def _radio_actor(request: HttpRequest) -> Actor:
    actor = actor_of(request)
    require_radio(actor)
    return actor


def _gateway_out(gateway: Gateway, now: datetime) -> GatewayOut:
    place = gateway.location
    return GatewayOut(
        eui=gateway.pk,
        name=gateway.name,
        organisation_id=gateway.organisation_id,
        location=(place.x, place.y) if place else None,
        altitude_m=gateway.altitude_m,
        online=queries.gateway_is_online(gateway, now),
        last_seen_at=gateway.last_seen_at,
        uplink_count=gateway.uplink_count,
        crc_error_count=gateway.crc_error_count,
        downlink_count=gateway.downlink_count,
        downlink_failure_count=gateway.downlink_failure_count,
        round_trip_ms=gateway.round_trip_ms,
        gps_time_at=gateway.gps_time_at,
    )


def _new(given: DeviceIn) -> NewDevice:
    dev_eui, name = new_device.read_dev_eui(given.dev_eui), new_device.read_name(given.name)
    if given.abp is not None:
        if given.join_eui or given.app_key or given.nwk_key:
            raise Invalid("lorawan.abp_or_otaa")
        return NewDevice(dev_eui, "", b"", given.model, name, given.organisation_id, abp=_abp(given.abp))
    join_eui, app_key = new_device.read_join_eui(given.join_eui), new_device.read_app_key(given.app_key)
    nwk_key = new_device.read_optional_key(given.nwk_key)
    return NewDevice(dev_eui, join_eui, app_key, given.model, name, given.organisation_id, nwk_key=nwk_key)


def _abp(given: AbpIn) -> AbpSession:
    return AbpSession(
        new_device.read_dev_addr(given.dev_addr),
        new_device.read_app_key(given.nwk_s_key),
        new_device.read_app_key(given.app_s_key),
        new_device.read_optional_key(given.s_nwk_s_int_key),
        new_device.read_optional_key(given.nwk_s_enc_key),
        given.f_cnt_up,
        given.f_cnt_down,
        given.relaxed_counters,
    )


def _device_out(device: Device) -> DeviceOut:
    return DeviceOut(
        dev_eui=device.pk,
        join_eui=device.join_eui,
        abp=device.is_abp,
        name=device.name,
        organisation_id=device.organisation_id,
        model=device.model_key,
        created_at=device.created_at,
        decommissioned_at=device.decommissioned_at,
        last_seen_at=device.last_seen_at,
        last_rssi_dbm=device.last_rssi_dbm,
        last_snr_db=device.last_snr_db,
        last_gateways=device.last_gateways,
    )


def _frame_out(frame: Frame) -> FrameOut:
    return FrameOut(
        id=frame.pk,
        at=frame.at,
        direction=frame.direction,
        m_type=frame.m_type,
        f_cnt=frame.f_cnt,
        f_port=frame.f_port,
        frequency_hz=frame.frequency_hz,
        data_rate=frame.data_rate,
        phy_payload=bytes(frame.phy_payload).hex(),
        payload=None if frame.payload is None else bytes(frame.payload).hex(),
        receptions=frame.receptions,
        decoded=frame.decoded,
    )


def _refusal_out(refusal: Refusal) -> RefusalOut:
    return RefusalOut(
        day=refusal.day.isoformat(),
        cause=refusal.cause,
        gateway_eui=refusal.gateway_eui,
        subject=refusal.subject,
        count=refusal.count,
        last_at=refusal.last_at,
        sample=bytes(refusal.sample).hex(),
    )
