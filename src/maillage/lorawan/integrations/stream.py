"""An application's events as server-sent events, from any place in its log, and then as they come.

The id of each is its number in the log: a client that reconnects with ``Last-Event-ID`` misses nothing that the log
still holds. Source: WHATWG HTML, section 9.2.
"""

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from typing import TypeVar

from asgiref.sync import sync_to_async
from django.db import connection
from django.http import StreamingHttpResponse

from maillage.kernel import clock
from maillage.kernel.errors import Invalid
from maillage.lorawan.integrations import queries
from maillage.lorawan.integrations.events import events_topic
from maillage.lorawan.integrations.models import Event
from maillage.web.live import Hub, Subscription
from maillage.web.streams import hub

HEARTBEAT_S = 15.0
AT_ONCE = 200
_LONGEST_ID = 18
Answer = TypeVar("Answer")


def read_event_id(text: str) -> int:
    """A place in the log, as a client gives it back. Raises ``Invalid``."""
    if not (text.isascii() and text.isdecimal() and len(text) <= _LONGEST_ID):
        raise Invalid("lorawan.event_id_unreadable")
    return int(text)


def event_stream(
    application_id: uuid.UUID, after: int, types: Sequence[str], is_allowed: Callable[[], bool]
) -> StreamingHttpResponse:
    """Serves the log after an event until the client leaves, or may see it no more (asked at every heartbeat).

    Needs ASGI. Called by a synchronous view, whose connection to the database is given back first.
    """
    if not connection.in_atomic_block:
        connection.close()
    return StreamingHttpResponse(
        follow(hub(), application_id, after, types, is_allowed),
        content_type="text/event-stream; charset=utf-8",
        headers={"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"},
    )


async def follow(
    news: Hub, application_id: uuid.UUID, after: int, types: Sequence[str], is_allowed: Callable[[], bool]
) -> AsyncIterator[str]:
    """The text of the stream. ``news`` only wakes it; what it says is read from the log."""
    woken = _Wake(news, [events_topic(application_id)])
    asked_s = clock.monotonic_s()
    news.add(woken)
    try:
        yield f": events of {application_id} after {after}\n\n"
        while True:
            woken.clear()
            events = await _in_thread(partial(queries.events_after, application_id, after, types, AT_ONCE))
            for event in events:
                after = event.pk
                yield _frame(event)
            if not events and not await woken.heard(HEARTBEAT_S):
                yield ": still here\n\n"
            if clock.monotonic_s() - asked_s >= HEARTBEAT_S:
                if not await _in_thread(is_allowed):
                    return
                asked_s = clock.monotonic_s()
    finally:
        news.remove(woken)


class _Wake(Subscription):
    """A subscriber that only wants to know that there is something."""

    def clear(self) -> None:
        self._ready.clear()
        self._pending.clear()

    async def heard(self, within_s: float) -> bool:
        """Whether something came in time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                return await self._ready.wait()
        return False


def _frame(event: Event) -> str:
    return f"id: {event.pk}\nevent: {event.type}\ndata: {event.body}\n\n"


async def _in_thread(work: Callable[[], Answer]) -> Answer:
    """With a connection to the database that is given back."""
    return await sync_to_async(_given_back, thread_sensitive=False)(work)


def _given_back(work: Callable[[], Answer]) -> Answer:
    try:
        return work()
    finally:
        connection.close()
