"""Who is on call, and who is told next."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from maillage.command.alarms.engine.oncall import Duty, Patience, telling
from maillage.command.engine.window import EVERY_DAY, Window

PARIS = ZoneInfo("Europe/Paris")
ALWAYS = Window(EVERY_DAY, time(8), time(8), PARIS)
PATIENCE = Patience(timedelta(minutes=15), timedelta(minutes=30))
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def test_a_day_that_ends_when_it_begins_covers_day_and_night():
    assert all(Duty(1, 1, ALWAYS).covers(MONDAY + timedelta(hours=hours)) for hours in range(48))


def test_a_duty_of_one_week_ends_with_it():
    week = Duty(1, 1, ALWAYS, date(2026, 3, 2), date(2026, 3, 8))
    assert week.covers(MONDAY)
    assert week.covers(datetime(2026, 3, 9, 5, 0, tzinfo=UTC))  # the night of Sunday is still the week's
    assert not week.covers(datetime(2026, 3, 9, 8, 0, tzinfo=UTC))
    assert not week.covers(MONDAY - timedelta(days=1))


def test_levels_are_told_one_after_the_other_then_reminded_together():
    duties = [Duty(1, 1, ALWAYS), Duty(2, 2, ALWAYS), Duty(3, 2, ALWAYS)]
    first = telling(duties, 0, PATIENCE, MONDAY)
    assert (first.user_ids, first.level, first.again_at) == ((1,), 1, MONDAY + timedelta(minutes=15))
    second = telling(duties, 1, PATIENCE, MONDAY)
    assert (second.user_ids, second.level, second.again_at) == ((2, 3), 2, MONDAY + timedelta(minutes=30))
    again = telling(duties, 2, PATIENCE, MONDAY)
    assert (again.user_ids, again.level) == ((1, 2, 3), 2)


def test_a_level_on_which_nobody_is_on_call_is_passed_over():
    nights = Window(EVERY_DAY, time(20), time(6), PARIS)
    duties = [Duty(1, 1, nights), Duty(2, 2, ALWAYS)]
    assert telling(duties, 0, PATIENCE, MONDAY).user_ids == (2,)


def test_when_nobody_is_on_call_it_is_asked_again_soon():
    assert telling([], 0, PATIENCE, MONDAY).user_ids == ()
    assert telling([], 0, PATIENCE, MONDAY).again_at == MONDAY + timedelta(minutes=15)
