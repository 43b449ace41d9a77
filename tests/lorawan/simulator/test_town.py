"""A small town against a small network server, minutes in milliseconds: every instant is a value."""

from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest
from tests.lorawan.simulator.network import Network, at_once, rx1

from maillage.lorawan.gateways.semtech_udp.values import TxStatus
from maillage.lorawan.simulator.flash import Flash
from maillage.lorawan.simulator.fleet import DeviceEntry, Fleet, GatewayEntry, RoomEntry
from maillage.lorawan.simulator.town import Options, Town

AT = datetime(2025, 1, 15, 7, 0, tzinfo=UTC)  # a Wednesday: the school is empty
EVRY = (2.4422, 48.6243)
APP_KEY = "2b7e151628aed2a6abf7158809cf4f3c"


def device(number, model, period_s, room=None, **more):
    return DeviceEntry(f"70b3d57ed000{number:04x}", "70b3d57ed0000000", APP_KEY, model, *EVRY, period_s, room, **more)


VALVE = device(1, "mclimate-vicki", 40.0, "CP", kept={"target_c": 17.0})
SENSOR = device(2, "elsys-ers", 60.0, "CP")
GATE = device(3, "dragino-lt22222l", 600.0)
FLEET = Fleet(
    7,
    [GatewayEntry(f"24e124fffe00000{n}", f"mairie {n}", 2.4430 + n / 1000, 48.6243) for n in (1, 2, 3)],
    [RoomEntry("CP", 55.0, 1, AT, 17.0, 17.0)],
    [VALVE, SENSOR, GATE],
)


class Play:
    """Runs a town and hands every first copy to the network; answers come back through the gateway that heard it."""

    def __init__(self, flash, fleet=FLEET, options=None, start_s=1000.0):
        self.town = Town(fleet, flash, options or Options(), start_s, AT)
        keys = {bytes.fromhex(d.dev_eui): bytes.fromhex(d.app_key) for d in fleet.devices}
        self.network = Network(keys)
        self.now_s = start_s
        self.statuses = []
        self.copies = []
        self.last = {}

    def run(self, seconds):
        end_s = self.now_s + seconds
        next_s = self.town.advance(self.now_s)
        while next_s is not None and next_s <= end_s:
            self.now_s = next_s
            self.town.advance(self.now_s)
            self._deliver()
            next_s = self.town.advance(self.now_s)
        self.now_s = end_s
        return self

    def _deliver(self):
        heard, self.town.outbox[:] = list(self.town.outbox), []
        self.copies.append(len(heard))
        if not heard:
            return
        gateway, packet = heard[0]
        answer = self.network.take(packet)
        if answer is not None:
            self.statuses.append(self.town.transmit(gateway, answer, self.now_s))
        elif self.network.frames:
            self.last[self.network.frames[-1].dev_addr] = (gateway, packet)

    def address_of(self, entry):
        node = next(node for node in self.town.nodes if node.entry is entry)
        return node.device.session.dev_addr

    def payloads(self, entry):
        address = self.address_of(entry)
        return [clear for dev_addr, _, _, clear in self.network.received if dev_addr == address]


@pytest.fixture
def flash(tmp_path):
    memory = Flash(tmp_path / "flash.jsonl")
    yield memory
    memory.close()


def test_everybody_joins_and_reports(flash):
    play = Play(flash).run(130)
    assert play.town.tally.joined == 3
    assert set(play.statuses) == {TxStatus.NONE}
    assert len(play.payloads(VALVE)) >= 3
    assert len(play.payloads(SENSOR)) >= 2
    assert len(play.payloads(GATE)) == 1


def test_a_frame_is_heard_by_several_gateways(flash):
    assert max(Play(flash).run(60).copies) == 3


def test_counters_follow_each_other_without_a_gap(flash):
    play = Play(flash).run(400)
    address = play.address_of(VALVE)
    counters = [f_cnt for dev_addr, f_cnt, _, _ in play.network.received if dev_addr == address]
    assert counters == list(range(len(counters)))


