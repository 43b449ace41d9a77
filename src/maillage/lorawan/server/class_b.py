"""Class B: which devices open ping slots, and the next one as a way to them. Pure; LoRaWAN L2 1.0.4, §9 to §13.

A device says how often it opens slots (PingSlotInfoReq), then by a bit in each uplink that it does. A frame for it goes
out by GPS time, through a gateway that heard it and has told GPS time itself. It is only built shortly before its
slot: its counter is then the highest, and a frame after an uplink cannot overtake it.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from maillage.lorawan.protocol.class_b import beacon_gps_s, beacon_start, may_transmit, next_ping_slot
from maillage.lorawan.protocol.gps_time import to_gps
from maillage.lorawan.protocol.mac.ping_slot_info import PingSlotInfoReq
from maillage.lorawan.regions.data_rate import LoRaDataRate
from maillage.lorawan.regions.demodulation import required_snr_db
from maillage.lorawan.regions.region import ReceiveWindow
from maillage.lorawan.server.opportunities import Opportunity
from maillage.lorawan.server.registry import GatewayState, Registry, SessionState
from maillage.lorawan.server.rows import PingRow
from maillage.lorawan.server.scheduler import Scheduler
from maillage.lorawan.server.stages import Reception, Verified, ranked

_LEAD = timedelta(seconds=0.4)
"""Commit and hand-over before a slot, besides the gateway's own round trip."""
_HORIZON = timedelta(seconds=2.5)
"""Waiting downlinks are looked at every second: a slot further away is left to a later look."""
_GPS_TOLD_WITHIN = timedelta(hours=1)
_LONGEST_FRAME = timedelta(seconds=3)
_MILLISECOND = timedelta(milliseconds=1)


class PingState(Struct):
    """Of one session (``dev_addr`` tells it from another of the device). ``heard_by`` with the SNR, best first.

    Until ``busy_until_s`` (monotonic) a frame is on its way to its slot.
    """

    dev_addr: int
    periodicity: int
    active: bool = False
    heard_by: tuple[tuple[str, float], ...] = ()
    busy_until_s: float = float("-inf")


class ClassBDesk:
    """Only sessions that ever asked for ping slots are in it."""

    def __init__(self, scheduler: Scheduler, registry: Registry) -> None:
        self._scheduler = scheduler
        self._registry = registry
        self._states: dict[str, PingState] = {}
        self._changed: dict[str, PingState] = {}

    def restore(self, rows: Iterable[PingRow]) -> None:
        """What was known before a restart; by which gateways is learnt anew, until then the last best one."""
        for row in rows:
            device = self._registry.devices.get(row.dev_eui)
            if device is not None and row.dev_eui not in self._states:
                heard_by = ((device.best_gateway_eui, 0.0),) if device.best_gateway_eui else ()
                self._states[row.dev_eui] = PingState(row.dev_addr, row.periodicity, row.active, heard_by)

    def heard(self, uplink: Verified) -> None:
        """An accepted uplink, once."""
        session, state = uplink.session, self._of(uplink.session)
        dev_eui = session.device.dev_eui
        if uplink.commands:
            asked = [one for one in uplink.mac_commands() if isinstance(one, PingSlotInfoReq)]
            if asked and (state is None or state.periodicity != asked[-1].periodicity):
                state = PingState(session.dev_addr, asked[-1].periodicity)
                self._states[dev_eui] = self._changed[dev_eui] = state
        if state is None:
            return
        state.heard_by = tuple((one.gateway.eui, one.snr_db) for one in self._on_gps_time(uplink))
        if state.active != uplink.frame.class_b:
            state.active = uplink.frame.class_b
            self._changed[dev_eui] = state

    def is_active(self, session: SessionState | None) -> bool:
        state = None if session is None else self._of(session)
        return state is not None and state.active

    def is_busy(self, session: SessionState, now_s: float) -> bool:
        """A frame waits for its slot: another one sent before it would make it too old for the device."""
        state = self._of(session)
        return state is not None and now_s < state.busy_until_s

    def ways(self, session: SessionState, at: datetime, now_s: float) -> list[Opportunity]:
        """The next slot, by each gateway that can, once it is near; none before, or for a device not in class B."""
        state = self._of(session)
        if state is None or not state.active or now_s < state.busy_until_s:
            return []
        found = (self._way(session.dev_addr, state.periodicity, way, at, now_s) for way in state.heard_by)
        return [way for way in found if way is not None]

    def sent(self, session: SessionState, way: Opportunity) -> None:
        """A frame has been built for that slot."""
        state = self._of(session)
        if state is not None:
            state.busy_until_s = way.start_s + _LONGEST_FRAME.total_seconds()

    def take_changed(self) -> list[PingRow]:
        """States that changed since the last call; whoever takes them commits them."""
        taken, self._changed = self._changed, {}
        return [PingRow(dev_eui, one.dev_addr, one.periodicity, one.active) for dev_eui, one in taken.items()]

    def _way(
        self, address: int, periodicity: int, heard: tuple[str, float], at: datetime, now_s: float
    ) -> Opportunity | None:
        eui, snr_db = heard
        told_by = at + _LEAD + timedelta(seconds=self._scheduler.backhaul.round_trip_s(eui))
        slot = next_ping_slot(told_by, address, periodicity)
        if slot > at + _HORIZON or not may_transmit(slot, _LONGEST_FRAME / 3):
            return None
        return ping_way(self._scheduler, eui, address, slot, (at, now_s), snr_db)

    def _of(self, session: SessionState) -> PingState | None:
        state = self._states.get(session.device.dev_eui)
        return state if state is not None and state.dev_addr == session.dev_addr else None

    def _on_gps_time(self, uplink: Verified) -> list[Reception]:
        return [one for one in ranked(uplink.received.receptions) if tells_gps_time(one.gateway, uplink.received.at)]


def tells_gps_time(gateway: GatewayState, at: datetime) -> bool:
    """Whether it can send by GPS time: it has lately told when it heard a frame."""
    return gateway.gps_time_at is not None and at - gateway.gps_time_at < _GPS_TOLD_WITHIN


def ping_way(
    scheduler: Scheduler, gateway_eui: str, address: int, slot: datetime, now: tuple[datetime, float], snr_db: float
) -> Opportunity:
    """A ping slot of an address, unicast or multicast, at the region's own settings. ``now``: wall and monotonic."""
    region, (at, now_s) = scheduler.plan.region, now
    frequency_hz = region.ping_slot_frequency_hz(address, beacon_gps_s(beacon_start(slot)))
    window = ReceiveWindow(frequency_hz, region.beacon.data_rate, 0)
    rate = region.data_rate(window.data_rate)
    margin_db = snr_db - required_snr_db(rate) if isinstance(rate, LoRaDataRate) else snr_db
    start_s = now_s + (slot - at).total_seconds()
    return scheduler.plan.at_gps_time(gateway_eui, window, to_gps(slot) // _MILLISECOND, start_s, margin_db)
