"""The life of a downlink, every change with its cause."""

from datetime import timedelta

from tests.lorawan.server.conftest import START, waiting

from maillage.lorawan.server.downlinks import DownlinkBook, DownlinkState, FailureCause

DEVICE = "a81758fffe000001"


def states(book: DownlinkBook) -> list[tuple[str, str]]:
    return [(change.state, change.cause) for change in book.take_changes()]


def send(book: DownlinkBook, downlink, now_s: float = 0.0) -> None:
    book.sent(downlink, 0, "aa", START, now_s)


def test_an_unconfirmed_downlink_ends_when_it_is_sent():
    book = DownlinkBook(3)
    book.add(waiting(DEVICE))
    send(book, book.next_of(DEVICE))
    (change,) = book.take_changes()
    assert (change.state, change.ended_at, change.attempts) == (DownlinkState.SENT, START, 1)
    assert book.next_of(DEVICE) is None


def test_a_confirmed_downlink_ends_with_the_ack_bit_of_the_next_uplink():
    book = DownlinkBook(3)
    book.add(waiting(DEVICE, 1, confirmed=True))
    book.add(waiting(DEVICE, 2))
    send(book, book.next_of(DEVICE))
    assert book.next_of(DEVICE) is None, "the next waits for the acknowledgement"
    book.heard(DEVICE, START, 1.0, ack=True)
    assert states(book) == [("sent", ""), ("acknowledged", "")]
    assert book.next_of(DEVICE).reference == "command-2"


def test_a_confirmed_downlink_nobody_acknowledges_is_tried_three_times_and_fails():
    book = DownlinkBook(3)
    book.add(waiting(DEVICE, confirmed=True))
    for _ in range(3):
        send(book, book.next_of(DEVICE))
        book.heard(DEVICE, START, 1.0, ack=False)
    assert states(book) == [
        *[("sent", ""), ("queued", "not_acknowledged")] * 2,
        ("sent", ""),
        ("failed", "not_acknowledged"),
    ]


def test_a_downlink_whose_time_has_passed_expires_with_its_cause():
    book = DownlinkBook(3)
    book.add(waiting(DEVICE, 1, confirmed=True))
    send(book, book.next_of(DEVICE))
    book.add(waiting(DEVICE, 2))
    book.expire(START + timedelta(minutes=59))
    assert states(book) == [("sent", "")]
    book.expire(START + timedelta(hours=1))
    assert sorted(states(book)) == [
        ("expired", FailureCause.NOT_ACKNOWLEDGED),
        ("expired", FailureCause.NOT_HEARD_IN_TIME),
    ]
    assert book.next_of(DEVICE) is None


def test_a_downlink_that_is_not_encoded_yet_is_not_sent():
    book = DownlinkBook(3)
    downlink = waiting(DEVICE, payload=None, f_port=None)
    book.add(downlink)
    assert book.next_of(DEVICE) is None
    book.encoded(downlink, 1, b"\x08")
    assert book.next_of(DEVICE) is downlink
    assert book.take_touched() == {DEVICE}


def test_an_uplink_that_left_before_the_downlink_does_not_deny_its_arrival():
    book = DownlinkBook(3)
    book.add(waiting(DEVICE, confirmed=True))
    send(book, book.next_of(DEVICE), now_s=5.0)
    book.heard(DEVICE, START, 4.9, ack=False)
    assert states(book) == [("sent", "")]
