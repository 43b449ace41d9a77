"""The 64-bit clock of a station, as its uplinks show it. Pure.

Bits 48 to 55 of ``xtime`` are drawn anew at each start of the station, bits 56 to 62 name the concentrator, bits 0 to
47 count microseconds (Station 2.0.6, ``timesync.h``). A downlink may only name an ``xtime`` that the station still has.
"""

_SESSION_SHIFT = 48
_MICROSECONDS = (1 << _SESSION_SHIFT) - 1
# Back-haul delays move arrivals by seconds, not by a minute.
_JUMP_S = 60.0


class StationClock:
    """``epoch`` counts the clocks that the station has had: it changes with a restart and with a jump."""

    def __init__(self) -> None:
        self.epoch = 0
        self._session: int | None = None
        self._offset_s = 0.0

    def heard(self, xtime: int, now_s: float) -> bool:
        """An uplink stamped ``xtime`` came at ``now_s`` (monotonic). True when the clock is another one since."""
        session, offset_s = (xtime >> _SESSION_SHIFT) & 0xFF, (xtime & _MICROSECONDS) / 1e6 - now_s
        is_another = self._session is not None and (
            session != self._session or abs(offset_s - self._offset_s) > _JUMP_S
        )
        self._session, self._offset_s = session, offset_s
        self.epoch += is_another
        return is_another
