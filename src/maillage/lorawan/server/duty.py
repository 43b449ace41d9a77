"""How long each gateway may still transmit in each sub-band. Source: ETSI EN 300 220-2: duty cycle over one hour."""

from collections import deque

from maillage.lorawan.regions.region import Region, SubBand

_HOUR_S = 3600.0


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


class DutyLedger:
    """Refuses to overbook. Starts empty: after a restart up to one more hour's share may be sent."""

    def __init__(self, region: Region) -> None:
        self._region = region
        self._spent: dict[tuple[str, str], _Spent] = {}

    def allows(self, gateway_eui: str, frequency_hz: int, airtime_s: float, now_s: float) -> bool:
        band = self._region.sub_band(frequency_hz)
        if band is None:
            return False
        spent = self._of(gateway_eui, band)
        spent.forget_before(now_s - _HOUR_S)
        return spent.total_s + airtime_s <= band.duty_cycle * _HOUR_S

    def book(self, gateway_eui: str, frequency_hz: int, airtime_s: float, now_s: float) -> None:
        """To be called only when :meth:`allows` said yes."""
        band = self._region.sub_band(frequency_hz)
        if band is not None:
            self._of(gateway_eui, band).add(now_s, airtime_s)

    def _of(self, gateway_eui: str, band: SubBand) -> _Spent:
        return self._spent.setdefault((gateway_eui, band.name), _Spent())
