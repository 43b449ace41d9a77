"""A POST to a program outside: bounded in time and size, never redirected, never to our own network by stealth."""

import http.client
import ipaddress
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

TIMEOUT_S = 10.0
_LONGEST_ANSWER = 2000
_LONGEST_DETAIL = 200
_GONE = frozenset({404, 410})
_BUSY = frozenset({408, 425, 429})


class Undelivered(Exception):  # noqa: N818 - what happened to the message
    """It did not arrive. ``code`` is stable; ``is_final``: trying again is of no use."""

    def __init__(self, code: str, detail: str = "", *, is_final: bool = False) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail[:_LONGEST_DETAIL]
        self.is_final = is_final


@dataclass(frozen=True, slots=True)
class Address:
    """A URL taken apart, with the IP address that was judged: what is connected to is what was checked."""

    url: SplitResult
    ip: str
    port: int

    @property
    def target(self) -> str:
        query = f"?{self.url.query}" if self.url.query else ""
        return f"{self.url.path or '/'}{query}"


def resolved(url: str, *, private_allowed: bool) -> Address:
    """Where ``url`` leads. Raises ``Undelivered``; a private address is refused unless ``private_allowed``."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Undelivered("address_unfit", url, is_final=True)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        found = socket.getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    except (OSError, ValueError) as problem:
        raise Undelivered("host_unknown", f"{parts.hostname}: {problem}") from problem
    ip = str(found[0][4][0])
    if not private_allowed and not ipaddress.ip_address(ip.partition("%")[0]).is_global:
        raise Undelivered("address_private", ip, is_final=True)
    return Address(parts, ip, port)


def post(address: Address, body: bytes, headers: Mapping[str, str], timeout_s: float = TIMEOUT_S) -> None:
    """Sends ``body``; returns when the other side has accepted it (2xx). Raises ``Undelivered``."""
    connection = _connection(address, timeout_s)
    try:
        connection.request("POST", address.target, body, dict(headers))
        answer = connection.getresponse()
        said = answer.read(_LONGEST_ANSWER).decode(errors="replace")
    except (OSError, http.client.HTTPException) as problem:
        raise Undelivered("no_answer", f"{type(problem).__name__}: {problem}") from problem
    finally:
        connection.close()
    if not http.client.OK <= answer.status < http.client.MULTIPLE_CHOICES:
        gone, refused = answer.status in _GONE, http.client.BAD_REQUEST <= answer.status < 500  # noqa: PLR2004
        code = "gone" if gone else "refused"
        final = gone or (refused and answer.status not in _BUSY)
        raise Undelivered(code, f"{answer.status} {said}".strip(), is_final=final)


def _connection(address: Address, timeout_s: float) -> http.client.HTTPConnection:
    """To the IP address that was judged, under the name that was asked for."""
    host = address.url.hostname or ""
    if address.url.scheme == "https":
        return _PinnedHTTPS(host, address.ip, address.port, timeout_s)
    return _Pinned(host, address.ip, address.port, timeout_s)


class _Pinned(http.client.HTTPConnection):
    def __init__(self, host: str, ip: str, port: int, timeout_s: float) -> None:
        super().__init__(host, port, timeout=timeout_s)
        self._ip = ip

    def connect(self) -> None:
        self.sock = socket.create_connection((self._ip, self.port), self.timeout)


class _PinnedHTTPS(http.client.HTTPSConnection):
    def __init__(self, host: str, ip: str, port: int, timeout_s: float) -> None:
        super().__init__(host, port, timeout=timeout_s)
        self._ip = ip

    def connect(self) -> None:
        plain = socket.create_connection((self._ip, self.port), self.timeout)
        self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host)
