"""The process that gateways talk to: copies to their shard, orders to the air, fates back. No I/O but ports.

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
from maillage.lorawan.server.downlinks import FailureCause
from maillage.lorawan.server.opportunities import Opportunity
from maillage.lorawan.server.refusals import Cause, Refusal, RefusalLog
from maillage.lorawan.server.registry import GatewayState, Registry
from maillage.lorawan.server.scheduler import Booking, Scheduler
from maillage.lorawan.server.sharding import shard_of_frame
from maillage.lorawan.server.transmitter import ACCEPTED, Radio

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
    order: Order
    booking: Booking
    at_s: float


class OrderDesk:
    """In the transmitter's place. This scheduler is the one that counts: every shard spends of the same air."""

    def __init__(self, radio: Radio, scheduler: Scheduler, out: Out) -> None:
        self._radio = radio
        self._scheduler = scheduler
        self._out = out
        self._asked: dict[int, _Asked] = {}
        self._answered: set[int] = set()
        self._token = 0

    def ordered(self, order: Order, now: datetime, now_s: float) -> None:
        """Send it, or say at once why not."""
        way, size = _on_our_clock(order, now, now_s), len(order.phy_payload)
        if self._scheduler.choose([way], size, now_s) is None:
            self._out.fate(order.shard, Fate(order.token, self._scheduler.why_not([way], size, now_s)))
            return
        token = self._token = (self._token + 1) % _TOKENS
        if not self._radio.transmit(token, way, order.phy_payload):
            self._out.fate(order.shard, Fate(order.token, FailureCause.NO_GATEWAY))
            return
        self._asked[token] = _Asked(order, self._scheduler.book(way, size, now_s), now_s)

    def acknowledged(self, token: int, now_s: float) -> None:
        """The gateway has the order; what it makes of it follows."""
        asked = self._asked.get(token)
        if asked is not None:
            self._answered.add(token)
            self._scheduler.backhaul.measured(asked.booking.opportunity.gateway_eui, now_s - asked.at_s)

    def reported(self, token: int, status: str, at: datetime, now_s: float) -> None:  # noqa: ARG002 - the desks' words
        """A gateway's word. Unknown tokens are of another time and mean nothing."""
        asked, answered = self._asked.pop(token, None), token in self._answered
        self._answered.discard(token)
        if asked is None:
            return
        if status not in (ACCEPTED, FailureCause.GATEWAY_SILENT):
            self._scheduler.give_back(asked.booking, len(asked.order.phy_payload))
        self._out.fate(asked.order.shard, Fate(asked.order.token, status, answered))

    def forget_old(self, now_s: float) -> None:
        """Gateways that never reported: the shard has given up long ago."""
        for token in [one for one, asked in self._asked.items() if now_s - asked.at_s > _FORGET_AFTER_S]:
            del self._asked[token]


def _on_our_clock(order: Order, now: datetime, now_s: float) -> Opportunity:
    """Two machines' monotonic clocks have nothing in common; their wall clocks are kept together."""
    shift_s = now_s - (now - order.at).total_seconds() - order.at_s
    way = order.opportunity
    return structs.replace(way, start_s=way.start_s + shift_s, deadline_s=way.deadline_s + shift_s)


def presence(origin: str, registry: Registry, reaches: Callable[[str], bool]) -> Presence:
    """Who can be reached from here now."""
    return Presence(origin, [one.eui for one in registry.gateways.values() if reaches(one.eui)])
