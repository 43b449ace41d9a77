"""The gateways' process on the event bus. While the bus is away, what is heard waits on disk."""

import asyncio
import contextlib
import logging
from collections.abc import Callable

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.errors import APIError, NoStreamResponseError

from maillage.lorawan.bridge.messages import (
    DOWN,
    FATE,
    HERE,
    UP,
    BadMessage,
    Copies,
    Fate,
    Order,
    Presence,
    read_order,
    write,
)
from maillage.lorawan.bridge.stream import ensure_air_stream
from maillage.lorawan.spool import Spool

log = logging.getLogger(__name__)
_STORED_WITHIN_S = 2.0
_AT_ONCE = 256
_LOOK_EVERY_S = 0.5


class _Spooled(msgspec.Struct, frozen=True, array_like=True):
    shard: int
    message: bytes


_ENCODER = msgspec.msgpack.Encoder()
_SPOOLED = msgspec.msgpack.Decoder(_Spooled)


class GatewayBus:
    """``client`` is connected and finds its server again by itself. ``spool`` is this process's own."""

    def __init__(self, client: Client, origin: str, spool: Spool) -> None:
        self._client = client
        self._stream = client.jetstream()
        self._origin = origin
        self._spool = spool
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._sending: set[asyncio.Task[None]] = set()

    async def start(self, ordered: Callable[[Order], None]) -> None:
        """Take orders from now on."""

        async def take(message: Msg) -> None:
            try:
                order = read_order(message.data)
            except BadMessage as error:
                log.warning("An order that cannot be read was dropped: %s", error)
            else:
                ordered(order)

        await self._client.subscribe(f"{DOWN}.{self._origin}", cb=take)

    def copies(self, shard: int, message: Copies) -> None:
        """On its way, or on disk behind what waits there already."""
        data = write(message)
        if not self._spool.is_empty or not self._client.is_connected or self._room.locked():
            self._keep(shard, data)
            return
        task = asyncio.get_running_loop().create_task(self._send(shard, data))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    def fate(self, shard: int, message: Fate) -> None:
        self._tell(f"{FATE}.{shard}", message)

    def here(self, message: Presence) -> None:
        self._tell(HERE, message)

    async def run(self) -> None:
        """Hand on what waits on disk, as soon as the bus takes it."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            while self._client.is_connected and (records := self._spool.take()):
                if not await self._hand_on(records):
                    break
                self._spool.discard()

    async def finish(self) -> None:
        """What is on its way arrives, or waits on disk for the next start."""
        await asyncio.gather(*self._sending)
        self._spool.close()

    async def _hand_on(self, records: list[bytes]) -> bool:
        for record in records:
            spooled = _SPOOLED.decode(record)
            if not await self._stored(spooled.shard, spooled.message):
                return False
        return True

    async def _send(self, shard: int, data: bytes) -> None:
        async with self._room:
            if not await self._stored(shard, data):
                self._keep(shard, data)

    async def _stored(self, shard: int, data: bytes) -> bool:
        """Whether the stream has it. A late answer counts as no: the second time, the frame is refused as replayed."""
        subject = f"{UP}.{shard}"
        try:
            try:
                await self._stream.publish(subject, data, timeout=_STORED_WITHIN_S)
            except NoStreamResponseError:
                await ensure_air_stream(self._stream)
                await self._stream.publish(subject, data, timeout=_STORED_WITHIN_S)
        except (TimeoutError, NatsError, APIError, OSError) as error:
            log.debug("The event bus did not take what was heard: %s", error)
            return False
        return True

    def _keep(self, shard: int, data: bytes) -> None:
        if self._spool.is_empty:
            log.warning("The event bus is away: what is heard waits on disk.")
        self._spool.append(_ENCODER.encode(_Spooled(shard, data)))

    def _tell(self, subject: str, message: Fate | Presence) -> None:
        task = asyncio.get_running_loop().create_task(self._publish(subject, write(message)))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _publish(self, subject: str, data: bytes) -> None:
        if self._client.is_connected:
            with contextlib.suppress(NatsError, OSError):
                await self._client.publish(subject, data)
