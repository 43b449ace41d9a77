"""The HTTPS end point of CUPS: one request a connection, a certificate asked for, everything else the handler's."""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable
from functools import partial
from http import HTTPStatus

import h11

from maillage.kernel.errors import Unavailable
from maillage.lorawan.gateways.basics_station.cups import (
    REQUEST_MAX_BYTES,
    Update,
    UpdateRequest,
    read_update_request,
    write_update,
)
from maillage.lorawan.gateways.basics_station.errors import StationError
from maillage.lorawan.gateways.basics_station.peer import Peer, peer_of

log = logging.getLogger(__name__)
UPDATE_PATH = b"/update-info"
_WITHIN_S = 30.0
_CHUNK_BYTES = 16_384

Handler = Callable[[UpdateRequest, Peer | None, str, str], Awaitable[Update | None]]
"""Request, certificate, the host the station called (without port), its address; None: the gateway is not admitted."""


class _BadRequest(Exception):  # noqa: N818 - an answer
    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status)
        self.status = status


class CupsServer:
    def __init__(self) -> None:
        self._server: asyncio.Server | None = None

    async def start(self, handler: Handler, host: str, port: int, tls: ssl.SSLContext) -> int:
        """Listen; returns the port. ``Unavailable`` when it is taken."""
        try:
            self._server = await asyncio.start_server(partial(_connected, handler), host, port, ssl=tls)
        except OSError as error:
            raise Unavailable("lorawan.port-taken", port=port, reason=str(error.strerror)) from error
        return int(self._server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
            await server.wait_closed()


async def _connected(handler: Handler, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=REQUEST_MAX_BYTES)
    try:
        async with asyncio.timeout(_WITHIN_S):
            status, body = await _answer(handler, connection, reader, writer)
            writer.write(_response(connection, status, body))
            await writer.drain()
    except (OSError, TimeoutError, h11.LocalProtocolError) as error:
        log.debug("CUPS: %s", error)
    finally:
        writer.close()


async def _answer(
    handler: Handler, connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> tuple[HTTPStatus, bytes]:
    try:
        host, body = await _read(connection, reader)
        request = read_update_request(body)
        address = str((writer.get_extra_info("peername") or ("",))[0])
        update = await handler(request, peer_of(writer.transport), host, address)
        if update is None:
            return HTTPStatus.FORBIDDEN, b""
        return HTTPStatus.OK, write_update(update)
    except _BadRequest as refusal:
        return refusal.status, b""
    except (StationError, h11.RemoteProtocolError) as error:
        log.info("CUPS: a request that is none: %s", error)
        return HTTPStatus.BAD_REQUEST, b""
    except Unavailable as error:
        log.warning("CUPS: %s", error)
        return HTTPStatus.SERVICE_UNAVAILABLE, b""


async def _read(connection: h11.Connection, reader: asyncio.StreamReader) -> tuple[str, bytes]:
    """The host asked for, and the body."""
    host, body = "", b""
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(_CHUNK_BYTES))
        elif isinstance(event, h11.Request):
            host = _host_of(event)
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
            if len(body) > REQUEST_MAX_BYTES:
                raise _BadRequest(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        elif isinstance(event, h11.EndOfMessage):
            return host, body
        else:
            raise _BadRequest(HTTPStatus.BAD_REQUEST)


def _host_of(request: h11.Request) -> str:
    if request.target != UPDATE_PATH:
        raise _BadRequest(HTTPStatus.NOT_FOUND)
    if request.method != b"POST":
        raise _BadRequest(HTTPStatus.METHOD_NOT_ALLOWED)
    return _without_port(dict(request.headers).get(b"host", b"").decode("ascii", "replace"))


def _response(connection: h11.Connection, status: HTTPStatus, body: bytes) -> bytes:
    headers = [
        ("Content-Type", "application/octet-stream"),
        ("Content-Length", str(len(body))),
        ("Connection", "close"),
    ]
    event = h11.Response(status_code=int(status), headers=headers, reason=status.phrase.encode())
    parts = [connection.send(event), connection.send(h11.Data(data=body)), connection.send(h11.EndOfMessage())]
    return b"".join(part for part in parts if part is not None)


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host
