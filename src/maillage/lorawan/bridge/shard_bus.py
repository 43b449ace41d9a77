"""A shard's owner on the event bus: copies are acknowledged once what became of them is durable."""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error as NatsError
from nats.js.client import JetStreamContext
from nats.js.errors import APIError

from maillage.lorawan.bridge.messages import (
    DOWN,
    FATE,
    HERE,
    BadMessage,
    Copies,
    Fate,
    Order,
    Presence,
    read_copies,
    read_fate,
    read_presence,
    write,
)
from maillage.lorawan.bridge.stream import TAKEN_FOR_S, begin_ownership, ensure_air_stream, follow_shard

log = logging.getLogger(__name__)
_AT_ONCE = 100
_WAIT_S = 1.0
_RETRY_S = 0.5
_ACKNOWLEDGE_EVERY_S = 0.05
_WAITING_MAX = 10_000
_STILL_AT_WORK_EVERY_S = TAKEN_FOR_S / 2


@dataclass(frozen=True, slots=True)
class _Taken:
    at_s: float
    copies: int
    message: Msg


class ShardBus:
    """One shard's. ``settled_s()``, below, is the monotonic instant up to which everything heard is durable."""

    def __init__(self, client: Client, shard: int, monotonic_s: Callable[[], float]) -> None:
        self._client = client
        self._shard = shard
        self._monotonic_s = monotonic_s
        self._taken: deque[_Taken] = deque()
        self._waiting = 0
        self._is_owner = False
        self._sending: set[asyncio.Task[None]] = set()
        self._subscriptions: list[Subscription] = []

    def order(self, origin: str, message: Order) -> bool:
        if not self._client.is_connected:
            return False
        task = asyncio.get_running_loop().create_task(self._publish(f"{DOWN}.{origin}", write(message)))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)
        return True

    async def start(self, fate: Callable[[Fate], None], present: Callable[[Presence], None]) -> None:
        """Hear of fates and of gateways from now on."""

        async def on_fate(message: Msg) -> None:
            with _unreadable_is_dropped():
                fate(read_fate(message.data))

        async def on_presence(message: Msg) -> None:
            with _unreadable_is_dropped():
                present(read_presence(message.data))

        self._subscriptions = [
            await self._client.subscribe(f"{FATE}.{self._shard}", cb=on_fate),
            await self._client.subscribe(HERE, cb=on_presence),
        ]

    async def stop(self) -> None:
        for subscription in self._subscriptions:
            with contextlib.suppress(NatsError):
                await subscription.unsubscribe()
        await asyncio.gather(*self._sending)

    async def run(self, take: Callable[[Copies], None], settled_s: Callable[[], float]) -> None:
        """Take what was heard, again and again, whatever becomes of the bus."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._acknowledge(settled_s))
            while True:
                try:
                    await self._follow(take)
                except (NatsError, APIError, OSError) as error:
                    log.warning("Shard %d waits for the event bus: %s", self._shard, error)
                    await asyncio.sleep(_RETRY_S)

    async def settle(self, settled_s: float) -> None:
        """Acknowledge what is durable; said once more while stopping, when nothing new is taken."""
        await self._acknowledge_settled(settled_s)

    async def _follow(self, take: Callable[[Copies], None]) -> None:
        stream = self._client.jetstream()
        await ensure_air_stream(stream)
        if not self._is_owner:
            await begin_ownership(stream, self._shard)
            self._is_owner = True
        following: JetStreamContext.PullSubscription = await follow_shard(stream, self._shard)
        while True:
            if self._waiting > _WAITING_MAX:  # the database is away: the stream keeps the rest, on disk
                await asyncio.sleep(_RETRY_S)
                continue
            try:
                messages = await following.fetch(_AT_ONCE, timeout=_WAIT_S)
            except TimeoutError:
                continue
            for message in messages:
                copies = _readable(message)
                self._waiting += len(copies.copies)
                self._taken.append(_Taken(self._monotonic_s(), len(copies.copies), message))
                take(copies)

    async def _acknowledge(self, settled_s: Callable[[], float]) -> None:
        told_s = self._monotonic_s()
        while True:
            await asyncio.sleep(_ACKNOWLEDGE_EVERY_S)
            await self._acknowledge_settled(settled_s())
            if self._monotonic_s() - told_s >= _STILL_AT_WORK_EVERY_S:
                told_s = self._monotonic_s()
                for taken in list(self._taken):
                    with contextlib.suppress(NatsError, OSError):
                        await taken.message.in_progress()

    async def _acknowledge_settled(self, settled_s: float) -> None:
        """One that is lost brings the message back, and its frames are refused as replayed."""
        while self._taken and self._taken[0].at_s <= settled_s:
            taken = self._taken.popleft()
            self._waiting -= taken.copies
            with contextlib.suppress(NatsError, OSError):
                await taken.message.ack()

    async def _publish(self, subject: str, data: bytes) -> None:
        with contextlib.suppress(NatsError, OSError):
            await self._client.publish(subject, data)


def _readable(message: Msg) -> Copies:
    """One that cannot be read holds nothing, and is acknowledged like the others."""
    try:
        return read_copies(message.data)
    except BadMessage as error:
        log.warning("A message that cannot be read was dropped: %s", error)
        return Copies("", [])


@contextlib.contextmanager
def _unreadable_is_dropped() -> Iterator[None]:
    try:
        yield
    except BadMessage as error:
        log.warning("A message that cannot be read was dropped: %s", error)
