"""A gateway as its radio sees the world: a microsecond counter, one transmitter, its own book of frames to send."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from maillage.lorawan.gateways.semtech_udp.values import (
    AtGpsTime,
    AtTmst,
    GatewayStat,
    Immediately,
    RxPacket,
    TxPacket,
    TxStatus,
)
from maillage.lorawan.protocol.gps_time import from_gps, to_gps
from maillage.lorawan.regions.airtime import airtime_us
from maillage.lorawan.regions.region import Region
from maillage.lorawan.simulator.air import Place, Reception
from maillage.lorawan.simulator.device import Transmission

_COUNTER = 1 << 32
_SETUP_S = 0.0015  # what a concentrator needs to load and start a frame
_LEAD_S = 0.04
_FARTHEST_S = 30.0
_FARTHEST_GPS_S = 384.0  # three beacon periods
_MAX_POWER_DBM = 27


@dataclass(slots=True)
class Counts:
    """Since power-on, as a ``stat`` reports them per period."""

    received: int = 0
    forwarded: int = 0
    downlinks: int = 0
    transmitted: int = 0
    pushes: int = 0
    acknowledged: int = 0


@dataclass(slots=True)
class SimulatedGateway:
    """``boot_s`` is when its counter read zero, on the simulation's clock. With GPS it knows ``origin``, the instant of
    second 0 of that clock.
    """

    eui: bytes
    name: str
    place: Place
    region: Region
    boot_s: float
    origin: datetime | None = None
    counts: Counts = field(default_factory=Counts)
    _busy: list[tuple[float, float]] = field(default_factory=list)

    def tmst_us(self, at_s: float) -> int:
        return round((at_s - self.boot_s) * 1e6) % _COUNTER

    def forward(self, sent: Transmission, heard: Reception) -> RxPacket:
        """The packet that goes to the server when the frame has ended."""
        self.counts.received += 1
        self.counts.forwarded += 1
        return RxPacket(
            self.tmst_us(sent.end_s),
            sent.frequency_hz,
            sent.data_rate,
            heard.rssi_dbm,
            heard.snr_db,
            sent.phy_payload,
            channel=_channel(self.region, sent.frequency_hz),
            gps_ms=self._gps_ms(sent.end_s),
        )

    def is_deaf(self, sent: Transmission) -> bool:
        """Half duplex: while it transmits it hears nothing."""
        return any(start < sent.end_s and sent.start_s < end for start, end in self._busy)

    def schedule(self, packet: TxPacket, now_s: float) -> Transmission | TxStatus:
        """The transmission that will take place, or the reason why it cannot."""
        self.counts.downlinks += 1
        start_s = self._start_s(packet, now_s)
        if isinstance(start_s, TxStatus):
            return start_s
        if self.region.sub_band(packet.frequency_hz) is None:
            return TxStatus.TX_FREQ
        if packet.power_dbm > _MAX_POWER_DBM:
            return TxStatus.TX_POWER
        end_s = start_s + airtime_us(packet.data_rate, len(packet.phy_payload), crc=not packet.no_crc) / 1e6
        self._busy = [(start, end) for start, end in self._busy if end > now_s]
        if any(start < end_s and start_s - _SETUP_S < end for start, end in self._busy):
            return TxStatus.COLLISION_PACKET
        self._busy.append((start_s, end_s))
        self.counts.transmitted += 1
        return Transmission(
            packet.phy_payload, packet.frequency_hz, packet.data_rate, float(packet.power_dbm), start_s, end_s
        )

    def stat(self, time: str) -> GatewayStat:
        """The report of the period since the last one; counting starts anew."""
        done, self.counts = self.counts, Counts()
        share = 100.0 * done.acknowledged / done.pushes if done.pushes else 100.0
        return GatewayStat(
            time,
            round(self.place.latitude, 5),
            round(self.place.longitude, 5),
            90.0,
            done.received,
            done.received,
            done.forwarded,
            round(share, 1),
            done.downlinks,
            done.transmitted,
        )

    def _start_s(self, packet: TxPacket, now_s: float) -> float | TxStatus:
        match packet.schedule:
            case Immediately():
                return max([now_s + _SETUP_S, *(end + _SETUP_S for _, end in self._busy)])
            case AtGpsTime(gps_ms):
                return self._at_gps_time(gps_ms, now_s)
            case AtTmst(tmst_us):
                ahead_us = (tmst_us - self.tmst_us(now_s)) % _COUNTER
                if ahead_us >= _COUNTER // 2 or ahead_us < _LEAD_S * 1e6:
                    return TxStatus.TOO_LATE
                return TxStatus.TOO_EARLY if ahead_us > _FARTHEST_S * 1e6 else now_s + ahead_us / 1e6

    def _at_gps_time(self, gps_ms: int, now_s: float) -> float | TxStatus:
        if self.origin is None:
            return TxStatus.GPS_UNLOCKED
        start_s = (from_gps(timedelta(milliseconds=gps_ms)) - self.origin).total_seconds()
        if start_s < now_s + _LEAD_S:
            return TxStatus.TOO_LATE
        return TxStatus.TOO_EARLY if start_s > now_s + _FARTHEST_GPS_S else start_s

    def _gps_ms(self, at_s: float) -> int | None:
        return (
            None if self.origin is None else to_gps(self.origin + timedelta(seconds=at_s)) // timedelta(milliseconds=1)
        )


def _channel(region: Region, frequency_hz: int) -> int:
    for index, channel in enumerate(region.default_channels + region.extra_channels):
        if channel.frequency_hz == frequency_hz:
            return index
    return 0
