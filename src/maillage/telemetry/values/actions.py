"""Writes: values that people and other machines bring, take back or correct."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db import transaction

from maillage.identity.actions import write_journal
from maillage.identity.actor import Actor
from maillage.identity.policies import require_configure
from maillage.kernel import clock
from maillage.kernel.errors import Invalid, NotFound, Refused
from maillage.telemetry import queries
from maillage.telemetry.engine.judging import EARLIEST, MOST_AHEAD, Given, Verdict, judge
from maillage.telemetry.engine.united import CORRECTED, WITHDRAWN
from maillage.telemetry.models import Datastream, Observation
from maillage.telemetry.values import store
from maillage.telemetry.values.queries import values_at

MOST_VALUES = 10_000
MOST_TOLD = 20  # in the journal
_REASON_LENGTH = 300
_SOURCES = {
    Datastream.Source.HTTP: Observation.Source.PUSHED,
    Datastream.Source.MQTT: Observation.Source.PUSHED,
    Datastream.Source.MODBUS: Observation.Source.PUSHED,
    Datastream.Source.IMPORT: Observation.Source.IMPORTED,
}


@dataclass(frozen=True, slots=True)
class Change:
    """What a datastream shall say of an instant. ``value`` None: nothing, what it said is taken back."""

    at: datetime
    value: float | None


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of values: how many were new, how many were there already, and which are bad."""

    stored: int
    known: int
    verdict: Verdict


@transaction.atomic
def push_values(actor: Actor, given: Sequence[Given], source: Datastream.Source) -> Pushed:
    """Store values that a machine gives; those already there change nothing, bad ones are counted and told.

    Raises ``Invalid`` for more than ``MOST_VALUES``, ``Refused`` for a datastream whose values come from elsewhere or
    that is not the actor's to set up. A datastream that ``actor`` does not see is a bad value's cause.
    """
    if len(given) > MOST_VALUES:
        raise Invalid("values_too_many", most=MOST_VALUES)
    streams = _writable(actor, {one.datastream_id for one in given}, source)
    return _store(given, {pk: stream.unit for pk, stream in streams.items()}, source)


@transaction.atomic
def backfill(actor: Actor, datastream_ids: Sequence[int], given: Sequence[Given], file_name: str) -> Pushed:
    """Store values of the past, whatever the datastream's source: only instants of which nothing is known.

    Journalled with their number and span, once an organisation. Raises ``NotFound`` and ``Refused``.
    """
    streams = _configurable(actor, set(datastream_ids))
    pushed = _store(given, {pk: stream.unit for pk, stream in streams.items()}, Datastream.Source.IMPORT)
    for organisation_id in sorted({stream.organisation_id for stream in streams.values()}):
        mine = {pk for pk, stream in streams.items() if stream.organisation_id == organisation_id}
        instants = [one.at for one in pushed.verdict.good if one.datastream_id in mine]
        if instants:
            facts: dict[str, object] = {"values": len(instants), "datastreams": len(mine), **_span(instants)}
            write_journal(actor, organisation_id, "telemetry.values_imported", "values", "", file_name[:200], facts)
    return pushed


@transaction.atomic
def correct(actor: Actor, datastream_id: int, changes: Sequence[Change], reason: str) -> int:
    """Say what was measured instead; returns how many instants changed. What was there stands in the journal.

    Raises ``Invalid`` without a reason, for a value that is no number or an instant that cannot be, ``NotFound``,
    ``Refused``.
    """
    stream = _configurable(actor, {datastream_id})[datastream_id]
    _check(changes, reason)
    before = values_at(stream.pk, [change.at for change in changes])
    rows = [
        (stream.pk, one.at, before.get(one.at, 0.0), WITHDRAWN)
        if one.value is None
        else (stream.pk, one.at, one.value, CORRECTED)
        for one in changes
    ]
    store.replace(rows)
    _journal_correction(actor, stream, changes, before, reason.strip())
    return len(rows)


def _store(given: Sequence[Given], units: Mapping[int, str], source: Datastream.Source) -> Pushed:
    now = clock.now()
    verdict = judge(given, units, now)
    stored_as = _SOURCES[source].value
    rows = {(one.datastream_id, one.at): one.value for one in verdict.good}
    stored = store.insert([(pk, at, value, stored_as) for (pk, at), value in rows.items()])
    store.quarantine([bad for bad in verdict.bad if bad.given.datastream_id in units], source.value, now)
    return Pushed(stored, len(verdict.good) - stored, verdict)


def _writable(actor: Actor, ids: set[int], source: Datastream.Source) -> dict[int, Datastream]:
    streams = {one.pk: one for one in queries.datastreams(actor).filter(pk__in=ids)}
    for stream in streams.values():
        require_configure(actor, stream.organisation_id)
        if stream.source != source.value:
            raise Refused("datastream_of_another_source", datastream_id=stream.pk, source=stream.source)
    return streams


def _configurable(actor: Actor, ids: set[int]) -> dict[int, Datastream]:
    streams = {one.pk: one for one in queries.datastreams(actor).filter(pk__in=ids)}
    for missing in sorted(ids - streams.keys()):
        raise NotFound("datastream_unknown", datastream_id=missing)
    for stream in streams.values():
        require_configure(actor, stream.organisation_id)
    return streams


def _check(changes: Sequence[Change], reason: str) -> None:
    if not 0 < len(reason.strip()) <= _REASON_LENGTH:
        raise Invalid("correction_without_reason", longest=_REASON_LENGTH)
    if not 0 < len(changes) <= MOST_VALUES:
        raise Invalid("values_too_many", most=MOST_VALUES)
    if len({change.at for change in changes}) < len(changes):
        raise Invalid("correction_twice")
    now = clock.now()
    given = [Given(0, change.at, change.value or 0.0) for change in changes]
    for bad in judge(given, {0: ""}, now).bad:
        raise Invalid(bad.cause, at=bad.given.at.isoformat(), earliest=EARLIEST.year, ahead=MOST_AHEAD.seconds // 60)


def _journal_correction(
    actor: Actor, stream: Datastream, changes: Sequence[Change], before: Mapping[datetime, float], reason: str
) -> None:
    counts = Counter(change.value is None for change in changes)
    facts: dict[str, object] = {
        "reason": reason,
        "quantity": stream.quantity,
        "corrected": counts[False],
        "withdrawn": counts[True],
        **_span([change.at for change in changes]),
        "changes": [
            {"at": _words(change.at), "before": before.get(change.at), "after": change.value}
            for change in changes[:MOST_TOLD]
        ],
    }
    write_journal(
        actor, stream.organisation_id, "telemetry.values_corrected", "datastream", stream.pk, stream.thing.name, facts
    )


def _span(instants: Sequence[datetime]) -> dict[str, object]:
    return {"from": _words(min(instants)), "to": _words(max(instants))}


def _words(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
