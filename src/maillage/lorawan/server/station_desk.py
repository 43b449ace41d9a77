"""Where what stations say meets the server's steps, and the other way round. No I/O but the station server's port."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from maillage.lorawan.gateways.basics_station.downlinks import at_gps_time, at_once, in_rx1, in_rx2
from maillage.lorawan.gateways.basics_station.messages import Downlink
from maillage.lorawan.gateways.basics_station.peer import Peer
from maillage.lorawan.gateways.context import StationContext
from maillage.lorawan.gateways.semtech_udp.values import RxPacket
from maillage.lorawan.server.desk_ports import Ear, Fates, Flushed
from maillage.lorawan.server.downlinks import FailureCause
from maillage.lorawan.server.opportunities import Opportunity, StationSlot
from maillage.lorawan.server.refusals import Cause, Refusal, RefusalLog
from maillage.lorawan.server.registry import GatewayState, Registry
from maillage.lorawan.server.scheduler import Scheduler
from maillage.lorawan.server.transmitter import ACCEPTED, Radio

# From the latest moment to hand a frame over to the station's word that it is on the air: the house's margin before
# the window (0.1 s) and the way back. Soon enough for the second window to be tried after the first.
_REPORT_AFTER_DEADLINE_S = 0.7
# A class C frame may wait a second for the air before the station drops it.
_REPORT_AT_ONCE_S = 3.0


class StationDesk:
    """The handler of ``gateways.basics_station.server``."""

    def __init__(
        self,
        registry: Registry,
        sieve: Ear,
        decoder: Flushed,
        transmitter: Fates,
        refusals: RefusalLog,
        scheduler: Scheduler,
    ) -> None:
        self._scheduler = scheduler
        self._registry = registry
        self._sieve = sieve
        self._decoder = decoder
        self._transmitter = transmitter
        self._refusals = refusals
        self.certificates_used: dict[str, datetime] = {}

    def admit(self, gateway_eui: bytes, peer: Peer | None, address: str, at: datetime) -> str:
        """Registered, and with the certificate it was given, if it was given one."""
        gateway = self._registry.gateways.get(gateway_eui)
        if gateway is None:
            self._refuse(Cause.UNKNOWN_GATEWAY, gateway_eui.hex(), address, at)
            return "gateway not registered"
        if not _proves(peer, gateway):
            self._refuse(Cause.WRONG_CERTIFICATE, gateway.eui, address, at)
            return "certificate refused"
        if peer is not None:
            self.certificates_used.setdefault(peer.serial, at)
        return ""

    def heard(self, gateway_eui: bytes, packet: RxPacket, at: datetime, now_s: float) -> None:
        gateway = self._registry.gateways[gateway_eui]
        self._scheduler.clocks.heard(gateway.eui, packet.tmst_us, now_s)
        if packet.gps_ms is not None:
            gateway.gps_time_at = at
        self._sieve.heard(gateway, packet, at, now_s)
        self._decoder.flush()

    def seen(self, gateway_eui: bytes, at: datetime) -> None:
        gateway = self._registry.gateways.get(gateway_eui)
        if gateway is not None:
            gateway.last_seen_at, gateway.changed = at, True

    def answered(self, gateway_eui: bytes, round_trip_s: float) -> None:
        """The station has answered a ping: its word on a frame comes only once that is on the air."""
        self._scheduler.backhaul.measured(gateway_eui.hex(), round_trip_s)

    def transmitted(self, gateway_eui: bytes, token: int, at: datetime, now_s: float) -> None:
        self._count(gateway_eui, failed=False)
        self._transmitter.reported(token, ACCEPTED, at, now_s)

    def unreported(self, gateway_eui: bytes, token: int, at: datetime, now_s: float) -> None:
        self._count(gateway_eui, failed=True)
        self._transmitter.reported(token, FailureCause.GATEWAY_SILENT, at, now_s)

    def refused(self, gateway_eui: bytes | None, address: str, text: bytes, at: datetime) -> None:
        eui = "" if gateway_eui is None else gateway_eui.hex()
        self._refusals.count(Refusal(Cause.MALFORMED_MESSAGE, address), eui, text, at)

    def _refuse(self, cause: Cause, gateway_eui: str, address: str, at: datetime) -> None:
        self._refusals.count(Refusal(cause, address), gateway_eui, b"", at)

    def _count(self, gateway_eui: bytes, *, failed: bool) -> None:
        gateway = self._registry.gateways.get(gateway_eui)
        if gateway is None:
            return
        gateway.downlink_count += not failed
        gateway.downlink_failure_count += failed
        gateway.changed = True


class StationSender(Protocol):
    """The part of the station server that downlinks need."""

    def is_linked(self, gateway_eui: bytes) -> bool: ...

    def still_knows(self, gateway_eui: bytes, context: StationContext) -> bool: ...

    def transmit(self, gateway_eui: bytes, message: Downlink, report_within_s: float) -> bool: ...


class GatewayRadio:
    """The transmitter's radio over either protocol: the one by which the uplink came, or which is there (class C)."""

    def __init__(self, semtech: Radio, stations: StationSender, monotonic_s: Callable[[], float]) -> None:
        self._semtech = semtech
        self._stations = stations
        self._monotonic_s = monotonic_s

    def reaches(self, gateway_eui: str) -> bool:
        return self._stations.is_linked(bytes.fromhex(gateway_eui)) or self._semtech.reaches(gateway_eui)

    def transmit(self, token: int, opportunity: Opportunity, phy_payload: bytes) -> bool:
        if opportunity.slot is not None:
            return self._after_uplink(token, opportunity, opportunity.slot, phy_payload)
        eui = bytes.fromhex(opportunity.gateway_eui)
        if self._stations.is_linked(eui):
            if opportunity.gps_ms is not None:
                return self._at_gps_time(token, opportunity, opportunity.gps_ms, phy_payload)
            if opportunity.tmst_us is None:
                message = at_once(token, phy_payload, opportunity.data_rate_index, opportunity.frequency_hz)
                return self._stations.transmit(eui, message, _REPORT_AT_ONCE_S)
        return self._semtech.transmit(token, opportunity, phy_payload)

    def _at_gps_time(self, token: int, opportunity: Opportunity, gps_ms: int, phy_payload: bytes) -> bool:
        rate, frequency_hz = opportunity.data_rate_index, opportunity.frequency_hz
        message = at_gps_time(token, phy_payload, rate, frequency_hz, gps_ms * 1000)
        left_s = max(opportunity.start_s - self._monotonic_s(), 0.0)
        return self._stations.transmit(bytes.fromhex(opportunity.gateway_eui), message, left_s + _REPORT_AT_ONCE_S)

    def _after_uplink(self, token: int, opportunity: Opportunity, slot: StationSlot, phy_payload: bytes) -> bool:
        """One window a message: which one was used decides the air time booked, and a station does not tell."""
        eui = bytes.fromhex(opportunity.gateway_eui)
        if not self._stations.still_knows(eui, slot.context):
            return False
        build = in_rx2 if slot.is_rx2 else in_rx1
        message = build(
            token,
            phy_payload,
            opportunity.data_rate_index,
            opportunity.frequency_hz,
            slot.rx_delay_s,
            slot.context,
        )
        left_s = max(opportunity.deadline_s - self._monotonic_s(), 0.0)
        return self._stations.transmit(eui, message, left_s + _REPORT_AFTER_DEADLINE_S)


def _proves(peer: Peer | None, gateway: GatewayState) -> bool:
    """A gateway that was never given a certificate may come without TLS, by the port that is open for it."""
    if gateway.certificates is None:
        return peer is None
    return peer is not None and peer.eui == gateway.eui and peer.serial in gateway.certificates
