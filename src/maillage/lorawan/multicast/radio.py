"""A group's frame on the air: one gateway after the other, for two at once would drown each other. No I/O."""

from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from maillage.lorawan.multicast.values import Group
from maillage.lorawan.protocol.class_b import next_ping_slot
from maillage.lorawan.protocol.types import MType
from maillage.lorawan.server.answers import Answer
from maillage.lorawan.server.class_b import ping_way, tells_gps_time
from maillage.lorawan.server.opportunities import Opportunity
from maillage.lorawan.server.registry import DeviceState, Registry
from maillage.lorawan.server.scheduler import Scheduler
from maillage.lorawan.server.transmitter import Transmitter

_BETWEEN_COPIES_S = 0.2
_LEAD, _HORIZON = timedelta(seconds=0.4), timedelta(seconds=2.5)


class GroupFrame(Struct, frozen=True):
    """A built frame whose counter is durable. ``tag`` names what it carries when its fate is told."""

    phy_payload: bytes
    f_cnt: int
    f_port: int
    payload: bytes
    tag: str = ""


class GroupRadio:
    def __init__(
        self, scheduler: Scheduler, transmitter: Transmitter, registry: Registry, reaches: Callable[[str], bool]
    ) -> None:
        self._scheduler = scheduler
        self._transmitter = transmitter
        self._registry = registry
        self._reaches = reaches
        self._copies: dict[int, deque[tuple[GroupFrame, str]]] = {}
        self._quiet_until_s: dict[int, float] = {}

    def can_speak(self, group: Group, gateway_eui: str, at: datetime) -> bool:
        """Reached, and for class B on GPS time."""
        gateway = self._registry.gateways.get(bytes.fromhex(gateway_eui))
        if gateway is None or not self._reaches(gateway_eui):
            return False
        return group.periodicity is None or tells_gps_time(gateway, at)

    def is_idle(self, group: Group, now_s: float) -> bool:
        """The last frame has been sent by all its gateways."""
        return not self._copies.get(group.id) and now_s >= self._quiet_until_s.get(group.id, float("-inf"))

    def has_air(self, group: Group, gateways: Sequence[str], phy_bytes: int, now_s: float) -> bool:
        """Whether each of them may still send so much: none is told a frame that another would lack the time for."""
        ways = (self._at_once(group, eui) for eui in gateways)
        return all(self._scheduler.choose([way], phy_bytes, now_s) is not None for way in ways)

    def airtime_s(self, group: Group, phy_bytes: int) -> float:
        return self._scheduler.plan.airtime_s(self._at_once(group, "00" * 8), phy_bytes)

    def pace_s(self, group: Group, gateways: Sequence[str], phy_bytes: int) -> float:
        """How long one frame takes with all its copies, as the law lets frames follow each other for hours."""
        airtime_s, region = self.airtime_s(group, phy_bytes), self._scheduler.plan.region
        band = region.sub_band(group.frequency_hz)
        legal_s = airtime_s / (band.duty_cycle if band is not None else 1.0)
        slot_s = 1.0 if group.periodicity is None else float(1 << group.periodicity)
        return max(legal_s, max(len(gateways), 1) * (airtime_s + slot_s))

    def send(self, group: Group, frame: GroupFrame, gateways: Sequence[str]) -> None:
        self._copies[group.id] = deque((frame, eui) for eui in gateways)

    def step(self, group: Group, at: datetime, now_s: float) -> None:
        """The next copy, when the one before has ended; in class B when the group's next slot is near."""
        copies = self._copies.get(group.id)
        if not copies or now_s < self._quiet_until_s.get(group.id, float("-inf")):
            return
        frame, eui = copies[0]
        way = self._at_once(group, eui) if group.periodicity is None else self._in_slot(group, eui, at, now_s)
        if way is None:
            return
        copies.popleft()
        ends_s = max(way.start_s, now_s) + self._scheduler.plan.airtime_s(way, len(frame.phy_payload))
        self._quiet_until_s[group.id] = ends_s + _BETWEEN_COPIES_S
        self._transmitter.send(_answer(group, frame, way), at, now_s)

    def _at_once(self, group: Group, eui: str) -> Opportunity:
        return self._scheduler.plan.at_once(eui, group.frequency_hz, group.data_rate)

    def _in_slot(self, group: Group, eui: str, at: datetime, now_s: float) -> Opportunity | None:
        told_by = at + _LEAD + timedelta(seconds=self._scheduler.backhaul.round_trip_s(eui))
        slot = next_ping_slot(told_by, group.mc_addr, group.periodicity or 0)
        return None if slot > at + _HORIZON else ping_way(self._scheduler, eui, group.mc_addr, slot, (at, now_s), 0.0)


def _answer(group: Group, frame: GroupFrame, way: Opportunity) -> Answer:
    """A line of the frame log without a device: the law counts its air time like any other."""
    nobody = DeviceState("", group.organisation_id, "", b"", "", 0, 0)
    return Answer(
        nobody,
        group.mc_addr,
        frame.phy_payload,
        MType.UNCONFIRMED_DATA_DOWN,
        frame.f_cnt,
        frame.f_port,
        frame.payload,
        [way],
        None,
        tag=frame.tag,
    )
