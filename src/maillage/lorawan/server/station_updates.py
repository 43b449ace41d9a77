"""What CUPS answers: the address to connect to, and a new certificate when the operator asked for one."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from maillage.lorawan.gateways.authority import Credential, issue_gateway
from maillage.lorawan.gateways.basics_station.cups import Credentials, Update, UpdateRequest
from maillage.lorawan.gateways.basics_station.identity import read_identity
from maillage.lorawan.gateways.basics_station.peer import Peer
from maillage.lorawan.server.station_desk import StationDesk


class Certificates(Protocol):
    """The part of the certificate store that renewals need."""

    async def renewal_is_asked(self, serial: str) -> bool: ...

    async def issued(self, present: str, serial: str, issued_at: datetime, not_after: datetime) -> bool: ...


class StationUpdates:
    """The handler of ``gateways.basics_station.cups_server``."""

    def __init__(
        self,
        desk: StationDesk,
        certificates: Certificates,
        authority: Credential,
        lns_port: int,
        now: Callable[[], datetime],
    ) -> None:
        self._desk = desk
        self._certificates = certificates
        self._authority = authority
        self._lns_port = lns_port
        self._now = now

    async def answer(self, request: UpdateRequest, peer: Peer | None, host: str, address: str) -> Update | None:
        """None for a gateway that is not admitted. Raises ``StationError``, ``Unavailable``."""
        eui, at = read_identity(request.router), self._now()
        if peer is None or self._desk.admit(eui, peer, address, at):
            return None
        self._desk.seen(eui, at)
        tc_uri = f"wss://{host}:{self._lns_port}"
        moved = tc_uri if host and request.tc_uri != tc_uri else ""
        fresh = await self._renewed(peer, at)
        return Update(tc_uri=moved, cups_credentials=fresh, tc_credentials=fresh)

    async def _renewed(self, peer: Peer, at: datetime) -> Credentials | None:
        """The old certificate stays good until the new one has been used: an answer that gets lost locks nobody out."""
        if not await self._certificates.renewal_is_asked(peer.serial):
            return None
        made = await asyncio.to_thread(issue_gateway, self._authority, peer.eui, at)
        if not await self._certificates.issued(peer.serial, made.serial, at, made.not_after):
            return None
        return Credentials(self._authority.certificate_der, made.certificate_der, made.key_der)
