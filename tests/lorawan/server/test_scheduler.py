"""Which gateway, which window: what a downlink costs and what stands in its way."""

import pytest
from tests.lorawan.server.conftest import START, waiting

from maillage.lorawan.server.air_book import AirBook, Span
from maillage.lorawan.server.gateway_clocks import GatewayClocks

SIZE = 20


def ways(bench, near_db=7.0, far_db=7.0):
    """RX1 and RX2 of both gateways, after an uplink that both heard at 0 s."""
    frame = bench.devices[0].uplink()
    bench.hear(frame, 0.0, bench.near, snr_db=near_db)
    bench.hear(frame, 0.0, bench.far, snr_db=far_db, rssi_dbm=-110.0)
    (uplink,), _ = bench.close(0.2)
    return bench.plan.class_a(uplink.received, 1)


def spend(bench, gateway, frequency_hz, seconds):
    bench.ledger.book(gateway.eui, frequency_hz, seconds, 0.0)


def chosen(bench, found, now_s=0.25):
    way = bench.scheduler.choose(found, SIZE, now_s)
    return None if way is None else ("near" if way.gateway_eui == bench.near.eui else "far", way.frequency_hz)


def test_among_equals_the_gateway_that_heard_best_speaks_first(bench):
    assert chosen(bench, ways(bench, near_db=7.0, far_db=9.0)) == ("far", 868_100_000)


def test_a_gateway_that_has_nearly_spent_its_hour_is_spared_while_another_is_heard_well_enough(bench):
    found = ways(bench, near_db=9.0, far_db=0.0)
    assert chosen(bench, found)[0] == "near"
    spend(bench, bench.near, 868_100_000, 30.0)
    assert chosen(bench, found) == ("far", 868_100_000)


def test_a_link_without_margin_is_not_taken_for_its_free_air_time(bench):
    found = ways(bench, near_db=9.0, far_db=-7.0)
    spend(bench, bench.near, 868_100_000, 18.0)
    assert chosen(bench, found)[0] == "near"


def test_a_weak_device_is_answered_in_the_slower_second_window(bench):
    assert chosen(bench, ways(bench, near_db=-7.0, far_db=-7.4)) == ("near", 869_525_000)


def test_a_back_haul_of_400_ms_closes_the_first_window_earlier(bench):
    found = ways(bench, far_db=-20.0)
    assert chosen(bench, found, 0.6) == ("near", 868_100_000)
    for _ in range(50):
        bench.scheduler.backhaul.measured(bench.near.eui, 0.4)
    assert chosen(bench, found, 0.6) == ("near", 869_525_000)


def test_a_measured_round_trip_leaves_room_for_what_varies(bench):
    for number in range(100):
        bench.scheduler.backhaul.measured(bench.near.eui, 0.1 if number % 2 else 0.2)
    assert bench.near.round_trip_s == pytest.approx(0.15, abs=0.02)
    assert bench.scheduler.backhaul.round_trip_s(bench.near.eui) > 0.2
    assert bench.scheduler.backhaul.round_trip_s(bench.far.eui) == 0.0


def test_absurd_round_trips_are_left_out(bench):
    bench.scheduler.backhaul.measured(bench.near.eui, 60.0)
    bench.scheduler.backhaul.measured(bench.near.eui, -0.1)
    bench.scheduler.backhaul.measured("ffffffffffffffff", 0.1)
    assert bench.near.round_trip_s is None


def test_a_tx_ack_measures_the_round_trip_of_its_gateway(bench):
    device = bench.devices[0]
    bench.book.add(waiting(device.dev_eui))
    bench.transmitter.send(bench.answer(bench.uplink(device.uplink())), START, 0.3)
    bench.transmitter.acknowledged(bench.radio.sent[0][0], 0.42)
    assert bench.near.round_trip_s == pytest.approx(0.12)


def test_two_frames_never_meet_in_one_transmitter(bench):
    first, second = bench.devices
    for device, at_s in ((first, 0.0), (second, 0.01)):
        bench.hear(device.uplink(confirmed=True), at_s)
    one, other = bench.close(0.3)[0]
    for uplink in (one, other):
        bench.transmitter.send(bench.answering.to_uplink(uplink, START, 0.3), START, 0.3)
    windows = [chance.frequency_hz for _, chance, _ in bench.radio.sent]
    assert windows == [868_100_000, 869_525_000]


def test_what_stands_in_the_way_is_named_by_the_obstacle_nearest_to_success(bench):
    found = ways(bench)
    assert bench.scheduler.why_not(found, SIZE, 5.0) == "no_opportunity"
    assert bench.scheduler.why_not(found, 300, 0.3) == "payload_too_long"
    for gateway in (bench.near, bench.far):
        spend(bench, gateway, 868_100_000, 36.0)
        spend(bench, gateway, 869_525_000, 360.0)
    assert chosen(bench, found) is None
    assert bench.scheduler.why_not(found, SIZE, 0.3) == "duty_cycle"


def test_a_downlink_that_the_law_held_back_expires_with_that_cause(bench):
    device = bench.devices[0]
    bench.book.add(waiting(device.dev_eui, expires_at=START))
    spend(bench, bench.near, 868_100_000, 36.0)
    spend(bench, bench.near, 869_525_000, 360.0)
    assert bench.answer(bench.uplink(device.uplink())) is None
    bench.book.expire(START)
    assert [(change.state, change.cause) for change in bench.book.take_changes()] == [("expired", "duty_cycle")]


def test_a_refused_frame_gives_its_air_time_back(bench):
    device = bench.devices[0]
    bench.book.add(waiting(device.dev_eui))
    bench.transmitter.send(bench.answer(bench.uplink(device.uplink())), START, 0.3)
    ((token, way, phy_payload),) = bench.radio.sent
    spent = bench.ledger.spent_share(way.gateway_eui, way.frequency_hz, 0.0, 0.3)
    bench.transmitter.reported(token, "TOO_EARLY", START, 0.4)
    assert spent == pytest.approx(bench.plan.airtime_s(way, len(phy_payload)) / 36.0)
    assert bench.ledger.spent_share(way.gateway_eui, way.frequency_hz, 0.0, 0.3) == 0.0


def test_what_a_gateway_sends_at_once_waits_for_what_it_sends_now():
    air = AirBook()
    air.book("aa", Span(10.0, 11.3), 9.0)
    assert air.free_from_s("aa", 10.5, 1.0) == pytest.approx(11.305)
    assert air.free_from_s("aa", 8.0, 1.0) == 8.0
    assert air.free_from_s("aa", 9.5, 1.0) == pytest.approx(11.305)
    assert air.is_free("bb", Span(10.5, 11.0))


def test_counters_of_a_gateway_are_placed_exactly_apart_whatever_the_network_adds():
    clocks = GatewayClocks()
    clocks.heard("aa", 4_294_900_000, 100.0)
    clocks.heard("aa", 4_294_900_000 + 50_000, 100.35)  # 300 ms slower
    assert clocks.at_s("aa", (4_294_900_000 + 1_000_000) % (1 << 32)) == pytest.approx(101.0)
    clocks.heard("aa", 2_000_000, 102.0)  # 102.0672 was expected: a faster way
    assert clocks.at_s("aa", 3_000_000) == pytest.approx(103.0)
    clocks.heard("aa", 500, 104.0)  # restarted
    assert clocks.at_s("aa", 1_000_500) == pytest.approx(105.0)
    assert clocks.at_s("bb", 0) is None
