"""A file of values is read, judged and kept; then imported as a whole, or forgotten."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO

import pyarrow as pa
import pyarrow.parquet as pq
from django.db import transaction

from maillage.identity.actor import Actor
from maillage.identity.policies import may_configure
from maillage.kernel import clock
from maillage.kernel.errors import Invalid, Refused
from maillage.telemetry import queries
from maillage.telemetry.engine.importing import (
    MOST_BYTES,
    MOST_ROWS,
    BadLine,
    parse,
    require_columns,
    rows_of_csv,
)
from maillage.telemetry.engine.judging import Given, judge
from maillage.telemetry.imports.queries import KEPT_FOR, own_import
from maillage.telemetry.models import ImportFile
from maillage.telemetry.values.actions import backfill

_PARQUET_MAGIC = b"PAR1"
_TEXT_LENGTH = 200


@dataclass(frozen=True, slots=True)
class ImportDone:
    """How many values were new, how many known already."""

    stored: int
    known: int


@transaction.atomic
def preview(actor: Actor, file_name: str, content: bytes) -> ImportFile:
    """Read and judge the file; keep it for an hour. Raises ``Invalid`` for one that cannot be read at all."""
    if actor.user_id is None or actor.organisation_id is None:
        raise Refused("not_permitted", what="configure", organisation_id=None)
    if len(content) > MOST_BYTES:
        raise Invalid("import_too_large", most=MOST_ROWS, megabytes=MOST_BYTES // 1024**2)
    parsed = parse(_rows(content))
    units = {
        stream.pk: stream.unit
        for stream in queries.datastreams(actor).filter(pk__in={one.datastream_id for one in parsed.given})
        if may_configure(actor, stream.organisation_id)
    }
    verdict = judge(parsed.given, units, clock.now())
    bad = [*parsed.bad, *(BadLine(parsed.lines[one.number], _text(one.given), one.cause) for one in verdict.bad)]
    _forget_old(actor)
    return ImportFile.objects.create(
        organisation_id=actor.organisation_id,
        user_id=actor.user_id,
        file_name=file_name[:_TEXT_LENGTH],
        rows=[[one.datastream_id, one.at.isoformat(), one.value, one.unit] for one in verdict.good],
        bad=[[one.line, one.text, one.cause] for one in sorted(bad, key=lambda one: one.line)],
        created_at=clock.now(),
    )


@transaction.atomic
def confirm(actor: Actor, import_id: int) -> ImportDone:
    """Store the good rows, and forget the file. Raises ``Conflict`` when it waits no longer."""
    kept = own_import(actor, import_id, lock=True)
    given = [Given(pk, datetime.fromisoformat(at), value, unit) for pk, at, value, unit in kept.rows]
    pushed = backfill(actor, sorted({one.datastream_id for one in given}), given, kept.file_name)
    kept.delete()
    return ImportDone(pushed.stored, pushed.known)


@transaction.atomic
def discard(actor: Actor, import_id: int) -> None:
    """Forget the file."""
    own_import(actor, import_id).delete()


def _rows(content: bytes) -> Iterator[Mapping[str, object]]:
    if not content.startswith(_PARQUET_MAGIC):
        yield from rows_of_csv(content)
        return
    try:
        table = pq.read_table(BytesIO(content))
    except pa.ArrowException as problem:
        raise Invalid("import_unreadable", reason=str(problem)[:100]) from problem
    table = table.rename_columns([name.strip().lower() for name in table.column_names])
    require_columns(table.column_names)
    yield from table.slice(0, MOST_ROWS + 1).to_pylist()


def _text(given: Given) -> str:
    return f"{given.datastream_id} ; {given.at.isoformat()} ; {given.value:g} ; {given.unit}"


def _forget_old(actor: Actor) -> None:
    ImportFile.objects.visible_to(actor).filter(created_at__lte=clock.now() - KEPT_FOR).delete()
