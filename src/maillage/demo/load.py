"""Loads the demonstration stage by stage, each in transactions of its own: it can be interrupted and resumed."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec
from django.conf import settings
from django.db import connections
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo

from maillage.catalogue import shelf
from maillage.demo import actions, names, queries
from maillage.demo.bills import load_bills
from maillage.demo.catalogue import load_catalogue
from maillage.demo.fleet import fleet_of
from maillage.demo.history import Past, Span, follow, past_of, values
from maillage.demo.meter import readings
from maillage.demo.people import MANDATES, PEOPLE
from maillage.demo.quotes import load_quotes
from maillage.demo.territory import GATEWAYS, MEMBERS, MemberPlan, TerritoryPlan, plan_territory
from maillage.identity.actor import Actor, machine
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid
from maillage.lorawan.simulator.fleet import fleet_file, read_fleet, write_fleet, write_private
from maillage.telemetry.models import Observation
from maillage.telemetry.store import ObservationStore, Row

LOGINS_FILE = "demo-logins.json"
_ACTOR = machine("demonstration")
_GRID_MINUTES = 15


_T = TypeVar("_T")


class Progress(Protocol):
    """Told what is being done: a stage begins with its number of steps, then each step."""

    def stage(self, label: str, steps: int) -> None: ...

    def advance(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Size:
    """How much to load; the tests load less."""

    members: int = MEMBERS
    gateways: int = GATEWAYS
    featured_days: int = 30
    other_days: int = 7


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """What was *added*; nothing of it on a second run."""

    communes: int
    members: int
    gateways: int
    devices: int
    programmes: int
    observations: int
    offerings: int
    bills: int


def load(progress: Progress, folder: Path | None = None, size: Size | None = None) -> DemoSummary:
    """Load what is missing into the database, and write the fleet file and the log-ins into the data ``folder``.

    Raises ``Conflict`` ``demo.other_organisations`` when the database holds anybody else's organisation.
    """
    size = size or Size()
    folder = folder or settings.ENVIRONMENT.data_folder
    plan = plan_territory(size.members, size.gateways)
    _refuse_strangers(_ACTOR, plan)
    before = len(queries.organisations(_ACTOR))
    communes = actions.load_communes(_ACTOR, plan.communes)
    actions.found_syndicate(_ACTOR)
    _each(progress, "Member communes and their sites", plan, lambda member: actions.admit_member(_ACTOR, member))
    members = len(queries.organisations(_ACTOR)) - before
    for person in PEOPLE:
        actions.welcome(_ACTOR, person)
    actions.mandate_contractor(_ACTOR, plan.members[:MANDATES])
    gateways = actions.mount_gateways(_ACTOR, plan.gateways)
    devices = sum(_each(progress, "Devices", plan, lambda member: actions.install_devices(_ACTOR, member)))
    programmes = sum(_each(progress, "Weekly programmes", plan, lambda member: actions.programme(_ACTOR, member)))
    observations = _load_pasts(progress, plan, size, folder)
    featured = [member for member in plan.members if member.featured]
    observations += sum(_load_meter(member) for member in featured[:1])
    offerings = load_catalogue(_ACTOR)
    bills = load_bills(_ACTOR, featured, shelf.today())
    load_quotes(_ACTOR, featured)
    return DemoSummary(communes, members, gateways, devices, programmes, observations, offerings, bills)


def _refuse_strangers(actor: Actor, plan: TerritoryPlan) -> None:
    own = {names.OPERATOR_SLUG, names.CONTRACTOR_SLUG, *(member.slug for member in plan.members)}
    strangers = queries.foreign_organisations(actor, own)
    if strangers:
        raise Conflict("demo.other_organisations", organisations=", ".join(strangers))


def _each(progress: Progress, label: str, plan: TerritoryPlan, act: Callable[[MemberPlan], _T]) -> list[_T]:
    progress.stage(label, len(plan.members))
    results = []
    for member in plan.members:
        results.append(act(member))
        progress.advance()
    return results


def _load_pasts(progress: Progress, plan: TerritoryPlan, size: Size, folder: Path) -> int:
    """Write what is missing of the past, and the files when they are missing or no longer true."""
    app_keys = queries.app_keys(_ACTOR, [eui for member in plan.members for eui in _dev_euis(member)])
    missing = frozenset(one for one in plan.members if not queries.has_past(_ACTOR, _dev_euis(one)))
    _write_logins(folder)
    if not missing and _is_current(fleet_file(folder), app_keys):
        return 0
    pasts, written = asyncio.run(_write_pasts(progress, plan, missing, size))
    write_fleet(fleet_file(folder), fleet_of(plan, pasts, app_keys))
    return written


def _load_meter(member: MemberPlan) -> int:
    """The meter of the member's heated school, with its past; in one transaction, so all of it or nothing."""
    streams = actions.install_meter(_ACTOR, member)
    if queries.has_values(_ACTOR, streams.values()):
        return 0
    generated = Observation.Source.GENERATED.value
    rows = [(streams[one.quantity], one.at, one.value, generated) for one in readings(member, clock.now())]
    return asyncio.run(_write_rows(rows))


