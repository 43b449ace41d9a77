"""School holidays from CSV files: the one shipped, and newer ones from data.gouv.fr."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources

from maillage.command.engine.calendar import DayRange
from maillage.kernel.errors import Invalid

ZONES = ("A", "B", "C")
_DAY = timedelta(days=1)
_BY_PERIOD = {"zone", "first_day", "last_day", "label"}
_BY_DAY = {"date", "vacances_zone_a", "vacances_zone_b", "vacances_zone_c", "nom_vacances"}


@dataclass(frozen=True, slots=True)
class ZonedRange:
    """The holidays of a zone."""

    zone: str
    days: DayRange


@cache
def shipped() -> tuple[ZonedRange, ...]:
    """What the house comes with."""
    text = resources.files(__package__).joinpath("school_holidays.csv").read_text(encoding="utf-8")
    return tuple(read_holidays(text.splitlines()))


def read_holidays(lines: Iterable[str]) -> list[ZonedRange]:
    """Of a file by period (the shipped one's columns) or by day (« Vacances scolaires par zones »).

    ``Invalid`` names the line that cannot be read; a file without any holidays is refused.
    """
    rows = csv.DictReader(lines)
    columns = set(rows.fieldnames or ())
    if columns >= _BY_PERIOD:
        found = [_period(row, number) for number, row in enumerate(rows, 2)]
    elif columns >= _BY_DAY:
        found = list(_joined_days(rows))
    else:
        raise Invalid("school_holidays_unreadable", columns=", ".join(sorted(_BY_DAY)))
    if not found:
        raise Invalid("school_holidays_empty")
    return found


def _period(row: Mapping[str, str], line: int) -> ZonedRange:
    days = DayRange(_date(row["first_day"], line), _date(row["last_day"], line), row["label"].strip())
    if row["zone"] not in ZONES or days.last_day < days.first_day:
        raise Invalid("school_holidays_line", line=line)
    return ZonedRange(row["zone"], days)


def _joined_days(rows: Iterable[Mapping[str, str]]) -> Iterator[ZonedRange]:
    running: dict[str, DayRange] = {}
    for line, row in enumerate(rows, 2):
        day = _date(row["date"], line)
        for zone in ZONES:
            free = row[f"vacances_zone_{zone.lower()}"].strip().lower() == "true"
            now = running.get(zone)
            goes_on = free and now is not None and now.label == row["nom_vacances"] and day == now.last_day + _DAY
            if now is not None and not goes_on:
                yield ZonedRange(zone, running.pop(zone))
            if free:
                first = now.first_day if goes_on and now is not None else day
                running[zone] = DayRange(first, day, row["nom_vacances"])
    yield from (ZonedRange(zone, days) for zone, days in running.items())


def _date(text: str, line: int) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError as problem:
        raise Invalid("school_holidays_line", line=line) from problem
