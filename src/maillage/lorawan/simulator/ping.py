"""The device's side of class B: how it comes to know the time, and when it opens a ping slot. Sans-I/O.

LoRaWAN L2 1.0.4, §9 to §13: ask for the time, wait for a beacon, tell how often slots will be opened, and only once
that is answered say in each uplink that one is in class B. Two hours without a beacon end it (§10.2).
"""

from datetime import datetime, timedelta

from maillage.lorawan.protocol.class_b import beacon_gps_s, beacon_start, ping_slots
from maillage.lorawan.protocol.mac.command import MacCommand
from maillage.lorawan.protocol.mac.device_time import DeviceTimeAns, DeviceTimeReq
from maillage.lorawan.protocol.mac.ping_slot_info import PingSlotInfoAns, PingSlotInfoReq
from maillage.lorawan.regions.data_rate import DataRate
from maillage.lorawan.regions.region import Region

_BEACON_LESS = timedelta(hours=2)


class PingListener:
    """``periodicity``: a slot every 2^n seconds. Instants are UTC as the device believes them."""

    def __init__(self, periodicity: int, region: Region) -> None:
        self.periodicity = periodicity
        self._region = region
        self._origin: datetime | None = None
        self._beacon_at: datetime | None = None
        self._granted = False

    @property
    def is_active(self) -> bool:
        return self._granted and self._beacon_at is not None

    def start_anew(self) -> None:
        """A join: the network has forgotten what was granted; the time is still known."""
        self._granted = False

    def questions(self) -> list[MacCommand]:
        """What the next uplink asks on the way to class B."""
        if self._origin is None:
            return [DeviceTimeReq()]
        if self._beacon_at is not None and not self._granted:
            return [PingSlotInfoReq(self.periodicity)]
        return []

    def told(self, command: MacCommand, uplink_ended_s: float) -> None:
        """An answer of the network."""
        if isinstance(command, DeviceTimeAns):
            self._origin = command.instant - timedelta(seconds=uplink_ended_s)
        elif isinstance(command, PingSlotInfoAns):
            self._granted = True

    def hear_beacon(self, instant: datetime, now_s: float) -> None:
        """It can only be found by who knows about when it comes; from then on the clock is the beacon's."""
        if self._origin is not None:
            self._origin = instant - timedelta(seconds=now_s)
            self._beacon_at = instant

    def hears(self, address: int, start_s: float, frequency_hz: int, data_rate: DataRate, slack_s: float) -> bool:
        """Whether a slot of that address is open when a preamble starts."""
        if not self.is_active or self._origin is None or self._beacon_at is None:
            return False
        instant = self._origin + timedelta(seconds=start_s)
        if instant - self._beacon_at > _BEACON_LESS:
            self._beacon_at = None
            return False
        return in_ping_slot(self._region, (address, self.periodicity), instant, (frequency_hz, data_rate), slack_s)


def in_ping_slot(
    region: Region, who: tuple[int, int], instant: datetime, where: tuple[int, DataRate], slack_s: float
) -> bool:
    """``who``: address and periodicity; ``where``: frequency and data rate."""
    (address, periodicity), (frequency_hz, data_rate) = who, where
    beacon = beacon_start(instant)
    if frequency_hz != region.ping_slot_frequency_hz(address, beacon_gps_s(beacon)):
        return False
    if data_rate != region.data_rate(region.beacon.data_rate):
        return False
    slots = ping_slots(beacon, address, periodicity)
    return any(abs((slot - instant).total_seconds()) <= slack_s for slot in slots)
