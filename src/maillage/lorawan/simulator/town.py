"""A territory of devices, rooms and gateways, moved by one queue of events. Sans-I/O: instants in, packets out."""

import heapq
import random
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import msgspec

from maillage.lorawan.gateways.semtech_udp.values import RxPacket, TxPacket, TxStatus
from maillage.lorawan.packages import clock_sync, fragmentation, multicast_setup
from maillage.lorawan.protocol.class_b import next_beacon
from maillage.lorawan.regions.eu863_870 import EU863_870
from maillage.lorawan.simulator.air import Air, Link, Place, fitting_data_rate
from maillage.lorawan.simulator.device import EndDevice, Heard, Identity, Joined, Transmission
from maillage.lorawan.simulator.flash import Flash
from maillage.lorawan.simulator.fleet import DeviceEntry, Fleet, RoomEntry
from maillage.lorawan.simulator.gateway import SimulatedGateway
from maillage.lorawan.simulator.models.base import Model, Payload, Surroundings
from maillage.lorawan.simulator.models.catalogue import RELAY, VICKI, make_model
from maillage.lorawan.simulator.models.vicki import Vicki
from maillage.lorawan.simulator.packages import PackageClient
from maillage.lorawan.simulator.physics.building import classroom
from maillage.lorawan.simulator.physics.classroom import RoomState, relative_humidity_percent
from maillage.lorawan.simulator.physics.room import Room, weather_at
from maillage.lorawan.simulator.physics.valve import opening_for
from maillage.lorawan.simulator.ping import PingListener

_JOINS_PER_S = 10.0
_JOIN_RETRY_S, _JOIN_RETRY_MAX_S = 10.0, 300.0
_LONGEST_DOWNLINK_S = 3.0
_REPORT_AFTER_ORDER_S = (1.5, 3.5)
_ACK_TIMEOUT_S = (1.0, 3.0)
_CONFIRMED_ATTEMPTS = 4
_UNREGULATED_C = 18.0
_PERIOD_JITTER = 0.02
_BEACON_DBM, _BEACON_S = 16.0, 0.153
PACKAGE_PORTS = (clock_sync.PORT, fragmentation.PORT, multicast_setup.PORT)


@dataclass(frozen=True, slots=True)
class Options:
    """``loss`` share of copies lost; ``valve_period_s`` and ``relay_period_s``: reporting periods of what
    takes orders, in place of the fleet file's.

    ``data_rate`` is what every device starts with; None: what its own link carries.
    """

    loss: float = 0.0
    collisions: bool = True
    valve_period_s: float | None = None
    relay_period_s: float | None = None
    data_rate: int | None = None


@dataclass(slots=True)
class Tally:
    """What happened since the start, for whoever watches."""

    joins_sent: int = 0
    joined: int = 0
    uplinks: int = 0
    unheard: int = 0
    downlinks: int = 0
    downlinks_heard: int = 0


@dataclass(slots=True)
class Node:
    """A device in its place."""

    entry: DeviceEntry
    device: EndDevice
    model: Model
    links: tuple[Link, ...]
    room: Room | None
    turn: int = 0
    attempts: int = 0
    unacknowledged: bytes | None = None
    replies: deque[tuple[int, bytes]] = field(default_factory=deque)


