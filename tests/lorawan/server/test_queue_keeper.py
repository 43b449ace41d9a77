"""The downlink book follows the queue table: what is announced enters it, what is called back leaves it."""

from datetime import UTC, datetime

import pytest

from maillage.lorawan.codecs.values import Encoded
from maillage.lorawan.server.downlinks import DownlinkBook, WaitingDownlink
from maillage.lorawan.server.queue_keeper import QueueKeeper
from maillage.lorawan.server.registry import Registry

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
VALVE, GATE = "00000000000000aa", "00000000000000bb"


class Table:
    """The open rows of the queue table."""

    def __init__(self) -> None:
        self.rows: list[WaitingDownlink] = []
        self.meanwhile = lambda: None

    async def open_downlinks(self, dev_euis=None) -> list[WaitingDownlink]:
        found = [row for row in self.rows if dev_euis is None or row.dev_eui in dev_euis]
        self.meanwhile()
        return found

    async def ended_downlinks(self, ids) -> set[str]:
        return set(ids) - {row.id for row in self.rows}


class NoCodec:
    async def encode(self, model_key, data) -> Encoded:
        raise AssertionError("these rows bring their payload")


def row(name: str, dev_eui: str = VALVE) -> WaitingDownlink:
    return WaitingDownlink(name, "", dev_eui, None, 1, b"\x0e\x13", confirmed=True, expires_at=NOON)


def keeper_of(table: Table) -> tuple[QueueKeeper, DownlinkBook]:
    book = DownlinkBook(max_attempts=3)
    registry = Registry(10)
    return QueueKeeper(table, NoCodec(), registry, book, lambda: NOON), book


async def test_a_downlink_called_back_before_it_was_sent_is_never_sent():
    table = Table()
    keeper, book = keeper_of(table)
    keeper._prepare = lambda _downlink: _nothing()
    table.rows = [row("first"), row("second", GATE)]
    await keeper.load()
    table.rows = [row("third")]
    await keeper.load([VALVE])
    assert sorted(downlink.id for downlink in book) == ["second", "third"]
    assert book.next_of(VALVE).id == "third"
    assert book.take_changes() == []


async def test_one_that_was_sent_already_stays_until_its_end_is_known():
    table = Table()
    keeper, book = keeper_of(table)
    keeper._prepare = lambda _downlink: _nothing()
    table.rows = [row("first")]
    await keeper.load()
    book.sent(book.next_of(VALVE), 0, "gateway", NOON, 0.0)
    table.rows = []
    await keeper.load([VALVE])
    assert [downlink.id for downlink in book] == ["first"]


async def _nothing() -> None:
    return None


async def test_one_called_back_after_it_was_tried_is_not_tried_again():
    table = Table()
    keeper, book = keeper_of(table)
    keeper._prepare = lambda _downlink: _nothing()
    table.rows = [row("first")]
    await keeper.load()
    book.sent(book.next_of(VALVE), 0, "gateway", NOON, 0.0)
    book.heard(VALVE, NOON, 1.0, ack=False)
    table.rows = []
    await keeper.load([VALVE])
    assert (list(book), book.next_of(VALVE)) == ([], None)


@pytest.mark.parametrize("is_before", [True, False])
async def test_one_that_leaves_while_the_table_is_read_does_not_leave_twice(is_before):
    table = Table()
    keeper, book = keeper_of(table)
    keeper._prepare = lambda _downlink: _nothing()
    found = row("first")
    found.confirmed = False
    table.rows = [found]
    await keeper.load()

    def leave() -> None:
        if next_one := book.next_of(VALVE):
            book.sent(next_one, 0, "gateway", NOON, 0.0)

    if is_before:  # sent, and its commit still under way
        leave()
    table.meanwhile = leave
    table.rows = [row("first")]
    await keeper.load()
    assert book.next_of(VALVE) is None
    book.settled(book.take_changes())
    assert book.known_ids() == set()