async def _write_rows(rows: list[Row]) -> int:
    async with await AsyncConnection.connect(_conninfo(), autocommit=True) as connection:
        return await ObservationStore(connection).write(rows)


def _is_current(path: Path, app_keys: dict[str, bytes]) -> bool:
    """A fleet file that is true is left alone: its rooms and valves have lived on since."""
    try:
        fleet = read_fleet(path)
    except Invalid:
        return False
    return {one.dev_eui: bytes.fromhex(one.app_key) for one in fleet.devices} == app_keys


async def _write_pasts(
    progress: Progress, plan: TerritoryPlan, missing: frozenset[MemberPlan], size: Size
) -> tuple[list[Past], int]:
    """Every member's past up to now, written where it is missing: one transaction a member, so all of it or nothing."""
    now = clock.now()
    progress.stage("Past measures", len(plan.members))
    pasts, written = [], 0
    async with await AsyncConnection.connect(_conninfo(), autocommit=True) as connection:
        store = ObservationStore(connection)
        for member in plan.members:
            span = _span(member, size, now)
            past = past_of(member, span.start if member in missing else now)
            if member in missing:
                written += await store.write(await _rows(store, past, span))
            follow(past, now)
            pasts.append(past)
            progress.advance()
    return pasts, written


async def _rows(store: ObservationStore, past: Past, span: Span) -> list[Row]:
    streams = await store.streams(_dev_euis(past.member))
    generated = Observation.Source.GENERATED.value
    return [
        (streams[one.dev_eui][one.quantity].datastream_id, one.at, one.value, generated) for one in values(past, span)
    ]


def _span(member: MemberPlan, size: Size, now: datetime) -> Span:
    """On the quarter or the full hour; nothing lies in the future."""
    end = now.replace(minute=now.minute - now.minute % _GRID_MINUTES, second=0, microsecond=0)
    if member.featured:
        return Span(end - timedelta(days=size.featured_days), end, timedelta(minutes=_GRID_MINUTES))
    end = end.replace(minute=0)
    return Span(end - timedelta(days=size.other_days), end, timedelta(hours=1))


def _write_logins(folder: Path) -> None:
    logins = [{"role": one.label, "login": one.email, "password": one.password} for one in PEOPLE]
    write_private(folder / LOGINS_FILE, msgspec.json.format(msgspec.json.encode(logins)))


def _dev_euis(member: MemberPlan) -> list[str]:
    return [one.dev_eui for one in member.devices]


def _conninfo() -> str:
    """The database that Django uses, for a connection outside its ORM."""
    keys = {"host": "HOST", "port": "PORT", "dbname": "NAME", "user": "USER", "password": "PASSWORD"}
    given = connections["default"].settings_dict
    return make_conninfo(**{key: str(given[name]) for key, name in keys.items() if given.get(name)})
