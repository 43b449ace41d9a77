"""How long a gateway is away: the round trip to each, as its own answers show it. Pure; times are monotonic seconds.

An uplink was on the air half a round trip before it was heard here, and an order arrives half a round trip after it
left: so a window closes one whole round trip earlier than its own clock says.
"""

from maillage.lorawan.server.registry import GatewayState, Registry

# RFC 6298, §2: a smoothed mean, and four times the mean deviation as room for what varies.
_GAIN, _DEVIATION_GAIN, _DEVIATIONS = 0.125, 0.25, 4.0
_LONGEST_S = 5.0
"""Longer is a gateway that answers when it has sent, not when it has been told."""


class BackHaul:
    """Reads and keeps the estimates in the gateways' own states, which the housekeeper stores."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    def measured(self, gateway_eui: str, round_trip_s: float) -> None:
        """An order was answered after so long. Absurd values are left out."""
        gateway = self._of(gateway_eui)
        if gateway is None or not 0 <= round_trip_s <= _LONGEST_S:
            return
        if gateway.round_trip_s is None:
            gateway.round_trip_s, gateway.round_trip_deviation_s = round_trip_s, round_trip_s / 2
        else:
            off_s = abs(round_trip_s - gateway.round_trip_s)
            gateway.round_trip_deviation_s += _DEVIATION_GAIN * (off_s - gateway.round_trip_deviation_s)
            gateway.round_trip_s += _GAIN * (round_trip_s - gateway.round_trip_s)
        gateway.changed = True

    def round_trip_s(self, gateway_eui: str) -> float:
        """What to reckon with: nearly every round trip is shorter. 0 for a gateway never measured."""
        gateway = self._of(gateway_eui)
        if gateway is None or gateway.round_trip_s is None:
            return 0.0
        return gateway.round_trip_s + _DEVIATIONS * gateway.round_trip_deviation_s

    def _of(self, gateway_eui: str) -> GatewayState | None:
        return self._registry.gateways.get(bytes.fromhex(gateway_eui))