class Town:
    """``advance`` it to the present; take what gateways heard from ``outbox``; give it what gateways shall send."""

    def __init__(self, fleet: Fleet, flash: Flash, options: Options, now_s: float, now: datetime) -> None:
        self.tally = Tally()
        self.outbox: list[tuple[int, RxPacket]] = []
        self._flash = flash
        self._options = options
        self._origin = now - timedelta(seconds=now_s)
        self._chance = random.Random(f"{fleet.seed}/{now_s}")  # noqa: S311 - the radio's chance
        self._events: list[tuple[float, int, Callable[[float], None]]] = []
        self._count = 0
        self.gateways = [
            SimulatedGateway(
                bytes.fromhex(one.eui),
                one.name,
                Place(one.longitude, one.latitude),
                EU863_870,
                now_s - 60 - index,
                self._origin if one.gps else None,
            )
            for index, one in enumerate(fleet.gateways)
        ]
        places = [gateway.place for gateway in self.gateways]
        self._air = Air(places, fleet.seed, loss=options.loss, collisions=options.collisions)
        self._room_entries = fleet.rooms
        self.rooms = {one.name: _room(one) for one in fleet.rooms}
        self.nodes = [self._node(one) for one in fleet.devices]
        self._valves = {id(node.room): node.model for node in self.nodes if isinstance(node.model, Vicki)}
        self._reach: defaultdict[int, list[tuple[Node, Link]]] = defaultdict(list)
        for index, node in enumerate(self.nodes):
            for link in node.links:
                self._reach[link.gateway].append((node, link))
            self._report_at(node, now_s + index / _JOINS_PER_S + self._chance.random())
        self._beacon_after(now_s)

    def advance(self, now_s: float) -> float | None:
        """Carry out what was due by ``now_s``; the instant of the next event."""
        while self._events and self._events[0][0] <= now_s:
            at_s, _, act = heapq.heappop(self._events)
            act(at_s)
        return self._events[0][0] if self._events else None

    def transmit(self, gateway: int, packet: TxPacket, now_s: float) -> TxStatus:
        """A gateway was told to send; what it answers."""
        self.tally.downlinks += 1
        scheduled = self.gateways[gateway].schedule(packet, now_s)
        if isinstance(scheduled, TxStatus):
            return scheduled
        self._at(scheduled.end_s, partial(self._downlink_ends, gateway, scheduled))
        return TxStatus.NONE

    def rooms_at(self, now_s: float) -> list[RoomEntry]:
        """Every room as it is now, to be kept for the next start."""
        now = self._instant(now_s)
        return [_left(entry, self._follow(self.rooms[entry.name], now), now) for entry in self._room_entries]

    def _node(self, entry: DeviceEntry) -> Node:
        place = Place(entry.longitude, entry.latitude, indoors=entry.room is not None)
        links = self._air.links(entry.dev_eui, place)
        kept = {**entry.kept, **(self._flash.kept(entry.dev_eui) or {})}
        model = make_model(entry.model, entry.dev_eui, self._period_s(entry), kept)
        hexadecimal = (entry.dev_eui, entry.join_eui, entry.app_key, entry.nwk_key or "")
        identity = Identity(*map(bytes.fromhex, hexadecimal))
        chosen = self._options.data_rate
        data_rate = fitting_data_rate(links, EU863_870.data_rates) if chosen is None else chosen
        ping = None if entry.ping_periodicity is None else PingListener(entry.ping_periodicity, EU863_870)
        packages = PackageClient(identity.app_key, EU863_870, self._origin, is_1_1=entry.nwk_key is not None)
        device = EndDevice(
            identity, EU863_870, data_rate, self._chance, class_c=model.class_c, ping=ping, packages=packages
        )
        return Node(entry, device, model, links, self.rooms[entry.room] if entry.room is not None else None)

    def _period_s(self, entry: DeviceEntry) -> float:
        chosen_s = {VICKI: self._options.valve_period_s, RELAY: self._options.relay_period_s}.get(entry.model)
        return entry.period_s if chosen_s is None else chosen_s

    # --- uplinks

    def _report_at(self, node: Node, at_s: float) -> None:
        """The node's next turn; an earlier appointment is cancelled."""
        node.turn += 1
        self._at(at_s, partial(self._report, node, node.turn))

    def _report(self, node: Node, turn: int, now_s: float) -> None:
        if turn != node.turn:
            return
        if (ready_s := node.device.ready_s(now_s)) > now_s:
            self._report_at(node, ready_s)
        elif node.device.session is None:
            self._join(node, now_s)
        else:
            self._uplink(node, now_s)

    def _join(self, node: Node, now_s: float) -> None:
        self.tally.joins_sent += 1
        node.attempts += 1
        sent = node.device.join(self._flash.next_dev_nonce(node.entry.dev_eui), now_s)
        self._on_air(node, sent)
        backoff_s = min(_JOIN_RETRY_MAX_S, _JOIN_RETRY_S * 2 ** min(node.attempts - 1, 8))
        deaf_s = node.device.deaf_from_s + _LONGEST_DOWNLINK_S
        self._report_at(node, deaf_s + backoff_s * self._chance.uniform(0.5, 1.0))

    def _uplink(self, node: Node, now_s: float) -> None:
        payload = Payload(*node.replies.popleft()) if node.replies else node.model.uplink(self._around(node, now_s))
        sent = node.device.uplink(payload.f_port, payload.data, now_s, confirmed=node.entry.confirmed)
        self.tally.uplinks += 1
        self._on_air(node, sent)
        node.attempts = 1
        node.unacknowledged = sent.phy_payload if node.entry.confirmed else None
        if node.unacknowledged is not None:
            self._repeat_later(node, node.unacknowledged)
        jitter = self._chance.uniform(1 - _PERIOD_JITTER, 1 + _PERIOD_JITTER)
        again_s = self._chance.uniform(*_REPORT_AFTER_ORDER_S) if node.replies else node.model.period_s * jitter
        self._report_at(node, now_s + again_s)
        if node.unacknowledged is None:
            self._redundant_later(node, sent.phy_payload, node.device.settings.nb_trans - 1)

    def _redundant_later(self, node: Node, phy_payload: bytes, left: int) -> None:
        """NbTrans: the same frame again after its windows, unless they brought something (LoRaWAN L2 1.0.4, §5.2)."""
        if left > 0:
            at_s = node.device.deaf_from_s + _LONGEST_DOWNLINK_S + self._chance.random()
            self._at(at_s, partial(self._redundant, node, node.turn, phy_payload, left))

    def _redundant(self, node: Node, turn: int, phy_payload: bytes, left: int, now_s: float) -> None:
        if turn != node.turn or node.device.is_answered:
            return
        if (ready_s := node.device.ready_s(now_s)) > now_s:
            self._at(ready_s, partial(self._redundant, node, turn, phy_payload, left))
            return
        self._on_air(node, node.device.repeat(phy_payload, now_s))
        self._redundant_later(node, phy_payload, left - 1)

    def _repeat_later(self, node: Node, phy_payload: bytes) -> None:
        wait_s = _LONGEST_DOWNLINK_S + self._chance.uniform(*_ACK_TIMEOUT_S)
        self._at(node.device.deaf_from_s + wait_s, partial(self._repeat, node, phy_payload))

    def _repeat(self, node: Node, phy_payload: bytes, now_s: float) -> None:
        """A confirmed uplink that nobody acknowledged is sent again, the same frame, a few times."""
        if node.unacknowledged is not phy_payload or node.attempts >= _CONFIRMED_ATTEMPTS:
            return
        if (ready_s := node.device.ready_s(now_s)) > now_s:
            self._at(ready_s, partial(self._repeat, node, phy_payload))
            return
        node.attempts += 1
        self._on_air(node, node.device.repeat(phy_payload, now_s))
        self._repeat_later(node, phy_payload)

    def _on_air(self, node: Node, sent: Transmission) -> None:
        self._air.begin(sent, node.links)
        self._at(sent.end_s, partial(self._uplink_ends, node, sent))

    def _uplink_ends(self, node: Node, sent: Transmission, _now_s: float) -> None:
        heard = [one for one in self._air.receptions(sent, node.links) if not self.gateways[one.gateway].is_deaf(sent)]
        self.tally.unheard += not heard
        self.outbox += [(one.gateway, self.gateways[one.gateway].forward(sent, one)) for one in heard]

    # --- downlinks

    def _downlink_ends(self, gateway: int, sent: Transmission, now_s: float) -> None:
        for node, link in self._reach[gateway]:
            if not node.device.listens(sent.start_s, sent.frequency_hz, sent.data_rate):
                continue
            heard = self._air.reception(sent, link)
            if heard is not None:
                self._hear(node, sent, heard.snr_db, now_s)

    def _hear(self, node: Node, sent: Transmission, snr_db: float, now_s: float) -> None:
        outcome = node.device.hear(sent.phy_payload, sent.start_s, sent.frequency_hz, sent.data_rate, snr_db)
        match outcome:
            case Joined():
                self.tally.downlinks_heard += 1
                self.tally.joined += 1
                node.attempts = 0
                self._report_at(node, now_s + self._chance.uniform(*_REPORT_AFTER_ORDER_S))
            case Heard():
                self.tally.downlinks_heard += 1
                self._obey(node, outcome, now_s)
            case _:
                pass

    def _obey(self, node: Node, heard: Heard, now_s: float) -> None:
        if heard.acknowledges:
            node.unacknowledged = None
        at_once = heard.more_pending or heard.confirmed
        if heard.f_port in PACKAGE_PORTS:
            replies = node.device.packages.obey(heard.f_port, heard.data, now_s) if node.device.packages else []
            node.replies.extend(replies)
            at_once |= bool(replies)
        elif heard.f_port is not None:
            if node.room is not None:
                self._follow(node.room, self._instant(now_s))
            at_once |= node.model.obey(heard.f_port, heard.data)
            self._flash.keep(node.entry.dev_eui, node.model.kept())
        if at_once:
            self._report_at(node, now_s + self._chance.uniform(*_REPORT_AFTER_ORDER_S))

    def _beacon_after(self, now_s: float) -> None:
        start = next_beacon(self._instant(now_s))
        self._at((start - self._origin).total_seconds(), self._beacon)

    def _beacon(self, now_s: float) -> None:
        """Gateways with GPS send it by themselves; a device near one of them hears it."""
        beacon, instant = EU863_870.beacon, self._instant(now_s)
        data_rate = EU863_870.data_rate(beacon.data_rate)
        sent = Transmission(b"", beacon.frequencies_hz[0], data_rate, _BEACON_DBM, now_s, now_s + _BEACON_S)
        for node in self.nodes:
            ping, packages = node.device.ping, node.device.packages
            if ping is None and not (packages and packages.wants_beacon):
                continue
            links = [one for one in node.links if self.gateways[one.gateway].origin is not None]
            if any(self._air.reception(sent, link) is not None for link in links):
                if ping is not None:
                    ping.hear_beacon(instant, now_s)
                if packages is not None:
                    packages.hear_beacon()
        self._beacon_after(now_s)

    # --- surroundings

    def _around(self, node: Node, now_s: float) -> Surroundings:
        at = self._instant(now_s)
        sky = weather_at(at.replace(second=0, microsecond=0))
        if node.room is None:
            return Surroundings(at, sky, sky.outdoor_c, sky.relative_humidity_percent)
        state = self._follow(node.room, at)
        humidity = relative_humidity_percent(state, sky)
        return Surroundings(at, sky, state.air_c, humidity, state.co2_ppm, node.room.people(at))

    def _follow(self, room: Room, at: datetime) -> RoomState:
        valve = self._valves.get(id(room))
        return room.follow(at, valve.opening if valve else _unregulated)

    def _instant(self, at_s: float) -> datetime:
        return self._origin + timedelta(seconds=at_s)

    def _at(self, at_s: float, act: Callable[[float], None]) -> None:
        self._count += 1
        heapq.heappush(self._events, (at_s, self._count, act))


def _room(entry: RoomEntry) -> Room:
    building = classroom(entry.area_m2, insulation=entry.insulation, exposure=entry.exposure)
    return Room(building, entry.seed, RoomState(entry.air_c, entry.walls_c, entry.co2_ppm), entry.at)


def _left(entry: RoomEntry, state: RoomState, now: datetime) -> RoomEntry:
    return msgspec.structs.replace(entry, at=now, air_c=state.air_c, walls_c=state.walls_c, co2_ppm=state.co2_ppm)


def _unregulated(air_c: float) -> float:
    """A radiator without a valve of ours: the building's own thermostat."""
    return opening_for(_UNREGULATED_C, air_c)
