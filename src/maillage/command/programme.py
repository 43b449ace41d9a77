"""A thing's weekly schedule in words, what it will do in the coming days and why not on some, for the pages."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from maillage.command import queries, registry
from maillage.command.engine.legal import ceiling_at
from maillage.command.engine.local_time import shown_instead
from maillage.command.engine.schedule import Place
from maillage.command.models import OpeningHours, ScheduleEntry, SpecialPeriod
from maillage.command.places import Equipment
from maillage.command.queries import Planned
from maillage.command.warming.queries import lead_of
from maillage.identity.actor import Actor
from maillage.web import formats
from maillage.web.formats import TERRITORY_ZONE

SHOWN_AT_ONCE = 7
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
    ready: str = ""

    @property
    def dialog_id(self) -> str:
        """Of the dialog that asks before removing it."""
        return f"remove-{self.entry.pk}"


@dataclass(frozen=True, slots=True)
class Turn:
    """At this instant, this will be asked. ``note`` says what becomes of it; ``rests``: it is not carried out."""

    at: datetime
    what: str
    verb: str
    note: str = ""
    rests: bool = False


@dataclass(frozen=True, slots=True)
class Exceptional:
    """A period in words: « Fête du village », « 19 °C », « du 28 nov. à 14:00 au 28 nov. à 23:00 »."""

    period: SpecialPeriod
    what: str

    @property
    def is_running(self) -> bool:
        """Whether it has begun."""
        return self.period.begun_at is not None


@dataclass(frozen=True, slots=True)
class Day:
    """The turns of one local day."""

    at: datetime
    name: str
    turns: Sequence[Turn]
    holiday: str = ""

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
    specials: Sequence[Exceptional] = ()
    known_until: date | None = None

    @property
    def first_days(self) -> Sequence[Day]:
        """The coming week: what is shown at once."""
        return self.days[:SHOWN_AT_ONCE]

    @property
    def later_days(self) -> Sequence[Day]:
        """The rest of the thirty days."""
        return self.days[SHOWN_AT_ONCE:]

    @property
    def next_turn(self) -> Turn | None:
        """What comes first."""
        return self.days[0].turns[0] if self.days else None


def programme(actor: Actor, one: Equipment, now: datetime) -> Programme:
    """The schedule of a thing that ``actor`` sees, and its next thirty days."""
    entries = queries.schedule_of_thing(actor, one.id)
    specials = queries.specials_of_thing(actor, one.id)
    place = queries.place_of(one.state.thing)
    law = lowering(actor, one, place)
    turns = [
        _turn(one, each, place, specials, law) for each in queries.preview(actor, one.id, now) if each.entry.enabled
    ]
    lines = [line(one, entry, ready_in_words(actor, one, entry, now)) for entry in entries]
    school = place.calendar.school_known if any(entry.school_holidays != "any" for entry in entries) else None
    told = [Exceptional(each, what(one, each)) for each in specials]
    return Programme(one, lines, days(turns, place), told, school.last_day if school else None)


def _turn(
    one: Equipment, each: Planned, place: Place, specials: Sequence[SpecialPeriod], law: Callable[[Planned], str]
) -> Turn:
    held = next((period for period in specials if period.starts_at <= each.at < period.ends_at), None)
    if held is not None:
        note = _("au repos : %(label)s") % {"label": held.label}
        return Turn(each.at, what(one, each.entry), each.entry.verb, note, rests=True)
    return Turn(each.at, what(one, each.entry), each.entry.verb, law(each) or _clock_note(each, place))


def _clock_note(each: Planned, place: Place) -> str:
    """On the night that summer time begins, a time that does not exist is carried out by the new clock."""
    wanted = each.entry.clock_time
    if wanted is None:
        return ""
    shown = shown_instead(each.at.astimezone(place.timezone).date(), wanted, place.timezone)
    said = {"wanted": f"{wanted:%H:%M}"}
    return _("%(wanted)s n’existe pas cette nuit-là (heure d’été)") % said if shown else ""


def lowering(actor: Actor, one: Equipment, place: Place) -> Callable[[Planned], str]:
    """Says of a turn to what the law lowers it, because the building will be empty."""
    solution = registry.solutions().get(one.state.thing.solution)
    ceilings = solution.ceilings if solution else {}
    use = queries.use_of(actor, one.state.thing.site, place) if ceilings else None

    def words(each: Planned) -> str:
        found = ceilings.get(each.entry.verb)
        if found is None or use is None or each.entry.value is None or each.entry.exception_reason:
            return ""
        ceiling = ceiling_at(found, use, each.at)
        if ceiling.regime == "occupied" or each.entry.value <= ceiling.value:
            return ""
        offer = one.offers.get(each.entry.verb)
        unit = offer.limits.unit if offer and offer.limits else ""
        return _("bâtiment vide, ramené à %(ceiling)s par la loi") % {"ceiling": formats.quantity(ceiling.value, unit)}

    return words


def ready_in_words(actor: Actor, one: Equipment, entry: ScheduleEntry, now: datetime) -> str:
    """« commence à 05:40 », as the room warmed lately and as warm as it is; empty for a line that is not *ready*."""
    lead = lead_of(actor, one.state.thing, entry.verb, entry.value, now) if entry.ready else None
    if lead is None:
        return ""
    turn = next(iter(queries.preview(actor, one.id, now, entry_ids=[entry.pk])), None)
    minutes = round(lead.duration / timedelta(minutes=1))
    begins = formats.clock_time(max(turn.at - lead.duration, now)) if turn is not None else "—"
    said = {"time": begins, "minutes": minutes}
    if lead.is_learnt:
        return _("commence à %(time)s : la salle met environ %(minutes)s min, d’après ses dernières chauffes") % said
    return _("commence à %(time)s (%(minutes)s min avant, par prudence : la salle n’est pas encore connue)") % said


def line(one: Equipment, entry: ScheduleEntry, ready: str = "") -> Line:
    """One entry in words."""
    days_said = ", ".join(filter(None, [days_in_words(entry.weekdays), *conditions_in_words(entry)]))
    return Line(entry, days_said, moment_in_words(entry), what(one, entry), ready)


def conditions_in_words(entry: ScheduleEntry | OpeningHours) -> list[str]:
    """« hors vacances scolaires », « du 3 nov. au 31 mars »."""
    said = []
    if entry.school_holidays == "never":
        said.append(_("hors vacances scolaires"))
    if entry.school_holidays == "only":
        said.append(_("pendant les vacances scolaires"))
    if entry.public_holidays == "never":
        said.append(_("sauf jours fériés"))
    if entry.public_holidays == "only":
        said.append(_("jours fériés"))
    if isinstance(entry, OpeningHours):
        return said
    if entry.first_day:
        said.append(_("à partir du %(day)s") % {"day": day_in_words(entry.first_day)})
    if entry.last_day:
        said.append(_("jusqu’au %(day)s") % {"day": day_in_words(entry.last_day)})
    return said


def day_in_words(day: date) -> str:
    """« 3 mars 2027 »."""
    return str(date_format(day, "j F Y"))


def what(one: Equipment, entry: ScheduleEntry | SpecialPeriod) -> str:
    """What the line or the period asks."""
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


def days(turns: Iterable[Turn], place: Place) -> list[Day]:
    """``turns``, in order, by local day."""
    groups = groupby(turns, key=lambda turn: turn.at.astimezone(TERRITORY_ZONE).date())
    found = ((day, list(members)) for day, members in groups)
    return [
        Day(members[0].at, str(WEEKDAYS_ABBR[day.weekday()]), members, _holiday(day, place)) for day, members in found
    ]


def _holiday(day: date, place: Place) -> str:
    if place.calendar.is_public_holiday(day):
        return _("férié")
    return _("vacances") if place.calendar.school_holiday(day) else ""
