"""Cursor, refusals, partitions, duty cycle: small pure parts."""

from datetime import UTC, date, datetime, timedelta

from maillage.lorawan.regions.eu863_870 import EU863_870
from maillage.lorawan.server.duty import DutyLedger
from maillage.lorawan.server.partitions import too_old, wanted
from maillage.lorawan.server.publications import PublicationTracker
from maillage.lorawan.server.refusals import Cause, Refusal, RefusalLog
from maillage.lorawan.server.rows import LoggedDownlink

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_the_cursor_never_passes_a_frame_that_is_not_published():
    tracker = PublicationTracker(10)
    tracker.committed([11, 12, 13])
    tracker.committed([14, 16])
    tracker.published([14, 16, 11, 13])
    assert tracker.cursor == 10
    tracker.published([12])
    assert (tracker.cursor, len(tracker)) == (16, 0)


def test_the_cursor_jumps_over_what_was_read_back_from_the_log():
    tracker = PublicationTracker(10)
    tracker.committed([11, 12])
    tracker.caught_up(11)
    assert (tracker.cursor, tracker.is_outstanding(11), tracker.is_outstanding(12)) == (11, False, True)
    tracker.published([12])
    assert tracker.cursor == 12


def test_refusals_are_bounded_but_never_lost():
    log = RefusalLog(max_keys=2)
    for number in range(10):
        log.count(Refusal(Cause.UNKNOWN_DEV_ADDR, f"{number:08X}"), "aa", bytes(300), NOON)
    taken = log.take()
    assert len(taken) == 3
    assert sum(found.count for found in taken.values()) == 10
    assert all(len(found.sample) == 255 for found in taken.values())


def test_refusals_that_could_not_be_stored_are_counted_with_the_next():
    log = RefusalLog()
    log.count(Refusal(Cause.WRONG_MIC, "01000001"), "aa", b"", NOON)
    taken = log.take()
    log.count(Refusal(Cause.WRONG_MIC, "01000001"), "aa", b"", NOON)
    log.give_back(taken)
    assert [found.count for found in log.take().values()] == [2]


def test_partitions_reach_from_yesterday_to_the_day_after_tomorrow():
    names = [partition.name for partition in wanted(date(2026, 3, 1))]
    assert names == [f"lorawan_frame_{day}" for day in ("20260228", "20260301", "20260302", "20260303")]


def test_only_our_own_partitions_past_their_retention_are_dropped():
    names = ["lorawan_frame_20260221", "lorawan_frame_20260222", "lorawan_frame_keep", "other_20200101"]
    assert too_old(names, date(2026, 3, 1), 7) == ["lorawan_frame_20260221"]


def test_a_sub_band_is_full_at_its_share_of_an_hour_and_empties_again():
    ledger, hz = DutyLedger(EU863_870), 868_100_000
    ledger.book("aa", hz, 35.5, 0.0)
    assert not ledger.allows("aa", hz, 1.0, 10.0)
    assert ledger.allows("aa", hz, 0.5, 10.0)
    assert ledger.allows("bb", hz, 1.0, 10.0), "another gateway"
    assert ledger.allows("aa", 869_525_000, 1.0, 10.0), "another sub-band"
    assert ledger.allows("aa", hz, 1.0, 3601.0), "an hour later"


def test_nothing_is_sent_where_no_rule_allows_it():
    assert not DutyLedger(EU863_870).allows("aa", 868_650_000, 0.001, 0.0)


def test_the_duty_cycle_remembers_the_last_hour_across_a_restart():
    ledger, hz = DutyLedger(EU863_870), 868_100_000
    longest = LoggedDownlink(NOON - timedelta(minutes=59), "aa", hz, "SF12BW125", 64)
    ledger.recall([longest] * 16, NOON, 5.0)
    assert not ledger.allows("aa", hz, 2.0, 5.0)
    assert ledger.allows("bb", hz, 2.0, 5.0)
    assert ledger.allows("aa", hz, 2.0, 66.0), "an hour after they were sent"


def test_forged_addresses_fill_the_table_no_faster_than_the_memory():
    log = RefusalLog(max_keys=2)
    for number in range(10):
        log.count(Refusal(Cause.UNKNOWN_GATEWAY, f"10.0.0.{number}"), "", b"", NOON)
        log.take()
    log.count(Refusal(Cause.UNKNOWN_GATEWAY, "10.0.0.9"), "", b"", NOON)
    log.count(Refusal(Cause.UNKNOWN_GATEWAY, "10.0.0.1"), "", b"", NOON)
    assert [key.subject for key in log.take()] == ["", "10.0.0.1"]
    log.count(Refusal(Cause.UNKNOWN_GATEWAY, "10.0.0.9"), "", b"", NOON + timedelta(days=1))
    assert [key.subject for key in log.take()] == ["10.0.0.9"]
