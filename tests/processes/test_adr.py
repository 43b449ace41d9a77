"""The real server teaches a simulated town its data rates, is killed in the middle, and forgets nothing it has told.

The town's time is a value: it stands still while the server, which lives in real time, has something to say.
"""

import time
from collections import Counter
from datetime import UTC, datetime

import psycopg
import pytest
from tests.fixtures.programs import wait_until
from tests.lorawan.radio_side import FakeDevice, FakeGateway, register

from maillage.lorawan.gateways.semtech_udp.protocol import decode, encode_push_data, encode_tx_ack
from maillage.lorawan.gateways.semtech_udp.values import PullAck, PullResp, PushData, TxAck
from maillage.lorawan.protocol.dl_settings import DLSettings
from maillage.lorawan.protocol.join import JoinAcceptContent
from maillage.lorawan.protocol.parse import parse_frame
from maillage.lorawan.regions.eu863_870 import EU863_870
from maillage.lorawan.simulator.air import Air, Place
from maillage.lorawan.simulator.device import Session
from maillage.lorawan.simulator.flash import Flash
from maillage.lorawan.simulator.fleet import DeviceEntry, Fleet, GatewayEntry
from maillage.lorawan.simulator.radio import joined_settings
from maillage.lorawan.simulator.town import Options, Town

ASK_AGAIN_S = 1.0
pytestmark = pytest.mark.system

SF12, SF7 = 0, 5
SEED = 868
NEAR, FAR = 20, 3
MAST = (2.4430, 48.6243)
FAR_LOSSES_DB = (146.0, 148.0)
UPLINKS_BEFORE_A_DECISION = 20
ACCEPT = JoinAcceptContent(1, 0, 0, DLSettings(0, 0), 1, EU863_870.cf_list())


class TownGateway(FakeGateway):
    """One of the town's gateways on a socket: what the server wants sent goes on the town's air."""

    def __init__(self, number: int, port: int) -> None:
        super().__init__(number, port)
        self.orders = []

    def forward(self, packets) -> None:
        self._send(encode_push_data(PushData(self._next_token(), self.eui, tuple(packets))))

    def listen(self) -> None:
        while True:
            try:
                message = decode(self._socket.recv(65_535))
            except BlockingIOError:
                return
            except ConnectionRefusedError:
                continue
            if isinstance(message, PullResp):
                self.orders.append(message)
            elif isinstance(message, PullAck):
                self.pull_acks += 1

    def until_it_answers(self) -> None:
        """What the server had sent before has then come, too."""
        before, asked_s = self.pull_acks, float("-inf")

        def answered() -> bool:
            nonlocal asked_s
            if time.monotonic() - asked_s > ASK_AGAIN_S:  # a datagram may be lost, on a busy machine too
                self.pull()
                asked_s = time.monotonic()
            self.listen()
            return self.pull_acks > before

        wait_until(answered, 60)


