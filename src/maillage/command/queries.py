"""Reads of commands and schedules. Everything is scoped by the actor."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Prefetch, Q

from maillage.command import registry
from maillage.command.calendars.queries import calendar_of
from maillage.command.calendars.regions import timezone
from maillage.command.engine.calendar import DayRule, Wanted
from maillage.command.engine.interlock import Sensed
from maillage.command.engine.legal import Room
from maillage.command.engine.life import OPEN, UNDER_WAY, State
from maillage.command.engine.occupancy import Opening, Use
from maillage.command.engine.rhythm import Rhythm, rhythm, wakes_at
from maillage.command.engine.schedule import AtClock, AtSun, Entry, Place, Sun, merged
from maillage.command.engine.spans import Span
from maillage.command.models import Command, CommandStep, OpeningHours, ScheduleEntry, SpecialPeriod, TwoPersonRule
from maillage.command.registry import Offer
from maillage.identity.actor import Actor
from maillage.identity.tenancy import TenantQuerySet
from maillage.kernel.errors import NotFound
from maillage.lorawan.codecs.model import DeviceModel
from maillage.lorawan.models import Session
from maillage.telemetry import queries as telemetry
from maillage.telemetry.device_models import device_models
from maillage.telemetry.engine.curve import DEFAULT_PERIOD
from maillage.telemetry.models import Latest, Thing
from maillage.territory.models import Site

PREVIEW = timedelta(days=30)
RHYTHM_LEARNT_OVER = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Planned:
    """An occurrence to come: at this instant the entry asks this of its thing."""

    at: datetime
    entry: ScheduleEntry


class Said(NamedTuple):
    """All that the next turn of an entry depends on, but for the place of its site."""

    thing_id: int
    weekdays: list[int]
    anchor: str
    clock_time: time | None
    offset_minutes: int
    school_holidays: str
    public_holidays: str
    first_day: date | None
    last_day: date | None
    ready: bool
    valid_from: datetime
    last_occurrence_at: datetime | None


def commands(actor: Actor) -> TenantQuerySet[Command]:
    """The commands that ``actor`` sees, newest first, with their thing and steps at hand."""
    steps = Prefetch("steps", CommandStep.objects.order_by("at", "pk"))
    found = Command.objects.visible_to(actor).select_related("thing__site", "thing__device")
    return found.prefetch_related(steps).order_by("-requested_at", "pk")


def command(actor: Actor, command_id: UUID) -> Command:
    """One command; ``NotFound`` when it is not for ``actor``."""
    found = commands(actor).filter(pk=command_id).first()
    if found is None:
        raise command_unknown(command_id)
    return found


def command_unknown(command_id: UUID) -> NotFound:
    """The error for a command that is not, or not for the actor."""
    return NotFound("command_unknown", command_id=str(command_id))


def commands_of_thing(actor: Actor, thing_id: int) -> TenantQuerySet[Command]:
    """What was asked of a thing; ``NotFound`` when the thing is not for ``actor``."""
    return commands(actor).filter(thing_id=telemetry.thing(actor, thing_id).pk)


def commands_of_site(actor: Actor, site_id: int) -> TenantQuerySet[Command]:
    """What was asked of the things of a site; ``NotFound`` when the site is not for ``actor``."""
    return commands(actor).filter(thing__site_id=telemetry.site(actor, site_id).pk)


def open_commands(actor: Actor, thing_id: int) -> TenantQuerySet[Command]:
    """Those of which something may still become."""
    return commands(actor).filter(thing_id=thing_id, state__in=OPEN)


def commands_under_way(actor: Actor, dev_euis: Collection[str]) -> TenantQuerySet[Command]:
    """Sent and not yet confirmed, for these devices: a report may confirm them."""
    return commands(actor).filter(state__in=UNDER_WAY, thing__device_id__in=dev_euis)


def devices_under_way(actor: Actor) -> set[str]:
    """The devices whose report may confirm a command. Few, however many report: cheap to ask at every batch."""
    found = Command.objects.visible_to(actor).filter(state__in=UNDER_WAY, thing__device__isnull=False)
    return set(found.order_by().values_list("thing__device_id", flat=True).distinct())


def overdue_ids(actor: Actor, now: datetime) -> list[UUID]:
    """The open commands whose time is up, oldest first."""
    overdue = Command.objects.visible_to(actor).filter(state__in=OPEN, expires_at__lte=now)
    return list(overdue.order_by("expires_at").values_list("pk", flat=True))


def reference_of(command_id: UUID, attempt: int) -> str:
    """Under what name the network knows the command's message; each attempt has its own."""
    return str(command_id) if attempt == 1 else f"{command_id}/{attempt}"


