"""The event bus over NATS: JetStream for what must not be lost, core NATS for pages that look on."""

import asyncio
import contextlib
import logging

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.client import JetStreamContext
from nats.js.errors import APIError, NoStreamResponseError

from maillage.kernel.errors import Unavailable
from maillage.lorawan.stream import ensure_stream

log = logging.getLogger(__name__)
_RETRY_S = 1.0
_PUBLISH_TIMEOUT_S = 5.0


class NatsBus:
    """Connects by itself, again and again; until then ``publish`` raises ``Unavailable`` and ``tell`` loses."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = Client()
        self._stream: JetStreamContext | None = None

    async def run(self) -> None:
        """Connect, then stay connected until cancelled."""
        while self._stream is None:
            try:
                await self._connect()
            except (TimeoutError, OSError, NatsError, APIError) as error:
                log.warning("The event bus does not answer, trying again: %s", error)
                await asyncio.sleep(_RETRY_S)

    async def close(self) -> None:
        if self._stream is not None:
            with contextlib.suppress(NatsError, OSError, asyncio.TimeoutError):
                await self._client.close()

    async def publish(self, subject: str, message: bytes) -> None:
        if self._stream is None or not self._client.is_connected:
            raise Unavailable("lorawan.event-bus-away")
        try:
            await self._publish(self._stream, subject, message)
        except (TimeoutError, NatsError, APIError, OSError) as error:
            raise Unavailable("lorawan.event-bus-away", reason=str(error)) from error

    async def _publish(self, stream: JetStreamContext, subject: str, message: bytes) -> None:
        """A bus whose store was lost comes back without the stream: it is made again."""
        try:
            await stream.publish(subject, message, timeout=_PUBLISH_TIMEOUT_S)
        except NoStreamResponseError:
            log.warning("The event bus has lost its stream; it is made again.")
            await ensure_stream(stream)
            await stream.publish(subject, message, timeout=_PUBLISH_TIMEOUT_S)

    async def tell(self, subject: str, message: bytes) -> None:
        if self._stream is None or not self._client.is_connected:
            return
        with contextlib.suppress(NatsError, OSError):
            await self._client.publish(subject, message)

    async def _connect(self) -> None:
        self._client = Client()
        await self._client.connect(
            self._url,
            name="maillage lorawan",
            connect_timeout=2,
            max_reconnect_attempts=-1,
            reconnect_time_wait=1,
            error_cb=_said,
        )
        stream = self._client.jetstream()
        await ensure_stream(stream)
        self._stream = stream


async def _said(error: Exception) -> None:
    log.warning("Event bus: %s", error)
