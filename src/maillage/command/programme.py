"""A thing's weekly schedule in words, and what it will do in the coming days, for the pages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from maillage.command import queries
from maillage.command.models import ScheduleEntry
from maillage.command.places import Equipment
from maillage.identity.actor import Actor
from maillage.web import formats
from maillage.web.formats import TERRITORY_ZONE

_EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]
_WORKING_DAYS = [1, 2, 3, 4, 5]
_WEEKEND = [6, 7]


@dataclass(frozen=True, slots=True)
class Line:
    """« du lundi au vendredi », « 15 min avant le coucher du soleil », « Fermer »."""

    entry: ScheduleEntry
    days: str
    moment: str
    what: str

    @property
    def dialog_id(self) -> str:
        """Of the dialog that asks before removing it."""
        return f"remove-{self.entry.pk}"


@dataclass(frozen=True, slots=True)
class Turn:
    """At this instant, this will be asked."""

    at: datetime
    what: str
    verb: str


@dataclass(frozen=True, slots=True)
class Day:
    """The turns of one local day."""

    at: datetime
    name: str
    turns: Sequence[Turn]

    @property
    def date(self) -> str:
        """« 3 mars », or « 3 nov. »."""
        return str(date_format(self.at.astimezone(TERRITORY_ZONE), "j b" if get_language() == "en" else "j N"))


@dataclass(frozen=True, slots=True)
class Programme:
    """The whole schedule of one device."""

    equipment: Equipment
    lines: Sequence[Line]
    days: Sequence[Day]

    @property
    def next_turn(self) -> Turn | None:
        """What comes first."""
        return self.days[0].turns[0] if self.days else None


def programme(actor: Actor, one: Equipment, now: datetime) -> Programme:
    """The schedule of a thing that ``actor`` sees."""
    entries = queries.schedule_of_thing(actor, one.id)
    planned = queries.preview(actor, one.id, now)
    turns = [Turn(each.at, what(one, each.entry), each.entry.verb) for each in planned]
    return Programme(one, [line(one, entry) for entry in entries], days(turns))


def line(one: Equipment, entry: ScheduleEntry) -> Line:
    """One entry in words."""
    return Line(entry, days_in_words(entry.weekdays), moment_in_words(entry), what(one, entry))


def what(one: Equipment, entry: ScheduleEntry) -> str:
    """What the entry asks."""
    offer = one.offers.get(entry.verb)
    if offer is None:
        return entry.verb
    if entry.value is None or offer.limits is None:
        return str(offer.verb.label)
    return formats.quantity(entry.value, offer.limits.unit)


def days_in_words(weekdays: Iterable[int]) -> str:
    """ISO days, 1 = Monday."""
    chosen = sorted(weekdays)
    if chosen == _EVERY_DAY:
        return _("tous les jours")
    if chosen == _WORKING_DAYS:
        return _("du lundi au vendredi")
    if chosen == _WEEKEND:
        return _("samedi et dimanche")
    return ", ".join(str(WEEKDAYS[day - 1]) for day in chosen)


def moment_in_words(entry: ScheduleEntry) -> str:
    """« à 08:00 », « au lever du soleil », « 15 min avant le coucher du soleil »."""
    if entry.clock_time is not None:
        return _("à %(time)s") % {"time": f"{entry.clock_time:%H:%M}"}
    minutes = {"count": abs(entry.offset_minutes)}
    if entry.anchor == ScheduleEntry.Anchor.SUNRISE:
        at, before, after = (
            _("au lever du soleil"),
            _("%(count)s min avant le lever du soleil"),
            _("%(count)s min après le lever du soleil"),
        )
    else:
        at, before, after = (
            _("au coucher du soleil"),
            _("%(count)s min avant le coucher du soleil"),
            _("%(count)s min après le coucher du soleil"),
        )
    return at if not entry.offset_minutes else (before if entry.offset_minutes < 0 else after) % minutes


def days(turns: Iterable[Turn]) -> list[Day]:
    """``turns``, in order, by local day."""
    groups = groupby(turns, key=lambda turn: turn.at.astimezone(TERRITORY_ZONE).date())
    found = ((day, list(members)) for day, members in groups)
    return [Day(members[0].at, str(WEEKDAYS_ABBR[day.weekday()]), members) for day, members in found]
