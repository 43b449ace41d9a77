"""Writes: the hours during which a building is used."""

from dataclasses import dataclass
from datetime import time

from django.db import transaction

from maillage.command import queries
from maillage.command.engine.calendar import Wanted
from maillage.command.models import OpeningHours
from maillage.identity.actions import write_journal
from maillage.identity.actor import Actor
from maillage.identity.policies import require_command
from maillage.kernel.errors import Invalid, NotFound
from maillage.telemetry import queries as telemetry

MOST_OPENINGS = 20
_WEEK = frozenset(range(1, 8))


@dataclass(frozen=True, slots=True)
class Hours:
    """Local times of these ISO weekdays, 1 = Monday … 7 = Sunday."""

    weekdays: frozenset[int]
    opens: time
    closes: time
    school_holidays: Wanted = "any"
    public_holidays: Wanted = "never"


@transaction.atomic
def add_opening(actor: Actor, site_id: int, hours: Hours) -> OpeningHours:
    """The building is used then. Raises ``NotFound``, ``Refused``, and ``Invalid`` that says what to change."""
    site = telemetry.site(actor, site_id)
    require_command(actor, site.organisation_id)
    if not hours.weekdays or not hours.weekdays <= _WEEK:
        raise Invalid("weekdays_unfit")
    if not hours.opens < hours.closes:
        raise Invalid("opening_reversed")
    if queries.opening_hours(actor, site.pk).count() >= MOST_OPENINGS:
        raise Invalid("opening_full", most=MOST_OPENINGS)
    if hours.school_holidays != "any" and queries.place_of_site(site).calendar.school_known is None:
        raise Invalid("school_holidays_unknown")
    row = OpeningHours.objects.create(
        organisation_id=site.organisation_id,
        site=site,
        weekdays=sorted(hours.weekdays),
        opens=hours.opens,
        closes=hours.closes,
        school_holidays=hours.school_holidays,
        public_holidays=hours.public_holidays,
    )
    _journal(actor, row, "schedule.opening_added")
    return row


@transaction.atomic
def remove_opening(actor: Actor, opening_id: int) -> int:
    """The building is not used then any more; returns its site's id. Without any hours it counts as used always."""
    row = OpeningHours.objects.visible_to(actor).select_related("site").filter(pk=opening_id).first()
    if row is None:
        raise NotFound("opening_unknown", opening_id=opening_id)
    require_command(actor, row.organisation_id)
    _journal(actor, row, "schedule.opening_removed")
    site_id: int = row.site_id
    row.delete()
    return site_id


def _journal(actor: Actor, row: OpeningHours, action: str) -> None:
    facts: dict[str, object] = {
        "weekdays": list(row.weekdays),
        "opens": row.opens.isoformat("minutes"),
        "closes": row.closes.isoformat("minutes"),
        "school_holidays": row.school_holidays,
        "public_holidays": row.public_holidays,
    }
    write_journal(actor, row.organisation_id, action, "site", row.site_id, row.site.name, facts)
