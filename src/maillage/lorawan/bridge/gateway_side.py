"""The process that gateways talk to: copies to the shard of their frame, orders to the air, fates back. No I/O but ports.

It takes the places that the sieve, the decoder and the transmitter have in a server that is alone, so that the desks of
both gateway protocols serve either.
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from msgspec import Struct, structs

from maillage.lorawan.bridge.messages import Copies, Copy, Fate, Order, Presence
from maillage.lorawan.gateways.semtech_udp.values import CrcStatus, RxPacket
from maillage.lorawan.server.duty import DutyLedger
from maillage.lorawan.server.opportunities import RadioPlan
from maillage.lorawan.server.refusals import Cause, Refusal, RefusalLog
from maillage.lorawan.server.registry import GatewayState, Registry
from maillage.lorawan.server.sharding import shard_of_frame
from maillage.lorawan.server.transmitter import Radio

DUTY_CYCLE = "DUTY_CYCLE"
NO_GATEWAY = "NO_GATEWAY"
_TOKENS = 1 << 16
_FORGET_AFTER_S = 60.0


class Out(Protocol):
    """The bus, as this side uses it. Both return at once."""

    def copies(self, shard: int, message: Copies) -> None: ...

    def fate(self, shard: int, message: Fate) -> None: ...


class CopyRouter:
    """In the sieve's and the decoder's place: every copy goes on, once for each reading of the sockets."""

    def __init__(self, origin: str, shards: int, out: Out, refusals: RefusalLog) -> None:
        self._origin = origin
        self._shards = shards
        self._out = out
        self._refusals = refusals
        self._waiting: defaultdict[int, list[Copy]] = defaultdict(list)

    def heard(self, gateway: GatewayState, packet: RxPacket, at: datetime, now_s: float) -> None:  # noqa: ARG002
        if packet.crc is CrcStatus.FAIL:
            gateway.crc_error_count += 1
            return
        gateway.uplink_count += 1
        shard = shard_of_frame(packet.phy_payload, self._shards)
        if shard is None:
            refusal = Refusal(Cause.UNEXPECTED_FRAME, packet.phy_payload[:1].hex())
            self._refusals.count(refusal, gateway.eui, packet.phy_payload, at)
        else:
            self._waiting[shard].append(Copy(bytes.fromhex(gateway.eui), packet, at))

    def flush(self) -> None:
        """End of a reading."""
        if self._waiting:
            waiting, self._waiting = self._waiting, defaultdict(list)
            for shard, copies in waiting.items():
                self._out.copies(shard, Copies(self._origin, copies))


class _Asked(Struct, frozen=True):
    shard: int
    token: int
    at_s: float


class OrderDesk:
    """In the transmitter's place. The ledger here is the one that counts: every shard spends of the same air."""

    def __init__(self, radio: Radio, plan: RadioPlan, ledger: DutyLedger, out: Out) -> None:
        self._radio = radio
        self._plan = plan
        self._ledger = ledger
        self._out = out
        self._asked: dict[int, _Asked] = {}
        self._token = 0

    def ordered(self, order: Order, now: datetime, now_s: float) -> None:
        """Send it, or say at once why not."""
        deadline_s = float("inf") if order.deadline is None else now_s + (order.deadline - now).total_seconds()
        chance = structs.replace(order.opportunity, deadline_s=deadline_s)
        if now_s > deadline_s:
            self._tell(order.shard, order.token, "TOO_LATE")
            return
        airtime_s = self._plan.airtime_s(chance, len(order.phy_payload))
        if not self._ledger.allows(chance.gateway_eui, chance.frequency_hz, airtime_s, now_s):
            self._tell(order.shard, order.token, DUTY_CYCLE)
            return
        token = self._token = (self._token + 1) % _TOKENS
        if not self._radio.transmit(token, chance, order.phy_payload):
            self._tell(order.shard, order.token, NO_GATEWAY)
            return
        self._ledger.book(chance.gateway_eui, chance.frequency_hz, airtime_s, now_s)
        self._asked[token] = _Asked(order.shard, order.token, now_s)

    def reported(self, token: int, status: str, at: datetime, now_s: float) -> None:  # noqa: ARG002 - the desks' words
        """A gateway's word. Unknown tokens are of another time and mean nothing."""
        asked = self._asked.pop(token, None)
        if asked is not None:
            self._tell(asked.shard, asked.token, status)

    def forget_old(self, now_s: float) -> None:
        """Gateways that never reported: the shard has given up long ago."""
        for token in [one for one, asked in self._asked.items() if now_s - asked.at_s > _FORGET_AFTER_S]:
            del self._asked[token]

    def _tell(self, shard: int, token: int, status: str) -> None:
        self._out.fate(shard, Fate(token, status))


def presence(origin: str, registry: Registry, reaches: Callable[[str], bool]) -> Presence:
    """Who can be reached from here now."""
    return Presence(origin, [one.eui for one in registry.gateways.values() if reaches(one.eui)])
