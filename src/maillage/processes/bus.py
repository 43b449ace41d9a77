"""The event bus as long-running processes use it: it may go away for a while and nothing is lost."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as BusError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import APIError

from maillage.lorawan.events import STREAM
from maillage.lorawan.stream import ensure_stream

RECONNECT_WAIT_S = 0.5
RETRY_S = 1.0
ACK_WAIT_S = 60
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Following:
    """A durable reader of a stream, the LoRaWAN one unless told otherwise. One reader at a time: order matters."""

    durable: str
    subjects: tuple[str, ...]
    most_at_once: int = 200
    wait_s: float = 0.5
    stream: str = STREAM
    ensure: Callable[[JetStreamContext], Awaitable[None]] = ensure_stream


async def connect(url: str, name: str) -> Client:
    """A connection that outlives its server: it waits for one to appear, and finds it again."""
    return await nats.connect(
        url,
        name=name,
        max_reconnect_attempts=-1,
        reconnect_time_wait=RECONNECT_WAIT_S,
        error_cb=_note,
        disconnected_cb=_note_disconnection,
    )


async def follow(bus: JetStreamContext, following: Following) -> JetStreamContext.PullSubscription:
    """The reader's place in the stream, made at its first start; then every message since the stream began."""
    await following.ensure(bus)
    config = ConsumerConfig(
        ack_policy=AckPolicy.EXPLICIT,
        ack_wait=ACK_WAIT_S,
        deliver_policy=DeliverPolicy.ALL,
        filter_subjects=list(following.subjects),
        max_ack_pending=following.most_at_once,
    )
    return await bus.pull_subscribe(following.subjects[0], following.durable, following.stream, config)


class Reader:
    """Fetches messages in order and survives the loss of the bus, of the stream and of its place in it."""

    def __init__(self, client: Client, following: Following) -> None:
        self._client = client
        self._bus = client.jetstream()
        self._following = following
        self._subscription: JetStreamContext.PullSubscription | None = None

    async def fetch(self) -> list[Msg]:
        """The next messages, at most ``most_at_once``; none when there is nothing new or the bus is away."""
        try:
            if self._subscription is None:
                self._subscription = await follow(self._bus, self._following)
            return await self._subscription.fetch(self._following.most_at_once, timeout=self._following.wait_s)
        except TimeoutError:
            return []
        except (BusError, APIError, OSError) as problem:
            _LOG.warning("the event bus does not answer: %r", problem)
            await self._drop()
            return []

    def has_caught_up(self, messages: Sequence[Msg]) -> bool:
        """Whether these last fetched messages bring the reader up to the present; never while the bus is away."""
        if messages:
            return messages[-1].metadata.num_pending < self._following.most_at_once
        return self._subscription is not None and self._client.is_connected

    async def _drop(self) -> None:
        subscription, self._subscription = self._subscription, None
        await asyncio.sleep(RETRY_S)
        if subscription is not None:
            try:
                await subscription.unsubscribe()
            except (BusError, ValueError) as problem:
                _LOG.debug("a lost subscription could not be closed: %r", problem)


async def acknowledge(messages: Sequence[Msg]) -> None:
    """What they asked for is durable. When this is lost they come again, and change nothing."""
    for message in messages:
        try:
            await message.ack()
        except BusError as problem:
            _LOG.warning("an acknowledgement was lost, the message will come again: %r", problem)
            return


async def keep_waiting(messages: Sequence[Msg]) -> None:
    """They are still being worked on: the bus must not deliver them again yet."""
    for message in messages:
        try:
            await message.in_progress()
        except BusError as problem:
            _LOG.debug("the bus could not be told to wait: %r", problem)
            return


async def publish_live(client: Client, subject: str, payload: bytes) -> None:
    """Tells whoever listens now; nobody need."""
    try:
        await client.publish(subject, payload)
    except BusError as problem:
        _LOG.debug("a live message was lost: %r", problem)


async def _note(problem: Exception) -> None:
    _LOG.warning("event bus: %r", problem)


async def _note_disconnection() -> None:
    _LOG.warning("the event bus went away; looking for it again")
