"""What the archivist does at each of its rounds. Everything resumes: killed at any moment, a month is where it was."""

from datetime import datetime, timedelta

import psycopg
from django.conf import settings

from maillage.identity.actor import Actor
from maillage.telemetry.archive.store import ArchiveStore, Exported
from maillage.telemetry.database import conninfo
from maillage.telemetry.engine.calendar import month_start, next_month
from maillage.telemetry.retention import actions as retention
from maillage.telemetry.retention.queries import limits

# What a device sends late, a gateway that was cut off, a meter read by hand: most of it comes within days.
CLOSED_AFTER = timedelta(days=3)


def archive_once(actor: Actor, now: datetime) -> list[Exported]:
    """Export every closed month that has rows, forget what is past its time, sweep; returns what was exported."""
    with psycopg.connect(conninfo(), autocommit=True, application_name="maillage archive") as connection:
        store = ArchiveStore(connection, settings.ARCHIVE_FOLDER)
        exported = [store.export(month, now) for month in store.months_with_rows(now - CLOSED_AFTER)]
        store.drop_old_hours(now)
        retention.forget_expired(actor, now)
        _forget_in_files(actor, store, now)
        store.sweep(now)
    return [one for one in exported if one is not None]


def _forget_in_files(actor: Actor, store: ArchiveStore, now: datetime) -> None:
    """A file forgets a datastream once its whole month is past its time."""
    every = limits(actor, now)
    for month in store.months() if every else []:
        ended, there = month_start(next_month(month)), store.datastreams_of(month)
        past = [one for one in every if one.values >= ended and one.datastream_id in there]
        if past:
            went = store.forget(month, {one.datastream_id for one in past}, now)
            retention.note_forgotten_file(actor, f"{month:%Y-%m}", past, went)
