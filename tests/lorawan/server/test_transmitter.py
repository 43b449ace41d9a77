"""What becomes of a frame after its counter is durable."""

from tests.lorawan.server.conftest import START, waiting


def prepared(bench, at_s: float = 0.0):
    device = bench.devices[0]
    bench.book.add(waiting(device.dev_eui))
    answer = bench.answer(bench.uplink(device.uplink(), at_s))
    assert [change.state for change in bench.book.take_changes()] == ["sent"]
    return answer


def test_a_refusal_for_lateness_is_tried_once_more_in_rx2_with_the_same_bytes(bench):
    bench.transmitter.send(prepared(bench), START, 0.3)
    ((token, first, phy_payload),) = bench.radio.sent
    bench.transmitter.reported(token, "TOO_LATE", START, 0.5)
    _, second, again = bench.radio.sent[1]
    assert (first.frequency_hz, second.frequency_hz) == (868_100_000, 869_525_000)
    assert again == phy_payload


def test_a_downlink_both_windows_refuse_waits_for_the_next_uplink_and_then_fails(bench):
    device, causes = bench.devices[0], []
    bench.transmitter.send(prepared(bench), START, 0.3)
    for round_s in (10.0, 20.0, 30.0):
        bench.transmitter.reported(bench.radio.sent[-1][0], "TOO_LATE", START, round_s - 9.5)
        bench.transmitter.reported(bench.radio.sent[-1][0], "COLLISION_PACKET", START, round_s - 9.4)
        causes += [(change.state, change.cause) for change in bench.book.take_changes() if change.cause]
        answer = bench.answer(bench.uplink(device.uplink(), round_s))
        if answer is not None:
            bench.transmitter.send(answer, START, round_s + 0.3)
            bench.book.take_changes()
    assert causes == [("queued", "collision_packet")] * 2 + [("failed", "collision_packet")]


def test_an_accepted_frame_is_logged_with_the_window_that_was_really_used(bench):
    answer = prepared(bench)
    bench.transmitter.send(answer, START, 0.95)  # the commit took long: RX1 has passed
    (sent,) = bench.transmitter.take_sent()
    assert sent.opportunity.frequency_hz == 869_525_000
    bench.transmitter.reported(bench.radio.sent[0][0], "NONE", START, 1.0)
    assert bench.book.take_changes() == []


def test_a_gateway_that_cannot_be_reached_is_a_cause_not_a_silence(bench):
    bench.radio.is_reachable = False
    bench.transmitter.send(prepared(bench), START, 0.3)
    assert [(change.state, change.cause) for change in bench.book.take_changes()] == [("queued", "no_gateway")]
    assert bench.causes() == ["transmission_failed"]


def test_a_report_about_a_token_of_another_time_means_nothing(bench):
    bench.transmitter.reported(4242, "TOO_LATE", START, 0.0)
    assert bench.radio.sent == []


def test_a_gateway_that_never_reports_ends_an_unconfirmed_downlink_with_its_cause(bench):
    bench.transmitter.send(prepared(bench), START, 0.3)
    bench.transmitter.give_up_silent(START, 30.2)
    assert bench.book.take_changes() == []
    bench.transmitter.give_up_silent(START, 30.3)
    (change,) = bench.book.take_changes()
    assert (change.state, change.cause, change.ended_at) == ("failed", "gateway_silent", START)
    assert bench.near.eui in change.detail
    assert bench.causes() == ["transmission_failed"]
    bench.transmitter.reported(bench.radio.sent[0][0], "TOO_LATE", START, 40.0)
    assert bench.book.take_changes() == []


def test_a_silent_gateway_leaves_a_confirmed_downlink_to_the_devices_acknowledgement(bench):
    device = bench.devices[0]
    bench.book.add(waiting(device.dev_eui, confirmed=True))
    bench.transmitter.send(bench.answer(bench.uplink(device.uplink())), START, 0.3)
    bench.book.take_changes()
    bench.transmitter.give_up_silent(START, 60.0)
    assert (bench.book.take_changes(), bench.causes()) == ([], ["transmission_failed"])
    bench.book.heard(device.dev_eui, START, 61.0, ack=True)
    assert [change.state for change in bench.book.take_changes()] == ["acknowledged"]
