"""After a power cut: 20,000 devices join at once through 200 gateways, within the legal air time of every gateway.

Simulated time, one process, no socket: the scheduler, its duty ledger, its air book and the transmitter are the
server's own, and so are regions and air times. A device behaves as the standard wants it after a common event
(LoRaWAN L2 1.0.4, §7): a random start, then pauses that grow, within 1 % of the air time. What is left out is named in
``README.md``.
"""

import heapq
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import hypot, log10

from benchmarks.report import Report
from maillage.lorawan.gateways.semtech_udp.values import TxStatus
from maillage.lorawan.protocol.types import MType
from maillage.lorawan.regions.airtime import airtime_us
from maillage.lorawan.regions.data_rate import LoRaDataRate
from maillage.lorawan.regions.demodulation import required_snr_db
from maillage.lorawan.regions.eu863_870 import EU863_870
from maillage.lorawan.server.answers import Answer
from maillage.lorawan.server.downlinks import DownlinkBook
from maillage.lorawan.server.duty import DutyLedger
from maillage.lorawan.server.opportunities import Opportunity, RadioPlan
from maillage.lorawan.server.refusals import RefusalLog
from maillage.lorawan.server.registry import DeviceState, GatewayState, Registry
from maillage.lorawan.server.scheduler import Scheduler
from maillage.lorawan.server.stages import Received, Reception
from maillage.lorawan.server.transmitter import Transmitter

DEVICES, GATEWAYS = 20_000, 200
MINUTES = (1, 2, 3, 4, 5, 7, 10, 15, 20, 30, 45, 60)
_START = datetime(2026, 11, 22, 18, tzinfo=UTC)
_SIDE_KM = 60.0
_START_WITHIN_S = 120.0
_BACKOFF_S, _BACKOFF_MAX_S = 15.0, 900.0
_DEVICE_DUTY = 0.01
_BACK_HAUL_S, _DEDUP_S, _COMMIT_S = 0.05, 0.2, 0.03
_JOIN_BYTES, _ACCEPT_BYTES = 23, 33
_NOISE_DBM, _POWER_DBM, _SNR_MAX_DB = -117.0, 14.0, 10.0
_LOSS_AT_1_KM_DB, _EXPONENT, _SHADOWING_DB = 124.0, 3.2, 5.0
_WALLS_DB, _FADING_DB = 10.0, 1.5
_CAPTURE_DB = 6.0
_LISTENS_BEST = 4
_RATES = {n: rate for n in range(6) if isinstance(rate := EU863_870.data_rates[n], LoRaDataRate)}


@dataclass(slots=True)
class Joiner:
    """A device: the gateways that can hear it with their mean SNR, best first."""

    state: DeviceState
    links: list[tuple[int, float]]
    data_rate: int
    attempts: int = 0
    joined_s: float | None = None


@dataclass(slots=True)
class OnAir:
    start_s: float
    end_s: float
    snr_db: float


@dataclass(slots=True)
class Counts:
    sent: int = 0
    heard: int = 0
    told: int = 0
    refused: int = 0
    unread: int = 0
    overspent: int = 0
    joined_s: list[float] = field(default_factory=list)


class BestGatewayFirst(Scheduler):
    """For comparison: RX1, then RX2 of the gateway that heard best, whatever it has spent; then the next one."""

    def choose(
        self, ways: Sequence[Opportunity], phy_bytes: int, now_s: float, share: float = 1.0
    ) -> Opportunity | None:
        found = (super(BestGatewayFirst, self).choose([way], phy_bytes, now_s, share) for way in ways)
        return next((way for way in found if way is not None), None)


