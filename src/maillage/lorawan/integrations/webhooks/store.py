"""The couriers' reads and writes: their places in the log, what each attempt came to, what was given up.

Every write names the generation it was begun in: what a person has changed since is not overwritten.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import LiteralString
from uuid import UUID

from psycopg import AsyncConnection, OperationalError
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from maillage.kernel.errors import Unavailable
from maillage.lorawan.integrations.webhooks.values import Attempt, Hook, Message
from maillage.lorawan.keys import KeyRing, Purpose

ATTEMPTS_KEPT = 50
_CONNECTIONS = 4
_WAIT_S = 5.0

_ACTIVE: LiteralString = """
SELECT w.id, w.application_id FROM lorawan_webhook w
JOIN lorawan_application a ON a.id = w.application_id AND a.closed_at IS NULL WHERE w.state = 'active'
"""
_HOOK: LiteralString = """
SELECT id, application_id, generation, url, types, cursor_id, attempts, next_attempt_at, webhook_secret
FROM lorawan_webhook WHERE id = %s AND state = 'active'
"""
_LAST: LiteralString = "SELECT coalesce(max(id), 0) FROM lorawan_event WHERE application_id = %s"
_EVENTS: LiteralString = """
SELECT id, at, type, dev_eui, body FROM lorawan_event
WHERE application_id = %s AND id > %s AND id <= %s AND (%s::varchar[] = '{}' OR type = ANY(%s::varchar[]))
ORDER BY id LIMIT %s
"""
_LETTERS: LiteralString = """
SELECT event_id, event_at, type, dev_eui, body, id FROM lorawan_deadletter
WHERE webhook_id = %s AND send_again_at IS NOT NULL ORDER BY event_id LIMIT %s
"""
_DELIVERED: LiteralString = """
UPDATE lorawan_webhook SET cursor_id = %s, attempts = 0, next_attempt_at = NULL, failing_since = NULL,
       last_success_at = %s
WHERE id = %s AND generation = %s RETURNING id
"""
_FAILED: LiteralString = """
UPDATE lorawan_webhook SET attempts = attempts + 1, next_attempt_at = %s, failing_since = coalesce(failing_since, %s)
WHERE id = %s AND generation = %s RETURNING id
"""
_GIVEN_UP: LiteralString = """
UPDATE lorawan_webhook SET cursor_id = %s, attempts = 0, next_attempt_at = NULL,
       failing_since = coalesce(failing_since, %s)
WHERE id = %s AND generation = %s RETURNING id
"""
_GONE: LiteralString = """
UPDATE lorawan_webhook SET state = 'gone', generation = generation + 1, failing_since = coalesce(failing_since, %s)
WHERE id = %s AND generation = %s RETURNING id
"""
_LETTER: LiteralString = """
INSERT INTO lorawan_deadletter (webhook_id, event_id, event_at, type, dev_eui, body, given_up_at, attempts, status,
                                problem)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT (webhook_id, event_id) DO NOTHING
"""
_LETTER_SENT: LiteralString = "DELETE FROM lorawan_deadletter WHERE id = %s"
_LETTER_FAILED: LiteralString = """
UPDATE lorawan_deadletter SET send_again_at = NULL, attempts = attempts + 1, status = %s, problem = %s,
       given_up_at = %s
WHERE id = %s
"""
_ATTEMPT: LiteralString = """
INSERT INTO lorawan_webhookattempt (webhook_id, event_id, type, dev_eui, at, status, problem, duration_ms)
SELECT %s, %s, %s, %s, %s, %s, %s, %s WHERE EXISTS (SELECT 1 FROM lorawan_webhook WHERE id = %s)
"""
_TRIM: LiteralString = """
DELETE FROM lorawan_webhookattempt WHERE webhook_id = %s AND id <= (
    SELECT id FROM lorawan_webhookattempt WHERE webhook_id = %s ORDER BY id DESC OFFSET %s LIMIT 1)
