"""Everything of Basics Station that a process opens: LNS over TLS and without, CUPS, certificates."""

import logging
import ssl
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path

from maillage.kernel import clock
from maillage.lorawan.gateways.authority_folder import AuthorityFolder
from maillage.lorawan.gateways.basics_station.cups_server import CupsServer
from maillage.lorawan.gateways.basics_station.errors import StationError
from maillage.lorawan.gateways.basics_station.server import StationServer
from maillage.lorawan.gateways.store import CertificateStore
from maillage.lorawan.regions.region import Region
from maillage.lorawan.server.station_desk import StationDesk
from maillage.lorawan.server.station_updates import StationUpdates

log = logging.getLogger(__name__)
Renew = Callable[[], Coroutine[None, None, None]]


@dataclass(frozen=True, slots=True)
class StationAddresses:
    """Where stations connect: LNS over TLS on ``port``, CUPS on the next, LNS without TLS on the one after that.

    ``names`` are those of the server's certificate; ``plain_host`` where the port without TLS is open.
    """

    port: int
    host: str
    plain_host: str
    names: tuple[str, ...]
    authority_folder: Path


@dataclass(frozen=True, slots=True)
class Stations:
    """``lns`` carries the radio traffic; ``noted`` are the certificates whose first use is already stored."""

    folder: AuthorityFolder
    certificates: CertificateStore
    lns: StationServer
    cups: CupsServer = field(default_factory=CupsServer)
    noted: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, conninfo: str, region: Region, where: StationAddresses) -> "Stations":
        """Nothing is opened yet."""
        return cls(
            AuthorityFolder(where.authority_folder),
            CertificateStore(conninfo),
            StationServer(region, clock.now, clock.monotonic_s),
        )

    async def start(self, desk: StationDesk, where: StationAddresses) -> ssl.SSLContext:
        """Listen. In a region that no station can be told, only say so."""
        tls = self.folder.server_context(where.names, clock.now())
        authority = self.folder.authority(clock.now())
        updates = StationUpdates(desk, self.certificates, authority, where.port, clock.now)
        try:
            await self.lns.start(desk, where.host, where.port, tls)
        except StationError as error:
            log.warning("Basics Station is not spoken in this region (%s): gateways come by Semtech UDP", error)
            return tls
        await self.cups.start(updates.answer, where.host, where.port + 1, tls)
        await self.lns.start(desk, where.plain_host, where.port + 2, None)
        log.info("listening to stations on TCP %d, CUPS on %d, without TLS on %s:%d", *_ports(where))
        return tls

    def renewing(self, where: StationAddresses, tls: ssl.SSLContext) -> Renew:
        """The server's certificate is replaced before it expires; connections that stand keep the old one."""

        async def renew() -> None:
            tls.load_cert_chain(self.folder.server_file(where.names, clock.now()))

        return renew

    async def note_use(self, desk: StationDesk) -> None:
        """The first use of a certificate revokes the one before it."""
        fresh = {serial: at for serial, at in desk.certificates_used.items() if serial not in self.noted}
        if fresh:
            await self.certificates.note_use(fresh)
            self.noted.update(fresh)

    async def stop_listening(self) -> None:
        await self.lns.close()
        await self.cups.close()

    async def close(self) -> None:
        await self.stop_listening()
        await self.certificates.close()


def _ports(where: StationAddresses) -> tuple[int, int, str, int]:
    return where.port, where.port + 1, where.plain_host, where.port + 2
