"""What the network server writes about the certificates of gateways. One connection, opened when it is needed."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import LiteralString

from psycopg import AsyncConnection, OperationalError
from psycopg.rows import TupleRow

from maillage.kernel.errors import Unavailable
from maillage.lorawan.events import NOTIFY_REGISTRY

_USED: LiteralString = """
UPDATE lorawan_gatewaycertificate AS one SET first_used_at = seen.at
FROM unnest(%s::varchar[], %s::timestamptz[]) AS seen (serial, at)
WHERE one.serial = seen.serial AND one.first_used_at IS NULL
"""
# Apart from the one before: both certificates may have been used since the last time.
_SUPERSEDE: LiteralString = """
UPDATE lorawan_gatewaycertificate AS older SET revoked_at = newer.first_used_at
FROM lorawan_gatewaycertificate AS newer
WHERE newer.serial = ANY(%s) AND newer.revoked_at IS NULL AND older.gateway_id = newer.gateway_id
  AND older.issued_at < newer.issued_at AND older.revoked_at IS NULL
"""
_RENEWAL_ASKED: LiteralString = """
SELECT 1 FROM lorawan_gatewaycertificate
WHERE serial = %s AND revoked_at IS NULL AND renewal_asked_at IS NOT NULL
"""
# A successor that was handed out and never used is replaced, not kept valid beside the next one.
_ISSUE: LiteralString = """
WITH lost AS (
    UPDATE lorawan_gatewaycertificate AS other SET revoked_at = %(issued_at)s
    FROM lorawan_gatewaycertificate AS present
    WHERE present.serial = %(present)s AND other.gateway_id = present.gateway_id AND other.revoked_at IS NULL
      AND other.first_used_at IS NULL AND other.issued_at > present.issued_at
)
INSERT INTO lorawan_gatewaycertificate (serial, gateway_id, issued_at, not_after)
SELECT %(serial)s, gateway_id, %(issued_at)s, %(not_after)s FROM lorawan_gatewaycertificate
WHERE serial = %(present)s AND revoked_at IS NULL
"""
_NOTIFY: LiteralString = "SELECT pg_notify(%s, %s)"
_GATEWAYS = "gateways"


class CertificateStore:
    """Raises ``Unavailable`` when the database does not answer."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._connection: AsyncConnection[TupleRow] | None = None
        self._turn = asyncio.Lock()

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()

    async def note_use(self, seen: Mapping[str, datetime]) -> None:
        """When each serial was used first. The use of a certificate ends those that its gateway had before."""
        async with self._transaction() as connection:
            await connection.execute(_USED, (list(seen), list(seen.values())))
            cursor = await connection.execute(_SUPERSEDE, (list(seen),))
            if cursor.rowcount:
                await connection.execute(_NOTIFY, (NOTIFY_REGISTRY, _GATEWAYS))

    async def renewal_is_asked(self, serial: str) -> bool:
        """Whether the operator wants the gateway that shows ``serial`` to get another one."""
        async with self._transaction() as connection:
            cursor = await connection.execute(_RENEWAL_ASKED, (serial,))
            return await cursor.fetchone() is not None

    async def issued(self, present: str, serial: str, issued_at: datetime, not_after: datetime) -> bool:
        """Record the successor of ``present``; False when that was revoked meanwhile."""
        facts = {"present": present, "serial": serial, "issued_at": issued_at, "not_after": not_after}
        async with self._transaction() as connection:
            cursor = await connection.execute(_ISSUE, facts)
            await connection.execute(_NOTIFY, (NOTIFY_REGISTRY, _GATEWAYS))
            return cursor.rowcount == 1

    @asynccontextmanager
    async def _transaction(self) -> AsyncIterator[AsyncConnection[TupleRow]]:
        """One at a time: transactions of one connection do not overlap."""
        try:
            async with self._turn, (await self._opened()).transaction():
                yield await self._opened()
        except OperationalError as error:
            raise Unavailable("lorawan.database-away", reason=str(error)) from error

    async def _opened(self) -> AsyncConnection[TupleRow]:
        if self._connection is None or self._connection.closed:
            name = "maillage certificates"
            self._connection = await AsyncConnection.connect(
                self._conninfo, autocommit=True, application_name=name, connect_timeout=5
            )
        return self._connection
