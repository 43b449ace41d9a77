"""Values that machines outside publish (MQTT, or NATS itself) become observations, as those pushed by HTTP do.

A message is acknowledged, and gone, once its values are stored or refused for good. Whoever published it cannot be
answered: what is refused is counted in quarantine, and a message that nobody can store is told in the log.
"""

import asyncio
import logging
from collections.abc import Sequence

import msgspec
from django.db import InterfaceError, OperationalError, close_old_connections
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import RetentionPolicy, StreamConfig

from maillage.identity import queries as identity
from maillage.kernel import clock
from maillage.kernel.errors import MaillageError, Refused
from maillage.processes import bus
from maillage.telemetry.engine.judging import Given
from maillage.telemetry.events import PUSH_STREAM, PUSHES, Push
from maillage.telemetry.models import Datastream
from maillage.telemetry.values.actions import push_values

RETRY_S = 1.0
_KEPT_S = 24 * 3600.0
_MAX_BYTES = 1 << 30
_LOG = logging.getLogger(__name__)
_DECODER = msgspec.json.Decoder(Push)


async def ensure_push_stream(stream: JetStreamContext) -> None:
    """The stream exists. A message goes once it is acknowledged: it holds a token."""
    await stream.add_stream(
        StreamConfig(
            name=PUSH_STREAM,
            subjects=[PUSHES],
            retention=RetentionPolicy.WORK_QUEUE,
            max_age=_KEPT_S,
            max_bytes=_MAX_BYTES,
        )
    )


FOLLOWING = bus.Following("telemetry-pushes", (PUSHES,), stream=PUSH_STREAM, ensure=ensure_push_stream)


class Pushes:
    """Follows what is published."""

    def __init__(self, client: Client) -> None:
        self._reader = bus.Reader(client, FOLLOWING)

    async def run(self) -> None:
        """Store until cancelled."""
        while True:
            await self.step()

    async def step(self) -> int:
        """Store what the bus has now; returns the number of new observations. Waits while the database is away."""
        messages = await self._reader.fetch()
        stored = await self._store_patiently(messages) if messages else 0
        await bus.acknowledge(messages)
        return stored

    async def _store_patiently(self, messages: Sequence[Msg]) -> int:
        while True:
            try:
                return await asyncio.to_thread(_store, [message.data for message in messages])
            except (OperationalError, InterfaceError) as problem:
                _LOG.warning("the database does not answer, %d pushes wait: %s", len(messages), problem)
                await bus.keep_waiting(messages)
                await asyncio.sleep(RETRY_S)


def _store(contents: Sequence[bytes]) -> int:
    """Each in a transaction of its own. Storing one twice changes nothing but the quarantine's counters."""
    try:
        return sum(_store_one(content) for content in contents)
    finally:
        close_old_connections()


def _store_one(content: bytes) -> int:
    try:
        push = _DECODER.decode(content)
        given = [Given(one.datastream_id, one.at, one.value, one.unit) for one in push.observations]
        token = identity.live_token(push.token, clock.now())
        if token is None:
            raise Refused("token_unknown")
        pushed = push_values(identity.actor_of(token.membership), given, Datastream.Source.MQTT)
    except msgspec.MsgspecError as problem:
        _LOG.error("a push of %d bytes cannot be read: %s", len(content), problem)
        return 0
    except MaillageError as problem:
        _LOG.error("a push of %d bytes is refused: %s", len(content), problem)
        return 0
    for bad in pushed.verdict.bad:
        _LOG.warning("a value pushed for datastream %d is refused: %s", bad.given.datastream_id, bad.cause)
    return pushed.stored
