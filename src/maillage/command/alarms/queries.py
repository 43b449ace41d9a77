"""Reads of alarms, rosters and maintenance. Everything is scoped by the actor."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, Prefetch, Q

from maillage.command.alarms.engine.oncall import Duty
from maillage.command.alarms.models import Alarm, AlarmEvent, Maintenance, Roster, Shift
from maillage.command.engine.window import Window
from maillage.identity.actor import Actor, Role
from maillage.identity.models import Mandate, Membership, Organisation, User
from maillage.identity.tenancy import TenantQuerySet
from maillage.kernel.errors import NotFound
from maillage.telemetry.models import Thing
from maillage.territory.models import Site

OPEN = (Alarm.State.RAISED, Alarm.State.ACKNOWLEDGED)


@dataclass(frozen=True, slots=True)
class AlarmFilter:
    """What to show; an empty field does not filter. ``state``: one of the states, ``open`` or ``all``."""

    state: str = "open"
    severity: str = ""
    organisation_id: int | None = None
    site_id: int | None = None
    assigned_to_id: int | None = None


def alarms(actor: Actor) -> TenantQuerySet[Alarm]:
    """The alarms that ``actor`` sees, newest first."""
    found = Alarm.objects.visible_to(actor).select_related("site", "thing", "assigned_to", "organisation", "roster")
    return found.order_by("-raised_at", "-pk")


def matching(actor: Actor, wanted: AlarmFilter) -> TenantQuerySet[Alarm]:
    """The alarms that ``wanted`` describes."""
    conditions = {
        "severity": wanted.severity,
        "organisation_id": wanted.organisation_id,
        "site_id": wanted.site_id,
        "assigned_to_id": wanted.assigned_to_id,
    }
    found = alarms(actor).filter(**{name: value for name, value in conditions.items() if value not in {None, ""}})
    if wanted.state == "open":
        return found.filter(state__in=OPEN)
    return found if wanted.state == "all" else found.filter(state=wanted.state)


def alarm(actor: Actor, alarm_id: int) -> Alarm:
    """One alarm with its life at hand; ``NotFound`` when it is not for ``actor``."""
    events = Prefetch("events", AlarmEvent.objects.order_by("at", "pk"))
    found = alarms(actor).prefetch_related(events).filter(pk=alarm_id).first()
    if found is None:
        raise NotFound("alarm_unknown", alarm_id=alarm_id)
    return found


def open_alarms(actor: Actor, *, commune: str = "") -> TenantQuerySet[Alarm]:
    """Those that somebody has still to look at; of one commune (INSEE code) when given, gateways' included."""
    found = alarms(actor).filter(state__in=OPEN)
    return found.filter(organisation__commune__insee=commune) if commune else found


def open_of_keys(actor: Actor, prefixes: Collection[str]) -> Mapping[tuple[int, str], Alarm]:
    """The open alarms of these kinds of cause, by organisation and key."""
    wanted = Q(code__in=prefixes)
    return {(one.organisation_id, one.key): one for one in alarms(actor).filter(wanted, state__in=OPEN)}


def ended_since(actor: Actor, code: str, since: datetime) -> Mapping[str, datetime]:
    """The gateways whose alarm of this kind ended after ``since``, with when."""
    ended = alarms(actor).filter(code=code, ended_at__gte=since).order_by("ended_at")
    return {one.gateway_eui: one.ended_at for one in ended if one.ended_at is not None}


def counts(actor: Actor) -> Mapping[str, int]:
    """How many alarms are open, by severity."""
    found = Alarm.objects.visible_to(actor).filter(state__in=OPEN).order_by()
    return dict(found.values_list("severity").annotate(Count("pk")))


def due(actor: Actor, now: datetime) -> Mapping[int, list[Alarm]]:
    """The alarms that somebody must be told of now, by organisation."""
    waiting = alarms(actor).filter(attend_at__lte=now, state=Alarm.State.RAISED).order_by("organisation_id", "pk")
    found: dict[int, list[Alarm]] = {}
    for one in waiting:
        found.setdefault(one.organisation_id, []).append(one)
    return found


