"""Weekly entries as instants. The days on which France changes its clocks in 2026: 29 March and 25 October."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.command.engine.schedule import AtClock, AtSun, Entry, Occurrence, Place, Sun, due, merged, occurrences

EVRY = Place(48.6243, 2.4407)
EVERY_DAY = frozenset(range(1, 8))
TOLERANCE = timedelta(minutes=30)


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def entry(moment, weekdays=EVERY_DAY, key=1):
    return Entry(key, weekdays, moment)


def instants(an_entry, start, end, place=EVRY):
    return [occurrence.at for occurrence in occurrences(an_entry, place, start, end)]


def test_a_clock_time_is_local_in_winter_and_in_summer():
    at_eight = entry(AtClock(time(8, 0)))
    assert instants(at_eight, utc(2026, 1, 15), utc(2026, 1, 16)) == [utc(2026, 1, 15, 7)]
    assert instants(at_eight, utc(2026, 7, 15), utc(2026, 7, 16)) == [utc(2026, 7, 15, 6)]


def test_only_the_chosen_weekdays_fire():
    weekend = entry(AtClock(time(9, 0)), frozenset({6, 7}))
    days = [at.isoweekday() for at in instants(weekend, utc(2026, 6, 1), utc(2026, 6, 15))]
    assert days == [6, 7, 6, 7]


def test_the_weekday_is_that_of_the_local_date():
    after_midnight = entry(AtClock(time(0, 30)), frozenset({1}))
    assert instants(after_midnight, utc(2026, 6, 7), utc(2026, 6, 9)) == [utc(2026, 6, 7, 22, 30)]


def test_a_time_skipped_in_spring_fires_once_at_the_shifted_instant():
    fired = instants(entry(AtClock(time(2, 30))), utc(2026, 3, 28, 23), utc(2026, 3, 29, 22))
    assert fired == [utc(2026, 3, 29, 1, 30)]
    assert fired[0].astimezone(ZoneInfo("Europe/Paris")).time() == time(3, 30)


def test_a_time_repeated_in_autumn_fires_once_the_first_time():
    fired = instants(entry(AtClock(time(2, 30))), utc(2026, 10, 24, 22), utc(2026, 10, 25, 23))
    assert fired == [utc(2026, 10, 25, 0, 30)]


@pytest.mark.parametrize("day", [utc(2026, 3, 29), utc(2026, 10, 25)])
def test_on_a_change_day_every_entry_still_fires_once(day):
    midnight = day - timedelta(hours=2)
    for hour in range(24):
        fired = instants(entry(AtClock(time(hour, 15))), midnight, midnight + timedelta(hours=28))
        local = [at.astimezone(EVRY.timezone).date() for at in fired]
        assert local.count(day.date()) == 1


def test_at_midsummer_the_sun_sets_around_paris_just_before_ten():
    # 21:58 CEST in Paris in every almanac; Évry is 25 km further south.
    (at,) = instants(entry(AtSun(Sun.SET)), utc(2026, 6, 21), utc(2026, 6, 22))
    assert abs(at - utc(2026, 6, 21, 19, 57)) <= timedelta(minutes=3)


def test_an_offset_is_counted_in_real_minutes_from_the_sun():
    plain = instants(entry(AtSun(Sun.RISE)), utc(2026, 3, 1), utc(2026, 4, 10))
    later = instants(entry(AtSun(Sun.RISE, timedelta(minutes=45))), utc(2026, 3, 1), utc(2026, 4, 10))
    assert [at - timedelta(minutes=45) for at in later] == plain


def test_an_offset_may_carry_an_occurrence_into_the_next_local_day():
    sunday_sunset = entry(AtSun(Sun.SET, timedelta(hours=4)), frozenset({7}))
    (at,) = instants(sunday_sunset, utc(2026, 6, 20), utc(2026, 6, 24))
    assert at.astimezone(EVRY.timezone).isoweekday() == 1


def test_a_day_without_sunrise_has_no_occurrence():
    svalbard = Place(78.22, 15.65, ZoneInfo("Europe/Oslo"))
    assert instants(entry(AtSun(Sun.RISE)), utc(2026, 12, 20), utc(2026, 12, 23), svalbard) == []


@given(
    start=st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)).map(lambda at: at.replace(tzinfo=UTC)),
    cut_h=st.integers(0, 240),
    moment=st.times().map(AtClock)
    | st.builds(AtSun, st.sampled_from(Sun), st.integers(-720, 720).map(lambda m: timedelta(minutes=m))),
    weekdays=st.frozensets(st.integers(1, 7)),
)
def test_two_windows_side_by_side_see_exactly_what_one_sees(start, cut_h, moment, weekdays):
    cut, end = start + timedelta(hours=cut_h), start + timedelta(hours=240)
    an_entry = entry(moment, weekdays)
    whole = instants(an_entry, start, end)
    assert instants(an_entry, start, cut) + instants(an_entry, cut, end) == whole
    assert whole == sorted(set(whole))


def test_entries_are_merged_in_order_of_time_and_the_one_added_last_wins_a_tie():
    opening, closing = entry(AtClock(time(8, 0)), key=2), entry(AtClock(time(8, 0)), key=1)
    assert [found.key for found in merged([opening, closing], EVRY, utc(2026, 1, 5), utc(2026, 1, 6))] == [1, 2]


def test_after_an_absence_only_the_state_that_should_hold_is_carried_out():
    opened, closed = Occurrence(utc(2026, 1, 5, 8, 0), 1), Occurrence(utc(2026, 1, 5, 8, 20), 2)
    verdict = due([opened, closed], utc(2026, 1, 5, 8, 25), TOLERANCE)
    assert (verdict.carry_out, verdict.overtaken, verdict.too_late) == (closed, (opened,), ())


def test_an_occurrence_missed_for_longer_than_tolerated_is_left_out():
    opened = Occurrence(utc(2026, 1, 5, 8, 0), 1)
    assert due([opened], utc(2026, 1, 5, 8, 30), TOLERANCE).carry_out == opened
    verdict = due([opened], utc(2026, 1, 5, 8, 31), TOLERANCE)
    assert (verdict.carry_out, verdict.too_late) == (None, (opened,))


def test_nothing_pending_is_nothing_to_do():
    assert due([], utc(2026, 1, 5), TOLERANCE).carry_out is None
