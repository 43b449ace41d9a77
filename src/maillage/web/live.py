"""The server's side of live pages: one hub a process, fed with messages, from which each open page takes its topics.

Pure asyncio, no framework. Use it from the event loop's thread. Wire format: server-sent events (WHATWG HTML, section
9.2), one event a message, named by its topic, plus three of our own: ``hello`` (the topics of this stream), ``resync``
(messages were lost: read a snapshot) and ``beat`` (nothing happened, and it is this time).
"""

import asyncio
import json
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from maillage.kernel import clock

OWN_EVENTS = frozenset({"hello", "resync", "beat"})


@dataclass(frozen=True, slots=True)
class LiveMessage:
    """``data`` is one JSON object. A page needs only the last message of a ``key``; all of those without one."""

    topic: str
    data: str
    key: str | None = None


class MessageSource(Protocol):
    """Where messages come from: a bus subscription, a test's list. It ends when the process stops."""

    def __aiter__(self) -> AsyncIterator[LiveMessage]: ...


@dataclass(frozen=True, slots=True)
class Pace:
    """At most one flush a client each ``flush_interval_s``; a ``beat`` after ``heartbeat_s`` of silence."""

    flush_interval_s: float = 0.25
    heartbeat_s: float = 15.0
    queue_size: int = 256


class Subscription:
    """One open page. It counts as a subscriber only while its ``frames`` are being read."""

    def __init__(self, hub: "Hub", topics: Iterable[str]) -> None:
        self.topics = frozenset(topics)
        self._hub = hub
        self._pending: OrderedDict[object, str] = OrderedDict()
        self._lost = False
        self._ready = asyncio.Event()

    def offer(self, message: LiveMessage) -> None:
        """Queues a message; the oldest is dropped when the client does not keep up, and it will be told."""
        slot: object = object() if message.key is None else (message.topic, message.key)
        self._pending.pop(slot, None)
        self._pending[slot] = event_frame(message.topic, message.data)
        if len(self._pending) > self._hub.pace.queue_size:
            self._pending.popitem(last=False)
            self._lost = True
        self._ready.set()

    async def frames(self, is_allowed: Callable[[], Awaitable[bool]]) -> AsyncIterator[str]:
        """The stream's text, until the reader closes or cancels it; then the hub forgets this page.

        ``is_allowed`` is asked again once a heartbeat: who has logged out, or sees less, hears no more.
        """
        asked_s = clock.monotonic_s()
        self._hub.add(self)
        try:
            yield event_frame("hello", json.dumps({"topics": sorted(self.topics), "now": self._hub.now_text()}))
            while True:
                heard = await self._wait()
                if clock.monotonic_s() - asked_s >= self._hub.pace.heartbeat_s:
                    if not await is_allowed():
                        return
                    asked_s = clock.monotonic_s()
                yield self._drain() if heard else event_frame("beat", json.dumps({"now": self._hub.now_text()}))
                await self._hub.pause(self._hub.pace.flush_interval_s)
        finally:
            self._hub.remove(self)

    async def _wait(self) -> bool:
        """Whether a message came within the heartbeat's time."""
        try:
            async with asyncio.timeout(self._hub.pace.heartbeat_s):
                return await self._ready.wait()
        except TimeoutError:
            return False

    def _drain(self) -> str:
        text = "".join(self._pending.values())
        if self._lost:
            text = event_frame("resync", "{}") + text
        self._pending.clear()
        self._lost = False
        self._ready.clear()
        return text


class Hub:
    """Hands each message to the pages that asked for its topic."""

    def __init__(
        self,
        pace: Pace | None = None,
        *,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        self.pace = pace or Pace()
        self.pause = pause
        self._now = now
        self._subscribers: dict[str, set[Subscription]] = {}

    def subscribe(self, topics: Iterable[str]) -> Subscription:
        """A page's view of these topics (exact names). The caller has checked that its user may see them."""
        names = frozenset(topics)
        if reserved := names & OWN_EVENTS:
            raise ValueError(f"a topic may not be named {sorted(reserved)}")
        return Subscription(self, names)

    def publish(self, topic: str, message: bytes | str, *, key: str | None = None) -> None:
        """Offers one message to every subscriber of ``topic``; never waits. See ``LiveMessage`` for ``key``."""
        data = message.decode() if isinstance(message, bytes) else message
        for subscription in self._subscribers.get(topic, ()):
            subscription.offer(LiveMessage(topic, data, key))

    async def feed(self, source: MessageSource) -> None:
        """Publishes everything the source gives, until it ends or this task is cancelled."""
        async for message in source:
            self.publish(message.topic, message.data, key=message.key)

    @property
    def subscriber_count(self) -> int:
        """Pages open now."""
        return len(set().union(*self._subscribers.values()))

    def has_subscribers(self, topic: str) -> bool:
        """Whether anyone would see a message of ``topic``: lets a source skip the work."""
        return topic in self._subscribers

    def add(self, subscription: Subscription) -> None:
        """Starts handing messages to ``subscription``."""
        for topic in subscription.topics:
            self._subscribers.setdefault(topic, set()).add(subscription)

    def remove(self, subscription: Subscription) -> None:
        """Stops; topics nobody listens to any more are forgotten."""
        for topic in subscription.topics:
            listeners = self._subscribers.get(topic, set())
            listeners.discard(subscription)
            if not listeners:
                self._subscribers.pop(topic, None)

    def now_text(self) -> str:
        """The present instant as the browser reads it, so that its own clock need not be right."""
        return self._now().isoformat()


def event_frame(name: str, data: str) -> str:
    """One server-sent event. Line breaks in ``data`` become several ``data`` fields, as the format wants."""
    lines = "".join(f"data: {line}\n" for line in data.splitlines() or [""])
    return f"event: {name}\n{lines}\n"