def references_of_open(actor: Actor, command_ids: Collection[UUID] | None = None) -> dict[str, str]:
    """The references of the open commands' messages, all of them or of some, with their devices' DevEUIs."""
    found = Command.objects.visible_to(actor).filter(state__in=OPEN, thing__device__isnull=False)
    if command_ids is not None:
        found = found.filter(pk__in=command_ids)
    rows = found.values_list("pk", "attempt", "thing__device_id")
    return {reference_of(pk, attempt): dev_eui for pk, attempt, dev_eui in rows}


def offers(thing: Thing) -> dict[str, Offer]:
    """What may be asked of a thing in hand, by verb; empty when it is out of service."""
    return {} if thing.decommissioned_at else registry.offers(thing.solution, model_of(thing))


def model_of(thing: Thing) -> DeviceModel | None:
    """The model of the thing's device, if it has one that we know."""
    return None if thing.device is None else device_models().get(thing.device.model_key)


def schedule_entries(actor: Actor) -> TenantQuerySet[ScheduleEntry]:
    """The schedule entries that ``actor`` sees, with their thing at hand, in the order they were added."""
    return ScheduleEntry.objects.visible_to(actor).select_related("thing__site", "thing__device").order_by("pk")


def schedule_entry(actor: Actor, entry_id: int) -> ScheduleEntry:
    """One entry; ``NotFound`` when it is not for ``actor``."""
    found = schedule_entries(actor).filter(pk=entry_id).first()
    if found is None:
        raise NotFound("schedule_entry_unknown", entry_id=entry_id)
    return found


def schedule_of_thing(actor: Actor, thing_id: int) -> list[ScheduleEntry]:
    """The weekly schedule of a thing; ``NotFound`` when the thing is not for ``actor``."""
    return list(schedule_entries(actor).filter(thing_id=telemetry.thing(actor, thing_id).pk))


def said_by_schedules(actor: Actor) -> dict[int, Said]:
    """What the enabled entries of things in service say, by their id: cheap enough to ask every few seconds."""
    enabled = ScheduleEntry.objects.visible_to(actor).filter(enabled=True, thing__decommissioned_at=None)
    rows = enabled.order_by("pk").values_list("pk", *Said._fields)
    return {pk: Said(*said) for pk, *said in rows}


def preview(
    actor: Actor,
    thing_id: int,
    start: datetime,
    span: timedelta = PREVIEW,
    entry_ids: Collection[int] | None = None,
) -> list[Planned]:
    """What the enabled entries of a thing, or some of them, will do in the days from ``start``, in order."""
    found_entries = [entry for entry in schedule_of_thing(actor, thing_id) if entry.enabled]
    entries = {entry.pk: entry for entry in found_entries if entry_ids is None or entry.pk in entry_ids}
    if not entries:
        return []
    place = place_of(next(iter(entries.values())).thing)
    found = merged([as_value(entry) for entry in entries.values()], place, start, start + span)
    return [Planned(occurrence.at, entries[occurrence.key]) for occurrence in found]


def as_value(entry: ScheduleEntry) -> Entry:
    """The row as the engine sees it."""
    return Entry(entry.pk, frozenset(entry.weekdays), moment_of(entry), days_of(entry))


def days_of(entry: ScheduleEntry | OpeningHours) -> DayRule:
    """On which dates it applies."""
    first = entry.first_day if isinstance(entry, ScheduleEntry) else None
    last = entry.last_day if isinstance(entry, ScheduleEntry) else None
    return DayRule(_wanted(entry.school_holidays), _wanted(entry.public_holidays), first, last)


