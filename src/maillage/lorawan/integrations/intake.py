"""News of the network made into events of applications. Pure.

Uplinks beyond the day's quota are withheld: they count, they stay in the frame log, and one ``log`` event a day says
so.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from maillage.lorawan.codecs.model import DeviceModel
from maillage.lorawan.events import DownlinkUpdate
from maillage.lorawan.integrations import chirpstack
from maillage.lorawan.integrations.chirpstack import DeviceInfo, EventType, Heard, LogCode, LogLevel
from maillage.lorawan.integrations.rows import Attached, DayUse, DownlinkFacts, Harvest, LoggedFrame, NewEvent, UseKey
from maillage.lorawan.protocol.errors import FrameError
from maillage.lorawan.protocol.frames import DataUplink
from maillage.lorawan.protocol.parse import parse_frame
from maillage.lorawan.protocol.types import MType
from maillage.lorawan.regions.data_rate import DataRate
from maillage.lorawan.regions.region import Region

_MAC_PORT = 0
_CODES = {
    "payload_too_long": LogCode.DOWNLINK_PAYLOAD_SIZE,
    "not_heard_in_time": LogCode.EXPIRED,
    "no_gateway": LogCode.DOWNLINK_GATEWAY,
    "gateway_silent": LogCode.DOWNLINK_GATEWAY,
    "too_late": LogCode.DOWNLINK_GATEWAY,
    "too_early": LogCode.DOWNLINK_GATEWAY,
    "collision_packet": LogCode.DOWNLINK_GATEWAY,
    "collision_beacon": LogCode.DOWNLINK_GATEWAY,
    "tx_freq": LogCode.DOWNLINK_GATEWAY,
    "tx_power": LogCode.DOWNLINK_GATEWAY,
    "gps_unlocked": LogCode.DOWNLINK_GATEWAY,
}
NOT_ACKNOWLEDGED = "not_acknowledged"


@dataclass(frozen=True, slots=True)
class Known:
    """What the database says of the news. ``made``: sources whose events are in the log already, with their instants.

    ``use`` holds a line for each application and day with any use.
    """

    attached: Mapping[str, Attached]
    frames: Sequence[LoggedFrame]
    downlinks: Mapping[str, DownlinkFacts]
    use: Mapping[UseKey, DayUse]
    made: Collection[tuple[str, datetime]]


class Intake:
    """Makes events. ``models`` are the device models, ``region`` the network's."""

    def __init__(self, models: Mapping[str, DeviceModel], region: Region) -> None:
        self._models = models
        self._rates: dict[str, tuple[int, DataRate]] = {
            str(rate.datr): (index, rate) for index, rate in enumerate(region.data_rates) if rate is not None
        }

    def harvest(self, known: Known, updates: Sequence[DownlinkUpdate]) -> Harvest:
        """The events of uplinks and of what became of downlinks, in the order of their instants."""
        harvest = Harvest()
        for frame in sorted(known.frames, key=lambda each: each.id):
            attached = known.attached.get(frame.dev_eui)
            if attached is not None and attached.organisation_id == frame.organisation_id:
                self._uplink(harvest, known, attached, frame)
        for update in updates:
            attached = known.attached.get(update.dev_eui)
            if attached is not None:
                self._downlink(harvest, known, attached, update)
        harvest.events.sort(key=lambda event: event.at)
        return harvest

    def info(self, attached: Attached) -> DeviceInfo:
        """Whose device it is, as events tell it."""
        model = self._models.get(attached.model_key)
        return DeviceInfo(
            attached.organisation_id,
            attached.organisation_name,
            str(attached.application_id),
            attached.application_name,
            attached.model_key,
            f"{model.vendor} {model.name}" if model else attached.model_key,
            attached.device_name,
            attached.dev_eui,
            model.device_class if model else "A",
        )

    def refusal(self, attached: Attached, at: datetime, description: str, context: Mapping[str, str]) -> NewEvent:
        """A command that could not be taken, told where its sender listens."""
        event = chirpstack.log(self.info(attached), at, LogLevel.ERROR, LogCode.UNKNOWN, description, context)
        return _event(attached, at, EventType.LOG, f"refused:{uuid.uuid4()}", event)

    def _uplink(self, harvest: Harvest, known: Known, attached: Attached, frame: LoggedFrame) -> None:
        source = f"up:{frame.id}"
        if (source, frame.at) in known.made:
            return
        self._joined(harvest, attached, frame)
        self._told_its_status(harvest, attached)
        if frame.f_port == _MAC_PORT:  # the network's own business, under the network's key
            return
        if self._is_beyond_quota(harvest, known, attached, frame):
            return
        facts = self._facts(frame)
        harvest.events.append(
            _event(attached, frame.at, EventType.UP, source, chirpstack.up(self.info(attached), facts))
        )
        problem = _codec_problem(frame.decoded)
        if problem:
            log = chirpstack.log(
                self.info(attached),
                frame.at,
                LogLevel.ERROR,
                LogCode.UPLINK_CODEC,
                problem,
                {"f_cnt": str(frame.f_cnt)},
            )
            harvest.events.append(_event(attached, frame.at, EventType.LOG, f"codec:{frame.id}", log))

    def _joined(self, harvest: Harvest, attached: Attached, frame: LoggedFrame) -> None:
        at, told = attached.joined_at, harvest.joins.get(attached.dev_eui, attached.announced_join_at)
        if at is None or attached.dev_addr is None or frame.at < at or (told is not None and told >= at):
            return
        harvest.joins[attached.dev_eui] = at
        event = chirpstack.join(self.info(attached), at, attached.dev_addr)
        harvest.events.append(_event(attached, at, EventType.JOIN, f"join:{attached.dev_eui}", event))

    def _told_its_status(self, harvest: Harvest, attached: Attached) -> None:
        at, told = attached.status_at, harvest.statuses.get(attached.dev_eui, attached.announced_status_at)
        if at is None or attached.battery is None or (told is not None and told >= at):
            return
        harvest.statuses[attached.dev_eui] = at
        event = chirpstack.status(self.info(attached), at, attached.battery, attached.margin_db or 0)
        harvest.events.append(_event(attached, at, EventType.STATUS, f"status:{attached.dev_eui}", event))

    def _is_beyond_quota(self, harvest: Harvest, known: Known, attached: Attached, frame: LoggedFrame) -> bool:
        key = (attached.application_id, frame.at.astimezone(UTC).date())
        before = known.use.get(key, DayUse())
        use = harvest.use.setdefault(key, DayUse())
        most = attached.max_uplinks_a_day
        if most is None or before.uplinks + use.uplinks < most:
            use.uplinks += 1
            return False
        use.withheld += 1
        if before.withheld + use.withheld == 1:
            words = (
                f"the application's quota of {most} uplinks a day is used up: uplinks are withheld until midnight UTC"
            )
            event = chirpstack.log(self.info(attached), frame.at, LogLevel.WARNING, LogCode.UNKNOWN, words)
            harvest.events.append(_event(attached, frame.at, EventType.LOG, f"quota:{key[0]}", event))
        return True

    def _facts(self, frame: LoggedFrame) -> chirpstack.UplinkFacts:
        index, rate = self._rates.get(frame.data_rate, (0, None))
        decoded = None if _codec_problem(frame.decoded) else frame.decoded
        return chirpstack.UplinkFacts(
            frame_id=frame.id,
            at=frame.at,
            dev_addr=frame.dev_addr,
            adr=_adr(frame.phy_payload),
            data_rate_index=index,
            f_cnt=frame.f_cnt,
            f_port=frame.f_port,
            confirmed=frame.m_type == MType.CONFIRMED_DATA_UP,
            payload=frame.payload,
            decoded=decoded,
            heard=[Heard(str(r["eui"]), float(r["rssi_dbm"]), float(r["snr_db"])) for r in frame.receptions],
            frequency_hz=frame.frequency_hz,
            data_rate=rate,
        )

    def _downlink(self, harvest: Harvest, known: Known, attached: Attached, update: DownlinkUpdate) -> None:
        made = self._downlink_event(attached, known.downlinks.get(update.downlink_id), update)
        if made is None:
            return
        event_type, event = made
        source = f"{event_type}:{update.downlink_id}"
        if (source, update.at) not in known.made:
            harvest.events.append(_event(attached, update.at, event_type, source, event))

    def _downlink_event(
        self, attached: Attached, row: DownlinkFacts | None, update: DownlinkUpdate
    ) -> tuple[EventType, chirpstack.Json] | None:
        info, f_cnt_down = self.info(attached), (row.f_cnt_down if row else None) or 0
        if update.state == "sent" and row is not None:
            return EventType.TXACK, chirpstack.txack(info, self._sent(row, update))
        if update.state == "acknowledged":
            event = chirpstack.ack(info, update.at, update.downlink_id, f_cnt_down, acknowledged=True)
            return EventType.ACK, event
        if update.state not in {"failed", "expired"}:
            return None
        if update.cause == NOT_ACKNOWLEDGED:
            event = chirpstack.ack(info, update.at, update.downlink_id, f_cnt_down, acknowledged=False)
            return EventType.ACK, event
        return EventType.LOG, _failure(info, update)

    def _sent(self, row: DownlinkFacts, update: DownlinkUpdate) -> chirpstack.SentFacts:
        rate = self._rates.get(row.data_rate or "", (0, None))[1]
        return chirpstack.SentFacts(
            row.id, update.at, row.f_cnt_down or 0, row.gateway_eui, row.frequency_hz, rate, row.power_dbm
        )


def _failure(info: DeviceInfo, update: DownlinkUpdate) -> chirpstack.Json:
    code = LogCode.DOWNLINK_CODEC if update.cause.startswith("codec_") else _CODES.get(update.cause, LogCode.UNKNOWN)
    words = f"{update.cause}: {update.detail}" if update.detail else update.cause
    return chirpstack.log(info, update.at, LogLevel.ERROR, code, words, {"queue_item_id": update.downlink_id})


def _event(attached: Attached, at: datetime, event_type: EventType, source: str, event: chirpstack.Json) -> NewEvent:
    return NewEvent(at, attached.application_id, attached.dev_eui, event_type.value, source, chirpstack.encoded(event))


def _codec_problem(decoded: Mapping[str, object] | None) -> str:
    """The decoder's error, if that is all there is: the server stores exactly these two members."""
    if decoded is None or set(decoded) != {"error", "message"}:
        return ""
    return f"{decoded['error']}: {decoded['message']}" if decoded["message"] else str(decoded["error"])


def _adr(phy_payload: bytes) -> bool:
    """The device lets the network choose its data rate; False for a frame that cannot be read."""
    try:
        frame = parse_frame(phy_payload)
    except FrameError:
        return False
    return isinstance(frame, DataUplink) and frame.adr