def rosters(actor: Actor) -> TenantQuerySet[Roster]:
    """The rosters that ``actor`` sees, with their shifts at hand, by name."""
    shifts = Prefetch("shifts", Shift.objects.select_related("user").order_by("level", "start", "pk"))
    return Roster.objects.visible_to(actor).select_related("organisation").prefetch_related(shifts).order_by("name")


def roster(actor: Actor, roster_id: int) -> Roster:
    """One roster; ``NotFound`` when it is not for ``actor``."""
    found = rosters(actor).filter(pk=roster_id).first()
    if found is None:
        raise NotFound("roster_unknown", roster_id=roster_id)
    return found


def duties(found: Roster) -> list[Duty]:
    """The shifts of a roster in hand, as the engine sees them."""
    zone = ZoneInfo(settings.TIME_ZONE)
    return [
        Duty(
            shift.user_id,
            shift.level,
            Window(frozenset(shift.weekdays), shift.start, shift.until, zone),
            shift.first_day,
            shift.last_day,
        )
        for shift in found.shifts.all()
    ]


def maintenances(actor: Actor, now: datetime) -> TenantQuerySet[Maintenance]:
    """The works that ``actor`` sees, under way or to come."""
    found = Maintenance.objects.visible_to(actor).filter(ends_at__gt=now)
    return found.select_related("site", "organisation").order_by("starts_at", "pk")


def maintenance(actor: Actor, maintenance_id: int) -> Maintenance:
    """One; ``NotFound`` when it is not for ``actor``."""
    found = Maintenance.objects.visible_to(actor).select_related("site").filter(pk=maintenance_id).first()
    if found is None:
        raise NotFound("maintenance_unknown", maintenance_id=maintenance_id)
    return found


def muted_until(actor: Actor, one: Alarm, now: datetime) -> datetime | None:
    """Until when nobody is told of this alarm, because of works."""
    whole = Q(site=None, gateway_eui="")
    about = whole | (Q(gateway_eui=one.gateway_eui) if one.gateway_eui else Q(site_id=one.site_id, site__isnull=False))
    under_way = maintenances(actor, now).filter(about, organisation_id=one.organisation_id, starts_at__lte=now)
    return under_way.order_by("-ends_at").values_list("ends_at", flat=True).first()


def equipped_sites(actor: Actor) -> list[Site]:
    """The sites, of those that ``actor`` sees, where something is in service, by commune and name."""
    things = Thing.objects.visible_to(actor).filter(decommissioned_at=None).values("site_id")
    found = Site.objects.visible_to(actor).filter(pk__in=things).select_related("commune")
    return list(found.order_by("commune__name", "name", "pk"))


def people_of(organisation_id: int) -> Sequence[User]:
    """Whoever may be entrusted with the organisation's alarms: its people, its contractors' and the operator's."""
    contractors = Mandate.objects.filter(client_id=organisation_id, revoked_at=None).values("contractor_id")
    operator = Organisation.objects.filter(kind=Organisation.Kind.OPERATOR).values("pk")
    concerned = (
        Q(organisation_id=organisation_id)
        | Q(organisation__in=contractors, role=Role.TECHNICIAN)
        | Q(organisation__in=operator, role=Role.OPERATOR)
    )
    members = Membership.objects.filter(concerned).values("user_id")
    return list(User.objects.filter(pk__in=members, is_active=True).order_by("full_name", "pk"))


def own_people(organisation_id: int) -> Sequence[User]:
    """The organisation's own people: told of an alarm that has no roster."""
    members = Membership.objects.filter(organisation_id=organisation_id).values("user_id")
    return list(User.objects.filter(pk__in=members, is_active=True).order_by("full_name", "pk"))
