"""When a person is told, and when a failed message is tried again."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from maillage.command.engine.window import EVERY_DAY, Window
from maillage.command.notifications.engine.timing import MOST_AN_HOUR, Fate, Wish, retry_at, timing

PARIS = ZoneInfo("Europe/Paris")
NIGHT = Window(EVERY_DAY, time(22), time(7), PARIS)
AT_NIGHT = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
AT_NOON = datetime(2026, 3, 2, 11, 0, tzinfo=UTC)


def told(wish, severity, now=AT_NOON, before=0):
    return timing(wish, severity, now, before)


def test_what_is_severe_enough_is_told_at_once():
    assert told(Wish("warning", PARIS), "warning").fate is Fate.NOW


def test_the_rest_waits_for_the_digest_or_is_not_sent():
    assert told(Wish("critical", PARIS), "warning").fate is Fate.NEVER
    kept = told(Wish("critical", PARIS, digest_at=time(7)), "warning")
    assert (kept.fate, kept.at) == (Fate.TOGETHER, datetime(2026, 3, 3, 6, 0, tzinfo=UTC))


def test_quiet_hours_are_kept_but_for_what_wakes():
    wish = Wish("info", PARIS, quiet=NIGHT)
    kept = told(wish, "warning", AT_NIGHT)
    assert (kept.fate, kept.at, kept.cause) == (Fate.TOGETHER, datetime(2026, 3, 3, 6, 0, tzinfo=UTC), "quiet_hours")
    assert told(wish, "critical", AT_NIGHT).fate is Fate.NOW
    sleeper = Wish("info", PARIS, quiet=NIGHT, critical_wakes=False)
    assert told(sleeper, "critical", AT_NIGHT).fate is Fate.TOGETHER


def test_too_many_an_hour_are_put_together():
    assert told(Wish("info", PARIS), "critical", before=MOST_AN_HOUR).cause == "too_many"


def test_a_digest_on_the_day_of_the_change_of_clocks_is_at_its_local_time():
    wish = Wish("critical", PARIS, digest_at=time(7))
    assert told(wish, "info", datetime(2026, 3, 28, 12, 0, tzinfo=UTC)).at == datetime(2026, 3, 29, 5, 0, tzinfo=UTC)


@pytest.mark.parametrize(("attempts", "minutes"), [(1, 1), (2, 5), (5, 240), (6, None)])
def test_retries_are_further_and_further_apart_and_end(attempts, minutes):
    expected = None if minutes is None else AT_NOON + timedelta(minutes=minutes)
    assert retry_at(attempts, AT_NOON) == expected