def moment_of(entry: ScheduleEntry) -> AtClock | AtSun:
    """When of the day it fires."""
    if entry.clock_time is not None:
        return AtClock(entry.clock_time)
    return AtSun(Sun(entry.anchor), timedelta(minutes=entry.offset_minutes))


def place_of(thing: Thing) -> Place:
    """Where the thing stands, and what the days are there."""
    return place_of_site(thing.site)


def place_of_site(site: Site) -> Place:
    """Where the site is, and what the days are there."""
    insee = site.commune_id
    return Place(site.location.y, site.location.x, timezone(insee), calendar_of(insee))


def opening_hours(actor: Actor, site_id: int) -> TenantQuerySet[OpeningHours]:
    """When a site is used, in the order they were added."""
    return OpeningHours.objects.visible_to(actor).filter(site_id=site_id).select_related("site").order_by("pk")


def wakes(actor: Actor, found: Command, now: datetime) -> datetime | None:
    """When the device of an open command should next listen; None when it listens always, or nobody can say."""
    device, model = found.thing.device, model_of(found.thing)
    if found.state not in OPEN or device is None or model is None or model.device_class == "C":
        return None
    return wakes_at(rhythm_of(actor, found.thing, now).period, device.last_seen_at, now)


def special_periods(actor: Actor) -> TenantQuerySet[SpecialPeriod]:
    """The exceptional periods that ``actor`` sees, with their thing at hand, in order of time."""
    found = SpecialPeriod.objects.visible_to(actor).select_related("thing__site", "thing__device", "thing__space")
    return found.order_by("starts_at", "pk")


def specials_of_thing(actor: Actor, thing_id: int) -> list[SpecialPeriod]:
    """Those of a thing that are not over; ``NotFound`` when the thing is not for ``actor``."""
    thing_id = telemetry.thing(actor, thing_id).pk
    return list(special_periods(actor).filter(thing_id=thing_id, ended_at=None, cancelled_at=None))


def special_at(actor: Actor, thing_id: int, at: datetime) -> SpecialPeriod | None:
    """The exceptional period that the thing is in at ``at``, during which its schedule rests."""
    found = special_periods(actor).filter(thing_id=thing_id, cancelled_at=None, starts_at__lte=at, ends_at__gt=at)
    return found.last()


def use_of(actor: Actor, site: Site, place: Place) -> Use:
    """When the building is used: its hours, its events and its closures."""
    openings = tuple(
        Opening(frozenset(one.weekdays), one.opens, one.closes, days_of(one)) for one in opening_hours(actor, site.pk)
    )
    found = special_periods(actor).filter(thing__site=site, cancelled_at=None)
    spans = [(one.occupied, Span(one.starts_at, one.ends_at)) for one in found]
    events = tuple(span for occupied, span in spans if occupied)
    return Use(place, openings, events, tuple(span for occupied, span in spans if not occupied))


def sensed(actor: Actor, thing: Thing) -> list[Sensed]:
    """What the equipment of the same use on the same site reports: what interlocks look at."""
    around = telemetry.things(actor, site_id=thing.site_id).filter(solution=thing.solution)
    return [
        Sensed(state.thing.name, state.thing.category, reading.quantity, reading.value, reading.at)
        for state in telemetry.states_of_things(actor, around)
        for reading in state.readings
    ]


def setpoints_around(actor: Actor, thing: Thing, verb: str) -> tuple[float, list[Room]]:
    """What the other rooms of the building are set to: what is under way, else what they report; and its own weight."""
    around = telemetry.things(actor, site_id=thing.site_id).filter(solution=thing.solution).exclude(pk=thing.pk)
    asked = dict(
        Command.objects.visible_to(actor)
        .filter(thing__in=around.order_by().values("pk"), verb=verb, state__in=OPEN, value__isnull=False)
        .order_by("requested_at")
        .values_list("thing_id", "value")
    )
    rooms = []
    for state in telemetry.states_of_things(actor, around):
        offer = offers(state.thing).get(verb)
        reading = state.reading(offer.driven_quantity) if offer and offer.driven_quantity else None
        value = asked.get(state.thing.pk, reading.value if reading else None)
        if value is not None:
            rooms.append((value, state.thing))
    return _weighed(rooms, thing)


