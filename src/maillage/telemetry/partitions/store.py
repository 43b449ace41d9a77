"""Monthly partitions of values and of hours."""

from datetime import date

from psycopg import AsyncConnection, sql

from maillage.telemetry.engine.calendar import month_start, next_month

VALUES, HOURS = "telemetry_observation", "telemetry_hourly"
PARTITION_LOCK = 0x7E1E3E7  # any number that nobody else locks; held while partitions are made or dropped
FOLLOWER_LOCK = 0x7E1E3E8  # held while hours are summed up, and while values leave for the archive
MAKE = sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
ATTACH = sql.SQL("ALTER TABLE {} ATTACH PARTITION {} FOR VALUES FROM ({}) TO ({})")


def partition_name(table: str, month: date) -> str:
    """The name of a month's partition."""
    return f"{table}_{month:%Y_%m}"


async def ensure_partition(connection: AsyncConnection, table: str, month: date) -> None:
    """The month's partition is there; inside a transaction, which it locks against others that make or drop one.

    Attached rather than created in place: attaching does not stop who reads the table meanwhile.
    """
    there = await connection.execute("SELECT to_regclass(%s)", [partition_name(table, month)])
    if await there.fetchone() != (None,):
        return
    await connection.execute("SELECT pg_advisory_xact_lock(%s)", [PARTITION_LOCK])
    there = await connection.execute("SELECT to_regclass(%s)", [partition_name(table, month)])
    if await there.fetchone() == (None,):
        await _make(connection, table, month)


async def _make(connection: AsyncConnection, table: str, month: date) -> None:
    name, parent = sql.Identifier(partition_name(table, month)), sql.Identifier(table)
    bounds = [sql.Literal(month_start(each).isoformat()) for each in (month, next_month(month))]
    await connection.execute(MAKE.format(name, parent))
    await connection.execute(ATTACH.format(parent, name, *bounds))
