"""Each gateway's microsecond counter on the server's monotonic clock, as its uplinks show it. Pure.

Both ends of a difference between two counters of one gateway are exact; where the whole lies is known to the
difference between the fastest uplink heard and the fastest possible one.
"""

_COUNTER = 1 << 32
_HALF = 1 << 31
# A gateway whose counter is off by more has restarted, or was away for longer than half a turn of it.
_JUMP_S = 1.0
_ANCHOR_KEPT_S = 60.0
_DRIFT_S = 0.002
"""Two clocks of 20 ppm each part by that much in a minute."""


class GatewayClocks:
    def __init__(self) -> None:
        self._anchors: dict[str, tuple[int, float]] = {}

    def heard(self, gateway_eui: str, tmst_us: int, now_s: float) -> None:
        """An uplink ended at ``tmst_us`` of the gateway's counter and came here at ``now_s``."""
        anchor = self._anchors.get(gateway_eui)
        if anchor is None:
            self._anchors[gateway_eui] = tmst_us, now_s
            return
        expected_s = _on(anchor, tmst_us)
        late_s = now_s - expected_s
        if late_s < 0 or late_s > _JUMP_S:
            self._anchors[gateway_eui] = tmst_us, now_s
        elif now_s - anchor[1] > _ANCHOR_KEPT_S:
            self._anchors[gateway_eui] = tmst_us, expected_s + min(late_s, _DRIFT_S)

    def at_s(self, gateway_eui: str, tmst_us: int) -> float | None:
        """When the gateway's counter reads so; None for one that was never heard."""
        anchor = self._anchors.get(gateway_eui)
        return None if anchor is None else _on(anchor, tmst_us)


def _on(anchor: tuple[int, float], tmst_us: int) -> float:
    ahead_us = (tmst_us - anchor[0] + _HALF) % _COUNTER - _HALF
    return anchor[1] + ahead_us / 1e6
