"""A commune at a glance: each site in a few words, and whether all is well."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from maillage.command import queries
from maillage.command.engine.attention import Findings, Watched, examine
from maillage.command.engine.life import State
from maillage.command.models import Command
from maillage.command.places import Equipment, Place, means, places
from maillage.command.registry import solutions
from maillage.command.solution import Solution
from maillage.identity.actor import Actor
from maillage.territory.labels import SITE_ICONS
from maillage.territory.models import Site

REMEMBERED = timedelta(days=7)
SITE_STATES: Mapping[str, Promise] = {
    "ok": _("en ordre"),
    "warning": _("à regarder"),
    "danger": _("commande sans effet"),
    "stale": _("sans nouvelles"),
    "off": _("sans équipement"),
}


@dataclass(frozen=True, slots=True)
class Use:
    """What a site says of one solution: ``template`` draws it from ``places`` and their ``means``."""

    solution: Solution
    places: Sequence[Place]
    means: Mapping[str, float]

    @property
    def template(self) -> str:
        """By convention beside the solution's panel."""
        return f"{self.solution.code}/summary.html"

    @property
    def place(self) -> Place:
        """The first, for a use that stands once on a site."""
        return self.places[0]

    @property
    def standing(self) -> str:
        """The verb whose outcome its first acting device reports now; empty when that is unknown or too old."""
        first = next(iter(self.place.actors), None)
        if first is None or first.position is None or not first.position.is_fresh(self.place.now):
            return ""
        return first.standing


@dataclass(frozen=True, slots=True)
class SiteOverview:
    """``state`` is one of the kit's: what the map's marker and the list's badge show."""

    site: Site
    equipment: Sequence[Equipment]
    uses: Sequence[Use]
    findings: Findings

    @property
    def loose(self) -> list[Equipment]:
        """What serves no solution."""
        return [one for one in self.equipment if one.state.thing.solution not in solutions()]

    @property
    def state(self) -> str:
        """Grey when nothing of it is heard; otherwise the worst there is to say."""
        found = self.findings
        if not found.watched:
            return "off"
        if len(found.silent) + len(found.never_heard) == found.watched:
            return "stale"
        if found.undone:
            return "danger"
        return "warning" if found.verdict == "attention" else "ok"

    @property
    def state_label(self) -> str:
        """The state in words."""
        return str(SITE_STATES[self.state])

    @property
    def icon(self) -> str:
        """Of the kind of site."""
        return SITE_ICONS.get(self.site.kind, "map-pin")

    @property
    def stale_after_s(self) -> int:
        """From which age on nothing of it is heard any more."""
        return max((one.stale_after_s for one in self.equipment), default=0)

    @property
    def heard_at(self) -> datetime | None:
        """The newest sign of life."""
        return max((one.heard_at for one in self.equipment if one.heard_at), default=None)


def newest_commands(actor: Actor, thing_ids: Sequence[int]) -> dict[int, Command]:
    """The newest command of each thing, but those that a page refused: whoever asked was told at once, and it ends."""
    refused_at_once = Q(state=State.REFUSED, origin=Command.Origin.PERSON)
    found = queries.commands(actor).filter(thing_id__in=thing_ids).exclude(refused_at_once)
    return {one.thing_id: one for one in found.order_by("thing_id", "-requested_at", "pk").distinct("thing_id")}


def left_undone(command: Command | None, now: datetime) -> bool:
    """Whether the person in charge should know that it was not carried out."""
    if command is None or now - command.requested_at > REMEMBERED:
        return False
    return command.state in {State.FAILED, State.EXPIRED, State.REFUSED}


def site_overviews(
    sites: Iterable[Site], equipment: Sequence[Equipment], newest: Mapping[int, Command], now: datetime
) -> list[SiteOverview]:
    """Every site with what stands in it, in the order of ``sites``."""
    return [
        _overview(site, [one for one in equipment if one.state.thing.site_id == site.pk], newest, now) for site in sites
    ]


def findings(equipment: Iterable[Equipment], newest: Mapping[int, Command], now: datetime) -> Findings:
    """What is to be known of this equipment."""
    return examine(
        (
            Watched(one.id, one.heard_at, one.state.period, left_undone=left_undone(newest.get(one.id), now))
            for one in equipment
        ),
        now,
    )


def _overview(site: Site, equipment: Sequence[Equipment], newest: Mapping[int, Command], now: datetime) -> SiteOverview:
    return SiteOverview(site, equipment, _uses(equipment, now), findings(equipment, newest, now))


def _uses(equipment: Sequence[Equipment], now: datetime) -> list[Use]:
    uses = []
    for solution in solutions().values():
        found = places([one for one in equipment if one.state.thing.solution == solution.code], now)
        if found:
            uses.append(Use(solution, found, means(found, now)))
    return uses
