"""How long each gateway may still transmit in each sub-band. Source: ETSI EN 300 220-2: duty cycle over one hour."""

from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta

from maillage.lorawan.regions.airtime import airtime_us
from maillage.lorawan.regions.region import Region, SubBand
from maillage.lorawan.server.rows import LoggedDownlink

HOUR = timedelta(hours=1)
_HOUR_S = HOUR.total_seconds()


class _Spent:
    """Airtime of the last hour in one sub-band of one gateway."""

    __slots__ = ("_sent", "total_s")

    def __init__(self) -> None:
        self._sent: deque[tuple[float, float]] = deque()
        self.total_s = 0.0

    def forget_before(self, then_s: float) -> None:
        while self._sent and self._sent[0][0] < then_s:
            self.total_s -= self._sent.popleft()[1]

    def add(self, at_s: float, airtime_s: float) -> None:
        self._sent.append((at_s, airtime_s))
        self.total_s += airtime_s

    def give_back(self, at_s: float, airtime_s: float) -> None:
        """Nothing when the hour has passed over it meanwhile."""
        if (at_s, airtime_s) in self._sent:
            self._sent.remove((at_s, airtime_s))
            self.total_s -= airtime_s


class DutyLedger:
    """Refuses to overbook. After a restart it is told what the last hour's frame log holds, oldest first."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._spent: dict[tuple[str, str], _Spent] = {}

    def allows(self, gateway_eui: str, frequency_hz: int, airtime_s: float, now_s: float, share: float = 1.0) -> bool:
        """Whether the hour's budget, or a ``share`` of it for what may wait, still holds so much."""
        band = self._region.sub_band(frequency_hz)
        if band is None:
            return False
        spent = self._of(gateway_eui, band)
        spent.forget_before(now_s - _HOUR_S)
        return spent.total_s + airtime_s <= band.duty_cycle * _HOUR_S * share

    def book(self, gateway_eui: str, frequency_hz: int, airtime_s: float, now_s: float) -> None:
        """What was sent, in the order of time."""
        band = self._region.sub_band(frequency_hz)
        if band is not None:
            self._of(gateway_eui, band).add(now_s, airtime_s)

    def give_back(self, gateway_eui: str, frequency_hz: int, airtime_s: float, booked_s: float) -> None:
        """What the gateway has refused to send."""
        band = self._region.sub_band(frequency_hz)
        if band is not None:
            self._of(gateway_eui, band).give_back(booked_s, airtime_s)

    def spent_share(self, gateway_eui: str, frequency_hz: int, airtime_s: float, now_s: float) -> float:
        """Of the hour's air time, with ``airtime_s`` more; 1 or more is too much."""
        band = self._region.sub_band(frequency_hz)
        if band is None:
            return 1.0
        spent = self._of(gateway_eui, band)
        spent.forget_before(now_s - _HOUR_S)
        return (spent.total_s + airtime_s) / (band.duty_cycle * _HOUR_S)

    def recall(self, sent: Iterable[LoggedDownlink], now: datetime, now_s: float) -> None:
        """Book what was sent before a restart. A data rate that the region has no longer counts as its slowest."""
        known = [
            self._region.data_rate(index)
            for index in self._region.downlink_data_rates
            if self._region.data_rates[index]
        ]
        rates = {str(rate.datr): rate for rate in known}
        for frame in sent:
            rate = rates.get(frame.data_rate, known[0])
            airtime_s = airtime_us(rate, frame.phy_bytes, crc=False) / 1e6
            sent_s = now_s - (now - frame.at).total_seconds()
            self.book(frame.gateway_eui, frame.frequency_hz, airtime_s, sent_s)

    def _of(self, gateway_eui: str, band: SubBand) -> _Spent:
        return self._spent.setdefault((gateway_eui, band.name), _Spent())
