"""The shard's side: copies into the sieve, downlinks to the process that holds the gateway. No I/O but ports."""

from collections.abc import Callable
from datetime import datetime
from math import inf
from typing import Protocol

from maillage.lorawan.bridge.messages import Copies, Fate, Order, Presence
from maillage.lorawan.server.decoder import Decoder
from maillage.lorawan.server.gateway_clocks import GatewayClocks
from maillage.lorawan.server.opportunities import Opportunity
from maillage.lorawan.server.refusals import Cause, Refusal, RefusalLog
from maillage.lorawan.server.registry import Registry
from maillage.lorawan.server.transmitter import Transmitter
from maillage.lorawan.server.uplinks import UplinkSieve

# A process tells every two seconds which gateways it reaches.
PRESENCE_EVERY_S = 2.0
_PRESENCE_KEPT_S = 10.0


class Orders(Protocol):
    """The bus, as downlinks use it: returns at once, False when it is away."""

    def order(self, origin: str, message: Order) -> bool: ...


class BridgeRadio:
    """The transmitter's radio, by way of the process that holds the gateway's path."""

    def __init__(
        self, shard: int, orders: Orders, now: Callable[[], datetime], monotonic_s: Callable[[], float]
    ) -> None:
        self._shard = shard
        self._orders = orders
        self._now = now
        self._monotonic_s = monotonic_s
        self._origins: dict[str, tuple[str, float]] = {}

    def present(self, message: Presence) -> None:
        now_s = self._monotonic_s()
        self._origins.update((eui, (message.origin, now_s)) for eui in message.gateway_euis)

    def heard_by(self, gateway_eui: str, origin: str) -> None:
        """A frame has just come from there."""
        self._origins[gateway_eui] = origin, self._monotonic_s()

    def reaches(self, gateway_eui: str) -> bool:
        return self._origin(gateway_eui) is not None

    def transmit(self, token: int, opportunity: Opportunity, phy_payload: bytes) -> bool:
        origin = self._origin(opportunity.gateway_eui)
        if origin is None:
            return False
        order = Order(self._shard, token, opportunity, phy_payload, self._now(), self._monotonic_s())
        return self._orders.order(origin, order)

    def _origin(self, gateway_eui: str) -> str | None:
        origin, seen_s = self._origins.get(gateway_eui, ("", -inf))
        return origin if self._monotonic_s() - seen_s <= _PRESENCE_KEPT_S else None


class ShardDesk:
    """What comes over the bus meets the server's steps. ``now`` and ``monotonic_s`` are the clocks of the edge."""

    def __init__(  # noqa: PLR0913 - the server's parts, as for the desks of the gateways
        self,
        registry: Registry,
        sieve: UplinkSieve,
        decoder: Decoder,
        transmitter: Transmitter,
        refusals: RefusalLog,
        radio: BridgeRadio,
        clocks: GatewayClocks,
        *,
        now: Callable[[], datetime],
        monotonic_s: Callable[[], float],
    ) -> None:
        self._registry = registry
        self._sieve = sieve
        self._decoder = decoder
        self._transmitter = transmitter
        self._refusals = refusals
        self._radio = radio
        self._clocks = clocks
        self._now = now
        self._monotonic_s = monotonic_s

    def copies(self, message: Copies) -> None:
        """Heard when the gateway's process heard them: what waited on the way has lost that time of its windows."""
        now, now_s = self._now(), self._monotonic_s()
        for copy in message.copies:
            gateway = self._registry.gateways.get(copy.gateway_eui)
            if gateway is None:  # taken out of service since
                refusal = Refusal(Cause.UNKNOWN_GATEWAY, message.origin)
                self._refusals.count(refusal, copy.gateway_eui.hex(), copy.packet.phy_payload, copy.at)
                continue
            age_s = max((now - copy.at).total_seconds(), 0.0)
            self._radio.heard_by(gateway.eui, message.origin)
            self._clocks.heard(gateway.eui, copy.packet.tmst_us, now_s - age_s)
            if copy.packet.gps_ms is not None:
                gateway.gps_time_at = copy.at
            self._sieve.heard(gateway, copy.packet, copy.at, now_s - age_s)
        self._decoder.flush()

    def fate(self, message: Fate) -> None:
        now_s = self._monotonic_s()
        if message.answered:
            self._transmitter.acknowledged(message.token, now_s)
        self._transmitter.reported(message.token, message.status, self._now(), now_s)
