"""Where what gateways say meets the server's steps, and the other way round. No I/O but the UDP server's port."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from maillage.lorawan.gateways.semtech_udp.errors import DatagramReason
from maillage.lorawan.gateways.semtech_udp.values import (
    AtGpsTime,
    AtTmst,
    Immediately,
    PushData,
    Schedule,
    TxAck,
    TxPacket,
)
from maillage.lorawan.server.desk_ports import Ear, Fates, Flushed
from maillage.lorawan.server.gateway_clocks import GatewayClocks
from maillage.lorawan.server.opportunities import Opportunity
from maillage.lorawan.server.refusals import Cause, Refusal, RefusalLog
from maillage.lorawan.server.registry import GatewayState, Registry


class GatewayDesk:
    """The handler of ``gateways.semtech_udp.server``."""

    def __init__(
        self,
        registry: Registry,
        sieve: Ear,
        decoder: Flushed,
        transmitter: Fates,
        refusals: RefusalLog,
        clocks: GatewayClocks,
    ) -> None:
        self._clocks = clocks
        self._registry = registry
        self._sieve = sieve
        self._decoder = decoder
        self._transmitter = transmitter
        self._refusals = refusals

    def knows(self, gateway_eui: bytes) -> bool:
        return gateway_eui in self._registry.gateways

    def pushed(self, message: PushData, at: datetime, now_s: float) -> None:
        gateway = self._seen(message.gateway_eui, at)
        for packet in message.packets:
            self._clocks.heard(gateway.eui, packet.tmst_us, now_s)
            if packet.gps_ms is not None:
                gateway.gps_time_at = at
            self._sieve.heard(gateway, packet, at, now_s)
        for item in message.refused:
            is_rate = item.reason is DatagramReason.UNKNOWN_DATA_RATE
            cause = Cause.UNKNOWN_DATA_RATE if is_rate else Cause.MALFORMED_DATAGRAM
            refusal = Refusal(cause, f"{item.item} {item.reason}")
            self._refusals.count(refusal, gateway.eui, item.detail.encode(), at)

    def pulled(self, gateway_eui: bytes, at: datetime) -> None:
        self._seen(gateway_eui, at)

    def transmitted(self, message: TxAck, at: datetime, now_s: float) -> None:
        gateway = self._seen(message.gateway_eui, at)
        if message.accepted:
            gateway.downlink_count += 1
        else:
            gateway.downlink_failure_count += 1
        self._transmitter.acknowledged(message.token, now_s)
        self._transmitter.reported(message.token, str(message.status), at, now_s)

    def refused(self, gateway_eui: bytes | None, peer: str, datagram: bytes, at: datetime) -> None:
        if gateway_eui is None:
            self._refusals.count(Refusal(Cause.MALFORMED_DATAGRAM, peer), "", datagram, at)
        else:
            self._refusals.count(Refusal(Cause.UNKNOWN_GATEWAY, peer), gateway_eui.hex(), datagram, at)

    def batch_ended(self) -> None:
        self._decoder.flush()

    def _seen(self, gateway_eui: bytes, at: datetime) -> GatewayState:
        gateway = self._registry.gateways[gateway_eui]
        gateway.last_seen_at, gateway.changed = at, True
        return gateway


class PacketSender(Protocol):
    def reaches(self, gateway_eui: bytes, now_s: float) -> bool: ...

    def transmit(self, gateway_eui: bytes, token: int, packet: TxPacket, now_s: float) -> bool: ...


class SemtechRadio:
    """The transmitter's radio, over Semtech's protocol."""

    def __init__(self, sender: PacketSender, monotonic_s: Callable[[], float]) -> None:
        self._sender = sender
        self._monotonic_s = monotonic_s

    def reaches(self, gateway_eui: str) -> bool:
        return self._sender.reaches(bytes.fromhex(gateway_eui), self._monotonic_s())

    def transmit(self, token: int, opportunity: Opportunity, phy_payload: bytes) -> bool:
        packet = TxPacket(
            _schedule(opportunity),
            opportunity.frequency_hz,
            opportunity.power_dbm,
            opportunity.data_rate,
            phy_payload,
        )
        gateway_eui = bytes.fromhex(opportunity.gateway_eui)
        return self._sender.transmit(gateway_eui, token, packet, self._monotonic_s())


def _schedule(opportunity: Opportunity) -> Schedule:
    if opportunity.gps_ms is not None:
        return AtGpsTime(opportunity.gps_ms)
    return Immediately() if opportunity.tmst_us is None else AtTmst(opportunity.tmst_us)
