"""School and public holidays: what is shipped, what is imported, what lines make of them."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.core.management import CommandError, call_command

from maillage.command import queries
from maillage.command.calendars.actions import import_school_holidays
from maillage.command.calendars.queries import calendar_of
from maillage.command.calendars.read import read_holidays, shipped
from maillage.command.calendars.regions import department, holiday_subdivision, school_zone, timezone
from maillage.command.contradictions import contradictions
from maillage.command.engine.calendar import DayRule
from maillage.command.engine.schedule import AtClock
from maillage.command.places import equipment as as_equipment
from maillage.command.schedules.actions import Draft, add_entry
from maillage.command.specials.actions import Plan, plan_period
from maillage.identity.actor import machine
from maillage.kernel.errors import Invalid, Refused
from maillage.telemetry.queries import state_of_thing

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
EVERY_DAY = frozenset(range(1, 8))
BY_DAY = """date,vacances_zone_a,vacances_zone_b,vacances_zone_c,nom_vacances
2028-12-22,False,False,False,
2028-12-23,True,True,False,Vacances de Noël
2028-12-24,True,True,False,Vacances de Noël
2028-12-25,False,True,False,Vacances de Noël
"""


@pytest.fixture(autouse=True)
def now(monkeypatch):
    monkeypatch.setattr("maillage.kernel.clock.now", lambda: NOW)


@pytest.mark.parametrize(
    ("insee", "expected"),
    [("91228", "C"), ("38185", "A"), ("59350", "B"), ("76540", "B"), ("2A004", ""), ("97411", ""), ("75056", "C")],
)
def test_a_commune_is_in_its_academys_zone(insee, expected):
    assert school_zone(insee) == expected


def test_every_metropolitan_department_but_corsica_has_a_zone():
    codes = [f"{number:02d}001" for number in range(1, 96) if number != 20]
    assert all(school_zone(code) for code in codes)


def test_overseas_has_its_own_time_and_holidays():
    assert (department("97411"), timezone("97411").key, holiday_subdivision("97411")) == (
        "974",
        "Indian/Reunion",
        "974",
    )
    assert (timezone("67482").key, holiday_subdivision("67482")) == ("Europe/Paris", "6AE")


def test_what_is_shipped_is_whole():
    for zone in "ABC":
        names = [one.days.label for one in shipped() if one.zone == zone and one.days.first_day >= date(2026, 9, 1)]
        assert {"Vacances de Noël", "Vacances d'hiver", "Vacances de printemps", "Vacances d'été"} <= set(names)
        lengths = [one.days.last_day - one.days.first_day for one in shipped() if one.zone == zone]
        assert all(timedelta(days=1) <= length < timedelta(days=70) for length in lengths)


def test_christmas_2026_in_zone_c_and_armistice_everywhere(db):
    calendar = calendar_of("91228")
    assert calendar.school_holiday(date(2026, 12, 19)).label == "Vacances de Noël"
    assert calendar.school_holiday(date(2027, 1, 4)) is None
    assert calendar.is_public_holiday(date(2026, 11, 11))
    assert calendar.is_public_holiday(date(2027, 5, 6))  # Ascension
    assert not calendar.is_public_holiday(date(2026, 12, 26))
    assert calendar_of("67482").is_public_holiday(date(2026, 12, 26))


def test_a_file_by_day_becomes_periods():
    found = [(one.zone, one.days.first_day.day, one.days.last_day.day) for one in read_holidays(BY_DAY.splitlines())]
    assert sorted(found) == [("A", 23, 24), ("B", 23, 25)]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a,b\n1,2\n", "school_holidays_unreadable"),
        ("zone,first_day,last_day,label\n", "school_holidays_empty"),
        ("zone,first_day,last_day,label\nA,2028-13-01,2028-12-02,x\n", "school_holidays_line"),
        ("zone,first_day,last_day,label\nZ,2028-12-01,2028-12-02,x\n", "school_holidays_line"),
        ("zone,first_day,last_day,label\nA,2028-12-03,2028-12-02,x\n", "school_holidays_line"),
    ],
)
def test_a_file_that_is_no_calendar_says_so(text, code):
    with pytest.raises(Invalid, match=code):
        read_holidays(text.splitlines())


def test_an_import_stands_before_what_was_shipped_and_a_bad_one_changes_nothing(db, tmp_path, capsys):
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text("zone,first_day,last_day,label\nC,2026-12-12,2027-01-10,Noël long\n", encoding="utf-8")
    bad.write_text("zone,first_day\nC,2026\n", encoding="utf-8")
    call_command("import_school_holidays", good)
    assert "1 periods of school holidays, until 2027-01-10." in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("import_school_holidays", bad)
    assert calendar_of("91228").school_holiday(date(2027, 1, 8)).label == "Noël long"
    assert calendar_of("91228").school_holiday(date(2027, 2, 10)) is not None
    assert calendar_of("59350").school_holiday(date(2026, 12, 14)) is None


def test_only_who_runs_the_platform_imports(evry):
    with pytest.raises(Refused):
        import_school_holidays(evry.mayor, shipped())
    assert import_school_holidays(machine("calendars"), shipped()) == len(shipped())


def warm(at=time(8), value=19, **days):
    return Draft("set_temperature", value, EVERY_DAY, AtClock(at), DayRule(**days))


def test_the_preview_of_thirty_days_rests_in_the_christmas_holidays(evry, equipment):
    add_entry(evry.mayor, equipment.valve.pk, warm(school_holidays="never"))
    planned = queries.preview(evry.mayor, equipment.valve.pk, NOW)
    assert {turn.at.date() for turn in planned} == {date(2026, 11, 23) + timedelta(days=n) for n in range(26)}


def test_where_school_holidays_are_not_known_a_line_cannot_depend_on_them(evry, equipment):
    ajaccio = replace_commune(evry.commune, insee="2A004")
    type(evry.school).objects.unscoped("test").update(commune=ajaccio)
    with pytest.raises(Invalid, match="school_holidays_unknown"):
        add_entry(evry.mayor, equipment.valve.pk, warm(school_holidays="never"))


def replace_commune(commune, insee):
    fields = {"name": "Ajaccio", "siren": "212000046", "postcodes": ["20000"], "population": 70_000}
    return type(commune).objects.create(insee=insee, outline=commune.outline, organisation=None, **fields)


def said(evry, equipment, draft):
    (one,) = as_equipment([state_of_thing(evry.mayor, equipment.valve.pk)])
    return contradictions(evry.mayor, one, draft, None, NOW)


def test_a_line_that_fits_is_contradicted_by_nothing(evry, equipment):
    add_entry(evry.mayor, equipment.valve.pk, warm())
    assert said(evry, equipment, warm(time(17), 16)) == []


def test_contradictions_are_told_before_saving(evry, equipment):
    add_entry(evry.mayor, equipment.valve.pk, warm())
    start = NOW + timedelta(days=2)
    fair = Plan("Fête du village", "set_temperature", 18, start, start + timedelta(days=1))
    plan_period(evry.mayor, [equipment.valve.pk], fair)
    clash, rest = said(evry, equipment, warm(value=16))
    assert "Au même instant, « 19\u202f°C à 08:00, tous les jours » demande autre chose (30 fois" in clash
    assert "Pendant « Fête du village » la ligne ne s’applique pas (1 fois" in rest


def test_a_line_that_never_comes_is_told(evry, equipment):
    (never,) = said(evry, equipment, warm(first_day=date(2027, 6, 1)))
    assert "ne fait rien dans les 30 prochains jours" in never


def test_half_past_two_gets_a_sentence_about_the_night_in_march(evry, equipment):
    (skipped,) = said(evry, equipment, warm(time(2, 30)))
    assert skipped == "Le 28 mars 2027, 02:30 n’existe pas (passage à l’heure d’été) : ce sera fait à 03:30."
