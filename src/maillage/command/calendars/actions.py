"""Writes: newer school holidays are imported."""

from collections.abc import Sequence

from django.db import transaction

from maillage.command.calendars.read import ZonedRange
from maillage.command.models import SchoolHoliday
from maillage.identity.actor import Actor
from maillage.kernel.errors import Refused


@transaction.atomic
def import_school_holidays(actor: Actor, found: Sequence[ZonedRange]) -> int:
    """What was imported before goes; returns how many periods there are now. Only who operates the platform."""
    if actor.visible_organisation_ids is not None:
        raise Refused("not_permitted", what="operate")
    SchoolHoliday.objects.all().delete()
    rows = [
        SchoolHoliday(zone=one.zone, first_day=one.days.first_day, last_day=one.days.last_day, label=one.days.label)
        for one in found
    ]
    return len(SchoolHoliday.objects.bulk_create(rows))