class Storm:
    """The radio's port is itself: what is told to a gateway is on the air, unless that gateway is busy."""

    def __init__(self, scheduler: type[Scheduler], seed: int = 1) -> None:
        self.chance = random.Random(seed)
        self.now_s, self.counts = 0.0, Counts()
        self.registry, self.plan = Registry(), RadioPlan(EU863_870, 0.1, 16)
        self.gateways = [GatewayState(f"{n:016x}", 1) for n in range(1, GATEWAYS + 1)]
        self.registry.put_gateways(self.gateways)
        self.ledger = DutyLedger(EU863_870)
        self.scheduler = scheduler.of(self.plan, self.ledger, self.registry)
        for gateway in self.gateways:
            self.scheduler.backhaul.measured(gateway.eui, 2 * _BACK_HAUL_S)
        self.transmitter = Transmitter(self, self.scheduler, DownlinkBook(3), RefusalLog())
        self._air: defaultdict[tuple[int, int, int], list[OnAir]] = defaultdict(list)
        self._busy: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
        self._events: list[tuple[float, int, object]] = []
        self._count = 0
        self._waiting: dict[bytes, Joiner] = {}
        self.spent: defaultdict[tuple[str, str], float] = defaultdict(float)
        self._first_spent: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
        self.devices = [self._device(n) for n in range(DEVICES)]

    def run(self, until_s: float) -> None:
        for device in self.devices:
            if device.links:
                self._at(self.chance.uniform(0, _START_WITHIN_S), ("send", device))
        while self._events and self._events[0][0] <= until_s:
            self.now_s, _, event = heapq.heappop(self._events)
            self._act(event)

    # --- the radio's port

    def reaches(self, gateway_eui: str) -> bool:
        return bool(gateway_eui)

    def transmit(self, token: int, opportunity: Opportunity, phy_payload: bytes) -> bool:
        """The gateway is told; it answers, and sends if its transmitter is free."""
        start_s = opportunity.start_s - _BACK_HAUL_S  # heard here later than it was on the air
        airtime_s = self.plan.airtime_s(opportunity, len(phy_payload))
        busy = self._busy[opportunity.gateway_eui]
        if any(start < start_s + airtime_s and start_s < end for start, end in busy):
            self.counts.refused += 1
            self._at(self.now_s + 2 * _BACK_HAUL_S, ("refused", token))
            return True
        busy[:] = [*(one for one in busy if one[1] > self.now_s), (start_s, start_s + airtime_s)]
        self.counts.told += 1
        self._note(opportunity, start_s, airtime_s)
        self._at(self.now_s + 2 * _BACK_HAUL_S, ("accepted", token))
        device, gateway = self._waiting[phy_payload], int(opportunity.gateway_eui, 16) - 1
        snr_db = dict(device.links)[gateway] + self.chance.gauss(0, _FADING_DB)
        if isinstance(opportunity.data_rate, LoRaDataRate) and snr_db >= required_snr_db(opportunity.data_rate):
            self._at(start_s + airtime_s, ("joined", device))
        else:
            self.counts.unread += 1
        return True

    def _note(self, way: Opportunity, start_s: float, airtime_s: float) -> None:
        """An account of our own, to check the ledger by: air time in the hour before, by gateway and sub-band."""
        band = EU863_870.sub_band(way.frequency_hz)
        if band is None:
            raise ValueError(f"{way.frequency_hz} Hz is nobody's to use")
        key = way.gateway_eui, band.name
        rows = self._first_spent[key]
        rows[:] = [*(row for row in rows if row[0] > start_s - 3600), (start_s, airtime_s)]
        share = sum(row[1] for row in rows) / 3600 / band.duty_cycle
        self.spent[key] = max(self.spent[key], share)
        self.counts.overspent += share > 1.0

    # --- events

    def _act(self, event: object) -> None:
        match event:
            case ("send", Joiner() as device):
                self._send(device)
            case ("heard", Joiner() as device, Received() as received):
                self._heard(device, received)
            case ("joined", Joiner() as device) if device.joined_s is None:
                device.joined_s = self.now_s
                self.counts.joined_s.append(self.now_s)
            case ("refused", int(token)):
                at = _START + timedelta(seconds=self.now_s)
                self.transmitter.reported(token, TxStatus.COLLISION_PACKET, at, self.now_s)
            case ("accepted", int(token)):
                self.transmitter.acknowledged(token, self.now_s)
                self.transmitter.reported(token, TxStatus.NONE, _START, self.now_s)
            case _:
                pass

    def _send(self, device: Joiner) -> None:
        if device.joined_s is not None:
            return
        rate = _RATES[device.data_rate]
        channel = self.chance.choice(EU863_870.default_channels)
        airtime_s = airtime_us(rate, _JOIN_BYTES) / 1e6
        device.attempts += 1
        self.counts.sent += 1
        copies = self._copies(device, channel.frequency_hz, rate, airtime_s)
        end_s = self.now_s + airtime_s
        if copies:
            self.counts.heard += 1
            at = _START + timedelta(seconds=end_s + _BACK_HAUL_S)
            phy = device.attempts.to_bytes(2, "big") + bytes.fromhex(device.state.dev_eui)
            received = Received(phy.ljust(_ACCEPT_BYTES, b"\0"), rate, copies, at, end_s + _BACK_HAUL_S)
            self._at(received.heard_s + _DEDUP_S + _COMMIT_S, ("heard", device, received))
        pause_s = min(_BACKOFF_S * 2 ** (device.attempts - 1), _BACKOFF_MAX_S) * self.chance.uniform(0.5, 1.5)
        self._at(end_s + 8.0 + max(pause_s, airtime_s / _DEVICE_DUTY), ("send", device))

    def _copies(self, device: Joiner, frequency_hz: int, rate: LoRaDataRate, airtime_s: float) -> list[Reception]:
        """Gateways that read it: strong enough, not sending themselves, 6 dB above whoever sends the same way there.

        Judged when it begins: a later frame that drowns this one is judged to be drowned instead.
        """
        copies: list[Reception] = []
        end_s = self.now_s + airtime_s
        for gateway, mean_db in device.links:
            snr_db = mean_db + self.chance.gauss(0, _FADING_DB)
            key = gateway, frequency_hz, rate.spreading_factor
            others = self._air[key] = [one for one in self._air[key] if one.end_s > self.now_s]
            clear = all(snr_db > one.snr_db + _CAPTURE_DB for one in others)
            others.append(OnAir(self.now_s, end_s, snr_db))
            state = self.gateways[gateway]
            deaf = any(start < end_s and self.now_s < end for start, end in self._busy[state.eui])
            if clear and not deaf and snr_db >= required_snr_db(rate):
                tmst_us = round(end_s * 1e6) % (1 << 32)
                shown_db = min(snr_db, _SNR_MAX_DB)
                copies.append(Reception(state, snr_db + _NOISE_DBM, shown_db, tmst_us, frequency_hz))
        return copies

    def _heard(self, device: Joiner, received: Received) -> None:
        """A JoinAccept, as the server sends one once the join is committed."""
        for copy in received.receptions:
            self.scheduler.clocks.heard(copy.gateway.eui, copy.tmst_us, received.heard_s)
        ways = self.plan.class_a(received, EU863_870.join_accept_delay1_s)
        self._waiting[received.phy_payload] = device
        answer = Answer(device.state, None, received.phy_payload, MType.JOIN_ACCEPT, None, None, None, ways, None)
        self.transmitter.send(answer, _START + timedelta(seconds=self.now_s), self.now_s)
        self.transmitter.take_sent()

    def _device(self, number: int) -> Joiner:
        """Somewhere in a square of 60 km, among masts on a grid."""
        x, y = self.chance.uniform(0, _SIDE_KM), self.chance.uniform(0, _SIDE_KM)
        across = 20
        step_x, step_y = _SIDE_KM / across, _SIDE_KM / (GATEWAYS / across)
        found: list[tuple[int, float]] = []
        for gateway in range(GATEWAYS):
            far_km = hypot(x - (gateway % across + 0.5) * step_x, y - (gateway // across + 0.5) * step_y)
            loss_db = _LOSS_AT_1_KM_DB + 10 * _EXPONENT * log10(max(far_km, 0.05))
            snr_db = _POWER_DBM - _WALLS_DB - loss_db - self.chance.gauss(0, _SHADOWING_DB) - _NOISE_DBM
            if snr_db > required_snr_db(_RATES[0]):
                found.append((gateway, snr_db))
        found = sorted(found, key=lambda link: -link[1])[: 2 * _LISTENS_BEST]
        best_db = found[0][1] if found else float("-inf")
        rate = max((n for n, one in _RATES.items() if best_db - 5 >= required_snr_db(one)), default=0)
        state = DeviceState(f"{0xA0000000 + number:016x}", 1, "", b"", "", 0, 0)
        return Joiner(state, found, rate)

    def _at(self, at_s: float, event: object) -> None:
        self._count += 1
        heapq.heappush(self._events, (at_s, self._count, event))


def run() -> Report:
    """The curve with the server's scheduler, and beside it with the gateway that heard best."""
    storms = {"scheduler": Storm(Scheduler), "best gateway first": Storm(BestGatewayFirst)}
    for storm in storms.values():
        storm.run(MINUTES[-1] * 60.0)
    rows = [
        {"minutes": minutes}
        | {
            f"joined, {name}": sum(at_s <= minutes * 60 for at_s in storm.counts.joined_s)
            for name, storm in storms.items()
        }
        for minutes in MINUTES
    ]
    return Report("join_storm", "20,000 devices join after a power cut, 200 gateways", rows, _facts(storms))


def _facts(storms: dict[str, Storm]) -> dict[str, object]:
    facts: dict[str, object] = {}
    for name, storm in storms.items():
        counts, busiest = storm.counts, max(storm.spent.values())
        facts[name] = {
            "join requests": counts.sent,
            "heard": counts.heard,
            "accepts sent": counts.told,
            "accepts too weak": counts.unread,
            "collisions at gateways": counts.refused,
            "busiest sub-band, % of its legal hour": round(busiest * 100, 1),
            "frames beyond the law": counts.overspent,
            "out of reach": sum(not one.links for one in storm.devices),
            "p50 s": round(_quantile(counts.joined_s, 0.5)),
            "p99 s": round(_quantile(counts.joined_s, 0.99)),
        }
    return facts


def _quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else float("nan")
