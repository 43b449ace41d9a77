"""One message to one address over HTTP. Follows no redirection, and connects to public addresses alone.

The guard stands where the connection is made: the name is resolved once, the address is judged, and that very address
is connected to, so that a name cannot say one thing to the judge and another to the socket.
"""

import asyncio
import socket
import ssl
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

import httpcore

from maillage.kernel import clock
from maillage.lorawan.integrations.addresses import is_public
from maillage.lorawan.integrations.webhooks.signature import signed_headers
from maillage.lorawan.integrations.webhooks.values import Attempt, Hook, Message

PATIENCE_S = 20.0
_CONNECT_S = 10.0
_LONGEST_ANSWER_BYTES = 64 * 1024
_MOST_CONNECTIONS = 1_000
_KEPT_CONNECTIONS = 100
_KEPT_S = 30.0
_AGENT = b"Maillage"


class PrivateAddressError(httpcore.ConnectError):
    """The name stands for no address of the public network."""


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """Connects to what a name stands for, if that is public or private addresses are allowed."""

    def __init__(self, *, private_allowed: bool) -> None:
        self._private_allowed = private_allowed
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Raises ``PrivateAddressError``, or what httpcore raises."""
        addresses = await _resolved(host, port)
        allowed = [address for address in addresses if self._private_allowed or is_public(address)]
        if not allowed:
            raise PrivateAddressError(host)
        problem: Exception = httpcore.ConnectError(host)
        for address in allowed[:2]:
            try:
                return await self._backend.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)


class Sender:
    """Shared by all couriers; a connection is kept for a while, one a receiver."""

    def __init__(self, *, private_allowed: bool, tls: ssl.SSLContext | None = None) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls or ssl.create_default_context(),
            max_connections=_MOST_CONNECTIONS,
            max_keepalive_connections=_KEPT_CONNECTIONS,
            keepalive_expiry=_KEPT_S,
            network_backend=GuardedBackend(private_allowed=private_allowed),
        )

    async def close(self) -> None:
        await self._pool.aclose()

    async def send(self, hook: Hook, message: Message) -> Attempt:
        """One attempt, in at most twenty seconds; never raises for what the receiver does."""
        at, begun_s = clock.now(), clock.monotonic_s()
        status, problem, retry_after_s = None, "", None
        try:
            async with asyncio.timeout(PATIENCE_S):
                status, retry_after_s = await self._post(hook, message, int(at.timestamp()))
        except PrivateAddressError:
            problem = "private_address"
        except (TimeoutError, httpcore.TimeoutException):
            problem = "timeout"
        except (ssl.SSLError, OSError, httpcore.NetworkError, httpcore.ProtocolError) as error:
            problem = _problem(error)
        duration_ms = round(1000 * (clock.monotonic_s() - begun_s))
        return Attempt(at, status, problem, duration_ms, retry_after_s)

    async def _post(self, hook: Hook, message: Message, timestamp_s: int) -> tuple[int, float | None]:
        body = message.body.encode()
        headers = signed_headers(hook.secret, f"evt_{message.event_id}", timestamp_s, body)
        given = [(name.encode(), value.encode()) for name, value in headers.items()]
        given += [(b"content-type", b"application/json"), (b"user-agent", _AGENT), (b"host", _host(hook.url))]
        timeouts = {"connect": _CONNECT_S, "read": PATIENCE_S, "write": PATIENCE_S, "pool": PATIENCE_S}
        async with self._pool.stream(
            "POST", target(hook.url, message.type), headers=given, content=body, extensions={"timeout": timeouts}
        ) as response:
            size = 0
            async for chunk in response.aiter_stream():
                size += len(chunk)
                if size > _LONGEST_ANSWER_BYTES:
                    break
            return response.status, _retry_after_s(response.headers)


def target(url: str, event_type: str) -> str:
    """The address with ``event=<type>``, as ChirpStack's HTTP integration calls it."""
    parts = urlsplit(url)
    query = "&".join(part for part in (parts.query, urlencode({"event": event_type})) if part)
    return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", query, ""))


def _host(url: str) -> bytes:
    return urlsplit(url).netloc.encode()


def _problem(error: Exception) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return "tls"
        if isinstance(cause, socket.gaierror):
            return "unknown_host"
        cause = cause.__cause__ or cause.__context__
    return "connection"


def _retry_after_s(headers: Iterable[tuple[bytes, bytes]]) -> float | None:
    """In seconds; a date is not obeyed."""
    for name, value in headers:
        if name.lower() == b"retry-after" and value.strip().isdigit():
            return float(value)
    return None


async def _resolved(host: str, port: int) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))