class Stage:
    """A town on one side, a server on the other."""

    def __init__(self, server, conninfo: str, folder) -> None:
        self.server = server
        self.conninfo = conninfo
        self.gateway = TownGateway(1, server.port)
        self.devices = [FakeDevice(number) for number in range(1, NEAR + FAR + 1)]
        register(conninfo, self.devices, [self.gateway.eui])
        self.now_s = 1000.0
        self.flash = Flash(folder / "flash.jsonl")
        fleet = Fleet(SEED, [GatewayEntry(self.gateway.eui.hex(), "mast", *MAST)], [], self._entries())
        options = Options(collisions=False, data_rate=SF12)
        self.town = Town(fleet, self.flash, options, self.now_s, datetime(2025, 1, 15, tzinfo=UTC))
        for node, fake in zip(self.town.nodes, self.devices, strict=True):
            node.device.session = Session(fake.dev_addr, fake.crypto)
            node.device.settings = joined_settings(EU863_870, SF12, ACCEPT)
        self.heard_since_start: Counter[int] = Counter()

    @property
    def near(self):
        return self.town.nodes[:NEAR]

    def start(self) -> None:
        self.heard_since_start.clear()
        self.server.start()

        def answers() -> bool:
            assert self.server.is_running(), self.server.log.read_text()
            self.gateway.pull()
            self.gateway.listen()
            return self.gateway.pull_acks > before

        before = self.gateway.pull_acks
        wait_until(answers, 60)

    def play_until(self, done, longest_s: float = 30_000.0) -> None:
        end_s = self.now_s + longest_s
        while not done():
            self.now_s = self.town.advance(self.now_s)
            assert self.now_s < end_s, self.server.log.read_text()
            self.town.advance(self.now_s)
            self._deliver()

    def sessions(self) -> dict[int, tuple[tuple[int, int, int], bytes]]:
        """What the network knows: the setting of each device, and what it has been asked without an answer yet."""
        query = "SELECT dev_addr, data_rate, tx_power, nb_trans, mac_pending FROM lorawan_session"
        with psycopg.connect(self.conninfo) as connection:
            return {row[0]: (row[1:4], row[4]) for row in connection.execute(query).fetchall()}

    def _deliver(self) -> None:
        """To the server; wait for its answer where it may have one."""
        heard, self.town.outbox[:] = [packet for _, packet in self.town.outbox], []
        if not heard:
            return
        self.gateway.forward(heard)
        frames = [parse_frame(packet.phy_payload) for packet in heard]
        self.heard_since_start.update(frame.dev_addr for frame in frames)
        if any(self._may_be_answered(frame.dev_addr) for frame in frames):
            self._settle({(frame.dev_addr, frame.f_cnt_16) for frame in frames})

    def _may_be_answered(self, dev_addr: int) -> bool:
        node = next(node for node in self.town.nodes if node.device.session.dev_addr == dev_addr)
        is_slow = node.device.settings.data_rate != SF7
        return is_slow and node in self.near and self.heard_since_start[dev_addr] >= UPLINKS_BEFORE_A_DECISION

    def _settle(self, uplinks: set[tuple[int, int]]) -> None:
        """Committed, then whatever was to be sent has been sent; and again for the order of two sockets."""
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            query = "SELECT dev_addr, f_cnt FROM lorawan_frame WHERE direction = 'up'"
            wait_until(lambda: uplinks <= set(connection.execute(query).fetchall()), 60)
        self.gateway.until_it_answers()
        self.gateway.until_it_answers()
        for order in self.gateway.orders:
            status = self.town.transmit(0, order.packet, self.now_s)
            self.gateway._send(encode_tx_ack(TxAck(order.token, self.gateway.eui, status)))
        self.gateway.orders.clear()

    def _entries(self) -> list[DeviceEntry]:
        """Near ones in the street of the mast; far ones where the link carries SF12 and nothing faster with margin."""
        air = Air([Place(*MAST)], SEED)
        return [
            DeviceEntry(
                fake.dev_eui, "0" * 16, "0" * 32, "elsys-ers", *self._place(air, index, fake), 200.0 + 9 * index
            )
            for index, fake in enumerate(self.devices)
        ]

    def _place(self, air: Air, index: int, fake: FakeDevice) -> tuple[float, float]:
        if index < NEAR:
            return MAST[0] + 0.0005, MAST[1]
        for step in range(1, 4000):
            place = Place(MAST[0] + step / 2000, MAST[1])
            links = air.links(fake.dev_eui, place)
            if links and FAR_LOSSES_DB[0] <= links[0].loss_db <= FAR_LOSSES_DB[1]:
                return place.longitude, place.latitude
        raise AssertionError("no place is far enough")


@pytest.fixture
def stage(server_process, lorawan_conninfo, nats_server, tmp_path):
    made = Stage(server_process, lorawan_conninfo, tmp_path)
    yield made
    made.gateway.close()
    made.flash.close()


def test_near_devices_go_to_sf7_and_far_ones_stay_though_the_server_is_killed_in_between(stage):
    def fast() -> int:
        return sum(node.device.settings.data_rate == SF7 for node in stage.near)

    stage.start()
    stage.play_until(lambda: fast() >= NEAR // 2)
    stage.server.kill()
    assert any(asked for _, asked in stage.sessions().values()), "nothing was on its way when the server was killed"
    stage.start()
    stage.play_until(lambda: fast() == NEAR)

    def both_ends_agree() -> bool:
        known = stage.sessions()
        return all(known[addr][0] == uses for addr, uses in in_use(stage.near).items())

    begun = {id(node): node.device.session.f_cnt_up for node in stage.near}  # the last one may still be on the air
    stage.play_until(lambda: all(node.device.session.f_cnt_up > begun[id(node)] + 1 for node in stage.near))
    wait_until(both_ends_agree, 60)
    assert stage.server.stop() == 0, stage.server.log.read_text()
    assert [node.device.settings.data_rate for node in stage.town.nodes[NEAR:]] == [SF12] * FAR
    far = stage.sessions().keys() - in_use(stage.near).keys()
    assert {stage.sessions()[addr][0][0] for addr in far} == {SF12}


def in_use(nodes) -> dict[int, tuple[int, int, int]]:
    return {
        node.device.session.dev_addr: (
            node.device.settings.data_rate,
            node.device.settings.tx_power,
            node.device.settings.nb_trans,
        )
        for node in nodes
    }
