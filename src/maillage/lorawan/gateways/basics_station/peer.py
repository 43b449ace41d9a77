"""Who is at the other end of a TLS connection, by the certificate that the handshake has verified."""

from asyncio import BaseTransport
from dataclasses import dataclass

_COMMON_NAME = "commonName"


@dataclass(frozen=True, slots=True)
class Peer:
    """``eui`` is the certificate's common name, ``serial`` lower-case hexadecimal without leading zeros."""

    eui: str
    serial: str


def peer_of(transport: BaseTransport | None) -> Peer | None:
    """None without TLS."""
    found = transport.get_extra_info("peercert") if transport is not None else None
    if not found:
        return None
    names = [value for part in found.get("subject", ()) for key, value in part if key == _COMMON_NAME]
    return Peer(names[0] if names else "", f"{int(found['serialNumber'], 16):x}")
