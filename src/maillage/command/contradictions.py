"""What a line would contradict in the thing's schedule, in words, before it is saved."""

from collections.abc import Iterator
from datetime import datetime

from django.utils.translation import gettext as _

from maillage.command import queries, registry
from maillage.command.engine.conflicts import Conflict, Wish, conflicts
from maillage.command.engine.local_time import shown_instead
from maillage.command.engine.schedule import AtClock, Entry, Place, merged
from maillage.command.engine.spans import Span
from maillage.command.models import ScheduleEntry
from maillage.command.places import Equipment
from maillage.command.programme import day_in_words, line
from maillage.command.schedules.actions import Draft
from maillage.identity.actor import Actor
from maillage.web import formats

_NEW = 0


def contradictions(actor: Actor, one: Equipment, draft: Draft, entry: ScheduleEntry | None, now: datetime) -> list[str]:
    """Sentences about the next thirty days; none when the line fits."""
    place = queries.place_of(one.state.thing)
    own = Entry(entry.pk if entry else _NEW, draft.weekdays, draft.moment, draft.days)
    rivals = registry.rival_verbs(one.state.thing.solution, queries.model_of(one.state.thing), draft.verb)
    kept = [
        each
        for each in queries.schedule_of_thing(actor, one.id)
        if each.enabled and each.pk != own.key and each.verb in rivals
    ]
    states = {own.key: (draft.verb, draft.value), **{each.pk: (each.verb, each.value) for each in kept}}
    turns = merged([own, *map(queries.as_value, kept)], place, now, now + queries.PREVIEW)
    wishes = [Wish(turn.at, turn.key, states[turn.key]) for turn in turns]
    periods = {period.pk: period for period in queries.specials_of_thing(actor, one.id)}
    spans = [(pk, Span(period.starts_at, period.ends_at)) for pk, period in periods.items()]
    names = {each.pk: line(one, each) for each in kept}
    said: list[str] = []
    for found in conflicts(wishes, spans):
        if own.key not in {found.key, found.other if found.kind != "within_exception" else None}:
            continue
        if found.kind == "within_exception":
            said.append(_resting(found, periods[found.other].label))
        else:
            other = names[found.other if found.key == own.key else found.key]
            said.append(_clash(found, f"{other.what} {other.moment}, {other.days}"))
    return [*said, *_skipped_hours(own, place, now), *([] if any(t.key == own.key for t in turns) else [_never()])]


def _clash(found: Conflict, other: str) -> str:
    said = {"other": other, "count": found.times, "at": formats.instant(found.at)}
    if found.kind == "same_instant":
        return (
            _("Au même instant, « %(other)s » demande autre chose (%(count)s fois en 30 jours, dès le %(at)s).") % said
        )
    return (
        _("À moins de 15 minutes, « %(other)s » demande autre chose (%(count)s fois en 30 jours, dès le %(at)s).")
        % said
    )


def _resting(found: Conflict, label: str) -> str:
    said = {"label": label, "count": found.times, "at": formats.instant(found.at)}
    return _("Pendant « %(label)s » la ligne ne s’applique pas (%(count)s fois en 30 jours, dès le %(at)s).") % said


def _never() -> str:
    return _("Cette ligne ne fait rien dans les 30 prochains jours : vérifiez les jours, les vacances et les dates.")


def _skipped_hours(own: Entry, place: Place, now: datetime) -> Iterator[str]:
    """The night that summer time begins, within a year."""
    moment = own.moment
    if not isinstance(moment, AtClock):
        return
    for turn in merged([own], place, now, now + 12 * queries.PREVIEW):
        day = turn.at.astimezone(place.timezone).date()
        instead = shown_instead(day, moment.time, place.timezone)
        if instead is not None:
            said = {"time": f"{moment.time:%H:%M}", "day": day_in_words(day), "instead": f"{instead:%H:%M}"}
            yield _("Le %(day)s, %(time)s n’existe pas (passage à l’heure d’été) : ce sera fait à %(instead)s.") % said
            return
