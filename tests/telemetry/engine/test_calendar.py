"""Local days are 23, 24 or 25 hours of UTC; months are cut in UTC."""

from datetime import UTC, date, datetime, timedelta

import pytest

from maillage.telemetry.engine.calendar import DAY, day_of, day_start, months_between, next_month


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)])
def test_a_local_day_has_as_many_hours_as_the_clocks_say(day, hours):
    first = date.fromisoformat(day)
    assert day_start(first + DAY) - day_start(first) == timedelta(hours=hours)
    assert day_of(day_start(first)) == first
    assert day_of(day_start(first) - timedelta(seconds=1)) == first - DAY


def test_months_of_a_span():
    span = datetime(2025, 12, 31, 23, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    assert months_between(*span) == [date(2025, 12, 1), date(2026, 1, 1)]
    assert next_month(date(2025, 12, 1)) == date(2026, 1, 1)