"""


class HookStore:
    """Over a few connections shared by all couriers. Every method raises ``Unavailable`` without the database."""

    def __init__(self, conninfo: str, keys: KeyRing) -> None:
        self._keys = keys
        self._pool = AsyncConnectionPool(
            conninfo,
            min_size=1,
            max_size=_CONNECTIONS,
            timeout=_WAIT_S,
            open=False,
            kwargs={"application_name": "maillage webhooks"},
        )

    async def open(self) -> None:
        await self._pool.open()

    async def close(self) -> None:
        await self._pool.close()

    async def active(self) -> dict[UUID, UUID]:
        """The webhooks to serve, each with its application."""
        async with self._connection() as connection:
            cursor = await connection.execute(_ACTIVE)
            return {row[0]: row[1] for row in await cursor.fetchall()}

    async def hook(self, hook_id: UUID) -> Hook | None:
        """As it stands; None once it is paused, gone or deleted."""
        async with self._connection() as connection:
            row = await (await connection.execute(_HOOK, (hook_id,))).fetchone()
        if row is None:
            return None
        secret = self._keys.unwrap(bytes(row[8]), str(row[0]), Purpose.WEBHOOK_SECRET)
        return Hook(row[0], row[1], row[2], row[3], tuple(row[4]), row[5], row[6], row[7], secret)

    async def messages(self, hook: Hook, after: int, limit: int) -> tuple[list[Message], int]:
        """The next events of its types, and the place up to which there is none other."""
        async with self._connection() as connection:
            row = await (await connection.execute(_LAST, (hook.application_id,))).fetchone()
            last = int(row[0]) if row else 0
            types = list(hook.types)
            cursor = await connection.execute(_EVENTS, (hook.application_id, after, last, types, types, limit))
            found = [Message(*row) for row in await cursor.fetchall()]
        return found, found[-1].event_id if len(found) == limit else max(last, after)

    async def letters(self, hook: Hook, limit: int) -> list[Message]:
        """Dead letters that somebody asked to be sent again."""
        async with self._connection() as connection:
            return [Message(*row) for row in await (await connection.execute(_LETTERS, (hook.id, limit))).fetchall()]

    async def delivered(self, hook: Hook, message: Message, attempt: Attempt) -> bool:
        """The place moves on. False when a person has changed the webhook meanwhile."""
        async with self._connection() as connection:
            moved = await _moved(connection, _DELIVERED, (message.event_id, attempt.at, hook.id, hook.generation))
            await _note(connection, hook, message, attempt)
        return moved

    async def failed(self, hook: Hook, message: Message, attempt: Attempt, next_at: datetime) -> bool:
        """To be tried again then."""
        async with self._connection() as connection:
            moved = await _moved(connection, _FAILED, (next_at, attempt.at, hook.id, hook.generation))
            await _note(connection, hook, message, attempt)
        return moved

    async def gave_up(self, hook: Hook, message: Message, attempt: Attempt) -> bool:
        """Put aside; those behind it get through."""
        async with self._connection() as connection:
            moved = await _moved(connection, _GIVEN_UP, (message.event_id, attempt.at, hook.id, hook.generation))
            if moved:
                facts = (message.event_id, message.at, message.type, message.dev_eui, message.body)
                end = (attempt.at, hook.attempts + 1, attempt.status, attempt.problem)
                await connection.execute(_LETTER, (hook.id, *facts, *end))
            await _note(connection, hook, message, attempt)
        return moved

    async def gone(self, hook: Hook, message: Message, attempt: Attempt) -> bool:
        """The receiver wants no more; the event stays after the cursor."""
        async with self._connection() as connection:
            moved = await _moved(connection, _GONE, (attempt.at, hook.id, hook.generation))
            await _note(connection, hook, message, attempt)
        return moved

    async def letter_sent(self, hook: Hook, message: Message, attempt: Attempt) -> None:
        async with self._connection() as connection:
            await connection.execute(_LETTER_SENT, (message.letter_id,))
            await _note(connection, hook, message, attempt)

    async def letter_failed(self, hook: Hook, message: Message, attempt: Attempt) -> None:
        async with self._connection() as connection:
            facts = (attempt.status, attempt.problem, attempt.at, message.letter_id)
            await connection.execute(_LETTER_FAILED, facts)
            await _note(connection, hook, message, attempt)

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection[TupleRow]]:
        """One transaction."""
        try:
            async with self._pool.connection() as connection:
                yield connection
        except (OperationalError, PoolTimeout) as error:
            raise Unavailable("lorawan.database-away", reason=str(error)) from error


async def _moved(connection: AsyncConnection[TupleRow], query: LiteralString, facts: tuple[object, ...]) -> bool:
    return await (await connection.execute(query, facts)).fetchone() is not None


async def _note(connection: AsyncConnection[TupleRow], hook: Hook, message: Message, attempt: Attempt) -> None:
    what = (hook.id, message.event_id, message.type, message.dev_eui)
    how = (attempt.at, attempt.status, attempt.problem, attempt.duration_ms)
    await connection.execute(_ATTEMPT, (*what, *how, hook.id))
    await connection.execute(_TRIM, (hook.id, hook.id, ATTEMPTS_KEPT))
