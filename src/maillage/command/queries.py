"""Reads of commands and schedules. Everything is scoped by the actor."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Prefetch

from maillage.command import registry
from maillage.command.engine.life import OPEN, UNDER_WAY, State
from maillage.command.engine.schedule import AtClock, AtSun, Entry, Place, Sun, merged
from maillage.command.models import Command, CommandStep, ScheduleEntry
from maillage.command.registry import Offer
from maillage.identity.actor import Actor
from maillage.identity.tenancy import TenantQuerySet
from maillage.kernel.errors import NotFound
from maillage.lorawan.codecs.model import DeviceModel
from maillage.telemetry import queries as telemetry
from maillage.telemetry.device_models import device_models
from maillage.telemetry.models import Thing

PREVIEW = timedelta(days=7)


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
        raise NotFound("command_unknown", command_id=str(command_id))
    return found


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


def references_of_open(actor: Actor, command_ids: Collection[UUID] | None = None) -> dict[str, str]:
    """The references of the open commands' messages, all of them or of some, with their devices' DevEUIs."""
    found = Command.objects.visible_to(actor).filter(state__in=OPEN, thing__device__isnull=False)
    if command_ids is not None:
        found = found.filter(pk__in=command_ids)
    return {str(pk): dev_eui for pk, dev_eui in found.values_list("pk", "thing__device_id")}


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


def preview(actor: Actor, thing_id: int, start: datetime, span: timedelta = PREVIEW) -> list[Planned]:
    """What the enabled entries of a thing will do in the seven days from ``start``, in order."""
    entries = {entry.pk: entry for entry in schedule_of_thing(actor, thing_id) if entry.enabled}
    if not entries:
        return []
    place = place_of(next(iter(entries.values())).thing)
    found = merged([as_value(entry) for entry in entries.values()], place, start, start + span)
    return [Planned(occurrence.at, entries[occurrence.key]) for occurrence in found]


def as_value(entry: ScheduleEntry) -> Entry:
    """The row as the engine sees it."""
    return Entry(entry.pk, frozenset(entry.weekdays), moment_of(entry))


def moment_of(entry: ScheduleEntry) -> AtClock | AtSun:
    """When of the day it fires."""
    if entry.clock_time is not None:
        return AtClock(entry.clock_time)
    return AtSun(Sun(entry.anchor), timedelta(minutes=entry.offset_minutes))


def place_of(thing: Thing) -> Place:
    """Where the thing stands."""
    return Place(latitude_deg=thing.site.location.y, longitude_deg=thing.site.location.x)


def state_of(found: Command) -> State:
    """The row's state as the engine sees it."""
    return State(found.state)
