"""A site, its rooms and gates: what they report, and the stream that keeps the page alive."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from maillage.command import curves, queries
from maillage.command.live import live_value
from maillage.command.lives import Life, Task, life_of, lives, task
from maillage.command.overview import newest_commands
from maillage.command.pages import open_stream
from maillage.command.places import Equipment, Floor, Place, equipment, floors, means, places
from maillage.command.programme import programme
from maillage.command.registry import solutions
from maillage.command.solution import Solution
from maillage.command.standings import Standing, standings
from maillage.identity import policies
from maillage.identity.actor import Actor
from maillage.identity.middleware import actor_of
from maillage.kernel import clock
from maillage.kernel.errors import NotFound
from maillage.telemetry import queries as telemetry
from maillage.territory.labels import SITE_KINDS
from maillage.territory.models import Site

HISTORY = 20


@dataclass(frozen=True, slots=True)
class PlaceView:
    """A room with what was last asked of each of its devices and how each one stands."""

    place: Place
    tasks: Sequence[Task]
    standings: Sequence[Standing]

    @property
    def is_under_way(self) -> bool:
        """Whether something was asked that may still come."""
        return any(task.life is not None and task.life.is_open for task in self.tasks)

    @property
    def asked(self) -> float | None:
        """The value that was asked and may still come, else the one reported, for a field to start from."""
        pending = (task.life.command.value for task in self.tasks if task.life is not None and task.life.is_open)
        return next((value for value in pending if value is not None), None) or self._reported

    @property
    def decimals(self) -> int:
        """Of the value that can be asked: as many as its step has."""
        steps = (offer.limits.step for one in self.place.actors for offer in one.offers.values() if offer.limits)
        return int(next(steps, 1.0) % 1 != 0)

    @property
    def _reported(self) -> float | None:
        driven = (one.driven for one in self.place.actors)
        return next((shown.value for shown in driven if shown is not None), None)


@dataclass(frozen=True, slots=True)
class Panel:
    """One solution on a site: drawn by the solution's own template."""

    solution: Solution
    floors: Sequence[Floor[PlaceView]]
    means: Mapping[str, float]

    @property
    def places(self) -> list[PlaceView]:
        """All of them, floor by floor."""
        return [place for floor in self.floors for place in floor.places]


@dataclass(frozen=True)
class SiteView:
    """A site with everything its pages show."""

    actor: Actor
    site: Site
    equipment: Sequence[Equipment]
    newest: Mapping[int, Life]
    may_command: bool
    now: datetime

    @cached_property
    def places(self) -> list[Place]:
        """Its rooms, and what stands alone."""
        return places(self.equipment, self.now)

    @cached_property
    def panels(self) -> list[Panel]:
        """One for each solution at work here, in the order of the settings."""
        return [panel for solution in solutions().values() if (panel := self._panel(solution)).floors]

    @property
    def loose(self) -> list[Equipment]:
        """Equipment that serves no solution: shown as it reports."""
        return [one for one in self.equipment if one.state.thing.solution not in solutions()]

    @property
    def kind(self) -> str:
        """In words."""
        return str(SITE_KINDS.get(self.site.kind, self.site.kind))

    @property
    def subtitle(self) -> str:
        """What it is and where."""
        return " · ".join(filter(None, [self.kind, self.site.address]))

    @property
    def crumbs(self) -> list[tuple[str, str]]:
        """The way here from home."""
        commune = self.site.commune
        return [(commune.name, reverse("command:commune", args=[commune.pk]))]

    @property
    def place_crumbs(self) -> list[tuple[str, str]]:
        """The way to one of its rooms."""
        return [*self.crumbs, (self.site.name, reverse("command:site", args=[self.site.pk]))]

    def place(self, key: str) -> Place:
        """One room; ``NotFound`` when the site has none of that name."""
        found = next((place for place in self.places if place.key == key), None)
        if found is None:
            raise NotFound("place_unknown", place=key)
        return found

    def key_of(self, one: Equipment) -> str:
        """The room that a thing is in."""
        return next(place.key for place in self.places if one in place.equipment)

    def seen(self, place: Place) -> PlaceView:
        """A room with its commands."""
        tasks = [self._task(one) for one in place.actors]
        return PlaceView(place, tasks, standings(self.actor, place, self.now))

    def _task(self, one: Equipment) -> Task:
        life = self.newest.get(one.id)
        waits = life is not None and life.is_open and not one.listens_always
        speaks = queries.rhythm_of(self.actor, one.state.thing, self.now) if waits else None
        return task(one, life, self.now, speaks)

    def _panel(self, solution: Solution) -> Panel:
        served = [one for one in self.equipment if one.state.thing.solution == solution.code]
        found = places(served, self.now)
        levels = [Floor(floor.number, tuple(map(self.seen, floor.places))) for floor in floors(found)]
        return Panel(solution, levels, means(found, self.now))


