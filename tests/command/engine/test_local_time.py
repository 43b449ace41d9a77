"""The nights on which clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.command.engine.local_time import instant, shown_instead
from maillage.kernel.errors import Invalid

PARIS = ZoneInfo("Europe/Paris")
SPRING, AUTUMN = date(2027, 3, 28), date(2027, 10, 31)


def test_half_past_two_does_not_exist_when_summer_time_begins_and_the_error_says_what_does():
    with pytest.raises(Invalid, match="time_does_not_exist") as caught:
        instant(SPRING, time(2, 30), PARIS)
    assert caught.value.facts == {"day": "2027-03-28", "time": "02:30", "instead": "03:30"}


def test_half_past_two_comes_twice_when_it_ends_and_means_the_first():
    assert instant(AUTUMN, time(2, 30), PARIS) == datetime(2027, 10, 31, 0, 30, tzinfo=UTC)


@given(st.dates(date(2026, 1, 1), date(2030, 12, 31)), st.times())
def test_a_time_that_exists_is_shown_by_the_clock_at_its_instant(day, at):
    if shown_instead(day, at, PARIS) is None:
        shown = instant(day, at, PARIS).astimezone(PARIS)
        assert (shown.date(), shown.time()) == (day, at)
    else:
        assert (day.month, day.isoweekday(), at.hour) == (3, 7, 2)
        assert (day + timedelta(days=7)).month == 4
