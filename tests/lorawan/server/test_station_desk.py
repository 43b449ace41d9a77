"""Stations at the server's steps: who is let in, which way a downlink takes, what becomes of it."""

import pytest
from tests.lorawan.radio_side import SF7
from tests.lorawan.server.conftest import START, FakeRadio, waiting

from maillage.lorawan.gateways.basics_station.peer import Peer
from maillage.lorawan.gateways.context import StationContext
from maillage.lorawan.gateways.semtech_udp.values import RxPacket
from maillage.lorawan.server.decoder import Decoder
from maillage.lorawan.server.station_desk import GatewayRadio, StationDesk

XTIME = (0x12 << 48) + 5_000_000_000
EUI = bytes.fromhex("00000000000000aa")
SERIAL = "1f"


class FakeStations:
    def __init__(self):
        self.linked, self.epoch, self.sent = {EUI}, 0, []

    def is_linked(self, eui):
        return eui in self.linked

    def still_knows(self, eui, context):
        return eui in self.linked and context.epoch == self.epoch

    def transmit(self, eui, message, report_within_s):
        self.sent.append((message, report_within_s))
        return True


@pytest.fixture
def stations():
    return FakeStations()


@pytest.fixture
def radio(stations):
    return GatewayRadio(FakeRadio(), stations, lambda: 0.3)


@pytest.fixture
def desk(bench):
    return StationDesk(bench.registry, bench.sieve, Decoder(None), bench.transmitter, bench.refusals, bench.scheduler)


def chances(bench, context=None):
    """Those of an uplink heard at 0 s by the near gateway."""
    frame = bench.devices[0].uplink()
    packet = RxPacket(XTIME & 0xFFFF_FFFF, 868_100_000, SF7, -80.0, 7.0, frame, context=context)
    bench.sieve.heard(bench.near, packet, START, 0.0)
    (uplink,) = bench.close(0.2)[0]
    return bench.plan.class_a(uplink.received, 1)


def test_each_window_of_a_station_is_told_by_its_uplink_and_its_report_awaited_in_time(bench, radio, stations):
    first, second = chances(bench, StationContext(XTIME, 3))
    assert radio.transmit(7, first, b"\x60")
    assert radio.transmit(8, second, b"\x60")
    (rx1, rx1_within_s), (rx2, _) = stations.sent
    assert (rx1.diid, rx1.xtime, rx1.rctx, rx1.rx_delay_s) == (7, XTIME, 3, 1)
    assert (rx1.rx1_data_rate, rx1.rx1_frequency_hz) == (5, 868_100_000)
    assert (rx2.rx_delay_s, rx2.rx2_data_rate, rx2.rx2_frequency_hz) == (1, 0, 869_525_000)
    assert 0.3 + rx1_within_s < second.deadline_s, "the second window can still be tried"


def test_after_a_jump_of_its_clock_a_station_is_not_asked_for_what_it_has_forgotten(bench, radio, stations):
    first, _ = chances(bench, StationContext(XTIME, 0, 0))
    stations.epoch = 1
    assert not radio.transmit(7, first, b"\x60")
    assert not stations.sent


def test_what_came_by_udp_is_answered_by_udp_though_a_station_of_that_name_is_there(bench, radio, stations):
    first, _ = chances(bench)
    assert radio.transmit(7, first, b"\x60")
    assert not stations.sent


def test_class_c_goes_by_the_station_when_it_is_there(bench, radio, stations):
    chance = bench.plan.class_c(bench.near.eui)
    assert radio.transmit(7, chance, b"\x60")
    ((message, _),) = stations.sent
    assert (message.device_class, message.rx2_frequency_hz) == (2, 869_525_000)
    stations.linked.clear()
    assert radio.transmit(8, chance, b"\x60")
    assert len(stations.sent) == 1


def test_a_gateway_is_reached_by_either_door(bench, radio, stations):
    assert radio.reaches(bench.near.eui)
    radio._semtech.is_reachable = False
    assert radio.reaches(bench.near.eui)
    stations.linked.clear()
    assert not radio.reaches(bench.near.eui)


def test_a_report_counts_and_silence_is_a_failure_with_its_cause(bench, desk):
    device = bench.devices[0]
    bench.book.add(waiting(device.dev_eui))
    answer = bench.answer(bench.uplink(device.uplink()))
    bench.transmitter.send(answer, START, 0.3)
    desk.unreported(EUI, bench.radio.sent[-1][0], START, 1.95)
    assert bench.near.downlink_failure_count == 1
    changes = [(change.state, change.cause) for change in bench.book.take_changes()]
    assert changes[-1] == ("queued", "gateway_silent")
    desk.transmitted(EUI, 99, START, 2.0)
    assert bench.near.downlink_count == 1


@pytest.mark.parametrize(
    ("certificates", "peer", "admitted"),
    [
        (None, None, True),
        (None, Peer(EUI.hex(), SERIAL), False),
        (frozenset({SERIAL}), Peer(EUI.hex(), SERIAL), True),
        (frozenset({SERIAL}), Peer(EUI.hex(), "2f"), False),
        (frozenset({SERIAL}), Peer("00000000000000bb", SERIAL), False),
        (frozenset({SERIAL}), None, False),
        (frozenset(), Peer(EUI.hex(), SERIAL), False),
        (frozenset(), None, False),
    ],
)
def test_a_gateway_proves_itself_as_it_was_told_to(bench, desk, certificates, peer, admitted):
    bench.near.certificates = certificates
    assert (desk.admit(EUI, peer, "192.0.2.1", START) == "") is admitted
    assert bench.causes() == ([] if admitted else ["wrong_certificate"])


def test_a_gateway_that_is_not_registered_is_refused_and_counted(bench, desk):
    assert desk.admit(bytes(8), None, "192.0.2.1", START)
    assert bench.causes() == ["unknown_gateway"]