def site_view(actor: Actor, site_id: int) -> SiteView:
    """The site as ``actor`` sees it; ``NotFound`` when it is not for them."""
    site = telemetry.site(actor, site_id)
    equipped = equipment(telemetry.latest_of_site(actor, site_id))
    newest = newest_commands(actor, [one.id for one in equipped])
    return SiteView(
        actor=actor,
        site=site,
        equipment=equipped,
        newest={thing_id: life_of(command) for thing_id, command in newest.items()},
        may_command=policies.may_command(actor, site.organisation_id),
        now=clock.now(),
    )


@require_GET
@never_cache
def site(request: HttpRequest, site_id: int) -> HttpResponse:
    """The site, one panel a solution; a site with a single room or gate is that room's page."""
    view = site_view(actor_of(request), site_id)
    if len(view.places) == 1:
        return place_page(request, view, view.places[0].key)
    context = {"view": view, "site": view.site, "period": _period(request, view.now)}
    return render(request, "command/site.html", context)


@require_GET
@never_cache
def place(request: HttpRequest, site_id: int, key: str) -> HttpResponse:
    """One room or gate, with its curves, its schedule and its history."""
    return place_page(request, site_view(actor_of(request), site_id), key)


@require_GET
@never_cache
def life(request: HttpRequest, site_id: int, key: str) -> HttpResponse:
    """What became of the room's newest commands: read again whenever one of them moves."""
    view = site_view(actor_of(request), site_id)
    return render(request, "command/life.html", fragment_context(view, view.place(key)))


@require_GET
@never_cache
def history(request: HttpRequest, site_id: int, key: str) -> HttpResponse:
    """Who asked what of the room, when, and what became of it."""
    actor = actor_of(request)
    view = site_view(actor, site_id)
    found = view.place(key)
    context = {"view": view, "pv": view.seen(found), "history": history_of(actor, found)}
    return render(request, "command/history.html", context)


@require_GET
@never_cache
def card(request: HttpRequest, site_id: int, key: str) -> HttpResponse:
    """The state of a room or gate that is more than a number."""
    view = site_view(actor_of(request), site_id)
    found = view.place(key)
    return render(request, f"{found.family}/state.html", fragment_context(view, found))


@require_GET
def site_live(request: HttpRequest, site_id: int) -> StreamingHttpResponse:
    """The site's one event stream."""
    actor = actor_of(request)
    found = telemetry.site(actor, site_id)
    things = telemetry.things(actor, site_id=found.pk).values_list("pk", flat=True)
    return open_stream(request, list(things))


@require_GET
@never_cache
def site_snapshot(request: HttpRequest, site_id: int) -> JsonResponse:
    """All live values of the site at once: what a page reads that may have missed some."""
    view = site_view(actor_of(request), site_id)
    shown = [value for one in view.equipment for value in one.values.values()]
    known = {one.live: live_value(one.value, one.unit, one.at) for one in shown if one.at and one.value is not None}
    return JsonResponse(known)


def place_page(request: HttpRequest, view: SiteView, key: str, status: int = 200, **more: object) -> HttpResponse:
    """The whole page of a room; ``more`` holds what a form that was refused says."""
    actor = actor_of(request)
    found = view.place(key)
    context = {
        **fragment_context(view, found),
        "period": _period(request, view.now),
        "is_whole_site": len(view.places) == 1,
        "state_template": f"{found.family}/state.html",
        "has_curves": bool(curves.of_place(found)) and not any(one.position for one in found.actors),
        "command_template": f"{found.family}/command.html",
        "history": history_of(actor, found),
        "programmes": [programme(actor, one, view.now) for one in found.actors],
        **more,
    }
    return render(request, "command/place.html", context, status=status)


def fragment_context(view: SiteView, found: Place) -> dict[str, object]:
    """What the parts of a room's page need. ``token`` makes a form sent twice one command."""
    return {"view": view, "site": view.site, "pv": view.seen(found), "token": uuid.uuid4(), "now": view.now}


def history_of(actor: Actor, found: Place) -> list[Life]:
    """The newest commands of the room's things."""
    return lives(queries.commands(actor).filter(thing_id__in=found.thing_ids)[:HISTORY])


def _period(request: HttpRequest, now: datetime) -> str:
    return curves.span(request.GET.get("period", curves.DEFAULT), now).code