def test_a_setpoint_is_reported_within_seconds_and_warms_the_room(flash):
    play = Play(flash).run(60)
    before = len(play.payloads(VALVE))
    address = play.address_of(VALVE)
    while len(play.payloads(VALVE)) == before:
        play.run(0.5)
    gateway, packet = play.last[address]
    order = rx1(packet, play.network.downlink(address, 1, b"\x0e\x15"))
    assert play.town.transmit(gateway, order, play.now_s) is TxStatus.NONE
    cold = play.town.rooms["CP"].state.air_c
    play.run(8)
    assert play.payloads(VALVE)[-1][1] == 21
    play.run(3600)
    assert play.payloads(SENSOR)[-1][1:3] > (175).to_bytes(2, "big")
    assert play.town.rooms["CP"].state.air_c > cold + 1
    assert play.town.rooms_at(play.now_s)[0].at > AT


def test_a_gate_opens_at_once_and_says_so(flash):
    play = Play(flash).run(60)
    address = play.address_of(GATE)
    play.town.transmit(0, at_once(play.network.downlink(address, 2, b"\x03\x01\x11")), play.now_s)
    play.run(8)
    assert play.payloads(GATE)[-1][8] & 0x80


def test_settings_and_nonces_survive_a_restart(tmp_path):
    first = Flash(tmp_path / "flash.jsonl")
    play = Play(first).run(60)
    address = play.address_of(GATE)
    play.town.transmit(0, at_once(play.network.downlink(address, 2, b"\x03\x01\x11")), play.now_s)
    play.run(10)
    first.close()
    second = Flash(tmp_path / "flash.jsonl")
    again = Play(second, start_s=9000.0)
    again.network.dev_nonces = list(play.network.dev_nonces)  # the network remembers: a replay would be refused
    again.run(60)
    assert again.town.tally.joined == 3
    assert again.payloads(GATE)[0][8] & 0x80
    second.close()


def test_a_confirmed_uplink_is_repeated_until_acknowledged(flash):
    insistent = msgspec.structs.replace(GATE, confirmed=True)
    fleet = msgspec.structs.replace(FLEET, rooms=[], devices=[insistent])
    play = Play(flash, fleet).run(60)
    address = play.address_of(insistent)
    counters = [f_cnt for dev_addr, f_cnt, _, _ in play.network.received if dev_addr == address]
    assert counters == [0, 0, 0, 0]
    while play.last[address][1].phy_payload[6] == 0:
        play.run(0.5)
    gateway, packet = play.last[address]
    play.town.transmit(gateway, rx1(packet, play.network.downlink(address, ack=True)), play.now_s)
    play.run(60)
    counters = [f_cnt for dev_addr, f_cnt, _, _ in play.network.received if dev_addr == address]
    assert counters.count(1) == 1


def test_a_device_that_is_not_answered_tries_again_more_and_more_rarely(flash):
    play = Play(flash)
    play.network.admit = lambda *_: None
    play.run(100)
    early = play.town.tally.joins_sent
    play.run(3600)
    assert early > 3
    assert play.town.tally.joined == 0
    assert play.town.tally.joins_sent < early + 3 * 3600 / 150


def test_loss_is_made_up_for(flash):
    play = Play(flash, options=Options(loss=0.3)).run(900)
    assert play.town.tally.joined == 3
    assert len(play.payloads(SENSOR)) >= 8


def test_the_valves_period_can_be_chosen(flash):
    play = Play(flash, options=Options(valve_period_s=15.0)).run(130)
    assert len(play.payloads(VALVE)) >= 6


def test_a_device_told_to_repeat_sends_each_frame_so_often(tmp_path):
    fleet = msgspec.structs.replace(FLEET, devices=[SENSOR])
    flash = Flash(tmp_path / "flash.jsonl")
    play = Play(flash, fleet, Options(collisions=False)).run(120)
    node = play.town.nodes[0]
    node.device.settings = replace(node.device.settings, nb_trans=3)
    on_air, begin = [], play.town._air.begin

    def counting(sent, links):
        on_air.append(sent.phy_payload)
        begin(sent, links)

    play.town._air.begin = counting
    play.run(600)
    flash.close()
    assert len(set(on_air)) > 5
    assert all(on_air.count(frame) == 3 for frame in on_air[:15])