def scheduled_around(actor: Actor, thing: Thing, verb: str) -> tuple[float, list[Room]]:
    """What the schedules of the building's other rooms ask at most; and the room's own weight."""
    found = schedule_entries(actor).filter(thing__site_id=thing.site_id, verb=verb, enabled=True, value__isnull=False)
    highest: dict[int, tuple[float, Thing]] = {}
    for entry in found.exclude(thing_id=thing.pk).select_related("thing__site", "thing__device", "thing__space"):
        value = entry.value or 0.0
        if entry.thing_id not in highest or highest[entry.thing_id][0] < value:
            highest[entry.thing_id] = value, entry.thing
    return _weighed(list(highest.values()), thing)


def stands(actor: Actor, thing: Thing, verb: str) -> tuple[str, float | None]:
    """How the thing stands by its own report, as what would be asked to bring it there; ``("", None)`` when unknown."""
    found = offers(thing)
    quantity = found[verb].driven_quantity if verb in found else None
    value = telemetry.latest_value(telemetry.thing(actor, thing.pk).pk, quantity) if quantity else None
    return ("", None) if value is None else asking_for(found, verb, value)


def asking_for(found: Mapping[str, Offer], verb: str, reported: float) -> tuple[str, float | None]:
    """What to ask so that the thing reports ``reported`` again: the same verb with that value, or its rival."""
    own = found[verb]
    if own.limits is not None:
        value = own.limits.at_or_below(reported)
        return (verb, value) if own.limits.minimum <= value <= own.limits.maximum else ("", None)
    proofs = ((code, offer.device_verb.confirmation) for code, offer in found.items())
    rivals = [
        code for code, proof in proofs if proof and proof.expected is not None and proof.is_met_by(reported, None)
    ]
    same = [code for code in rivals if found[code].driven_quantity == own.driven_quantity]
    return (same[0], None) if same else ("", None)


def two_person_rules(actor: Actor) -> TenantQuerySet[TwoPersonRule]:
    """The two-person rules that ``actor`` sees."""
    return (
        TwoPersonRule.objects.visible_to(actor).select_related("site").order_by("solution", "verb", "site__name", "pk")
    )


def needs_two(actor: Actor, thing: Thing, verb: str) -> bool:
    """Whether another person has to approve that ``verb`` is asked of the thing."""
    rules = two_person_rules(actor).filter(organisation_id=thing.organisation_id, solution=thing.solution, verb=verb)
    return rules.filter(Q(site=None) | Q(site_id=thing.site_id)).exists()


def joined_at(dev_eui: str) -> datetime | None:
    """When a device that the caller has been allowed to see last joined the network; None when it never did."""
    return Session.objects.filter(pk=dev_eui).values_list("joined_at", flat=True).first()


def rhythm_of(actor: Actor, thing: Thing, now: datetime) -> Rhythm:
    """How often the thing's device has spoken over the last day, else how often its model says."""
    model = model_of(thing)
    declared = timedelta(seconds=model.uplink_period_s) if model else DEFAULT_PERIOD
    newest = Latest.objects.filter(datastream__thing_id=thing.pk).order_by("-at", "datastream_id").first()
    if newest is None or now - newest.at > RHYTHM_LEARNT_OVER:
        return rhythm([], declared)
    found = telemetry.series(actor, [newest.datastream_id], now - RHYTHM_LEARNT_OVER, now, "raw")[0]
    return rhythm([point.at for point in found.points if point.value is not None], declared)


def state_of(found: Command) -> State:
    """The row's state as the engine sees it."""
    return State(found.state)


def _wanted(word: str) -> Wanted:
    return "only" if word == "only" else "never" if word == "never" else "any"


def _weighed(rooms: Sequence[tuple[float, Thing]], thing: Thing) -> tuple[float, list[Room]]:
    """By area where every room's is known: the law speaks of the mean over the building."""
    areas = [one.space.area_m2 if one.space else None for one in (*(one for _, one in rooms), thing)]
    weights = [float(area or 1) for area in areas] if all(areas) else [1.0] * len(areas)
    return weights[-1], [Room(value, weight) for (value, _), weight in zip(rooms, weights, strict=False)]
