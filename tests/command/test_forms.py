"""What people type."""

from datetime import time, timedelta
from types import SimpleNamespace

import pytest

from maillage.command.engine.schedule import AtClock, AtSun, Sun
from maillage.command.forms import CommandForm, ScheduleForm

LINE = {"verb": "open", "weekdays": ["1", "7"], "anchor": "clock", "clock_time": "08:30"}


def schedule_form(**typed):
    offers = {code: SimpleNamespace(verb=SimpleNamespace(label=code), limits=None) for code in ("open", "close")}
    thing = SimpleNamespace(solution="access")
    gate = SimpleNamespace(offers=offers, state=SimpleNamespace(thing=thing))
    return ScheduleForm(gate, {**LINE, **typed})


@pytest.mark.parametrize(("typed", "value"), [("19", 19.0), ("19,5", 19.5), ("19.5", 19.5), ("", None)])
def test_a_comma_is_as_good_as_a_point(typed, value):
    form = CommandForm({"verb": "set_temperature", "value": typed})
    assert form.is_valid()
    assert form.cleaned_data["value"] == value


def test_words_are_not_a_temperature():
    form = CommandForm({"verb": "set_temperature", "value": "chaud"})
    assert form.errors["value"] == ["Écrivez un nombre, par exemple 19 ou 19,5."]


def test_a_fixed_hour_becomes_a_moment_of_the_clock():
    form = schedule_form()
    assert form.is_valid(), form.errors
    assert form.draft().moment == AtClock(time(8, 30))
    assert form.draft().weekdays == {1, 7}


@pytest.mark.parametrize(("direction", "minutes"), [("before", -15), ("after", 15)])
def test_an_offset_lies_before_or_after_the_sun(direction, minutes):
    form = schedule_form(anchor="sunset", clock_time="", offset_minutes="15", direction=direction)
    assert form.is_valid(), form.errors
    assert form.draft().moment == AtSun(Sun.SET, timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"clock_time": ""}, "clock_time"),
        ({"clock_time": "25:00"}, "clock_time"),
        ({"weekdays": []}, "weekdays"),
        ({"weekdays": ["8"]}, "weekdays"),
        ({"verb": "explode"}, "verb"),
        ({"anchor": "sunset", "offset_minutes": "-5", "direction": "after"}, "offset_minutes"),
        ({"anchor": "sunset", "offset_minutes": "721", "direction": "after"}, "offset_minutes"),
        ({"anchor": "sunset", "offset_minutes": "", "direction": "after"}, "offset_minutes"),
    ],
)
def test_a_line_that_makes_no_sense_says_where(typed, field):
    form = schedule_form(**typed)
    assert list(form.errors) == [field]
