"""Where an installation keeps its certificate authority: two files that only their owner reads.

::

    authority.pem   key and certificate of the authority, made once
    server.pem      key and certificate of the LNS and CUPS servers, made again before they expire
    trust.pem       the authority's certificate alone
"""

import contextlib
import os
import ssl
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from maillage.kernel.errors import Unavailable
from maillage.lorawan.gateways.authority import (
    Credential,
    bare_host,
    expires_soon,
    hosts_of,
    issue_server,
    new_authority,
    read_credential,
)


@dataclass(frozen=True, slots=True)
class AuthorityFolder:
    """Raises ``Unavailable`` when the folder cannot be used."""

    path: Path

    def authority(self, now: datetime) -> Credential:
        """The authority, made at the first call; processes that race for it all get the same one."""
        file = self.path / "authority.pem"
        with self._usable():
            if not file.exists():
                self._create(file, new_authority(now).pem)
            return read_credential(file.read_bytes())

    def server_file(self, hosts: Sequence[str], now: datetime) -> Path:
        """The file of a server certificate for ``hosts`` that is good for a while yet."""
        file, authority = self.path / "server.pem", self.authority(now)
        with self._usable():
            if not _still_good(file, authority, hosts, now):
                self._write(file, issue_server(authority, hosts, now).pem)
        return file

    def trust_file(self, now: datetime) -> Path:
        """The file of the authority's certificate."""
        file, pem = self.path / "trust.pem", self.authority(now).certificate_pem
        with self._usable():
            if not file.exists() or file.read_bytes() != pem:
                self._write(file, pem)
        return file

    def server_context(self, hosts: Sequence[str], now: datetime) -> ssl.SSLContext:
        """TLS 1.2 or later; clients must show a certificate of the authority."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(self.trust_file(now))
        context.load_cert_chain(self.server_file(hosts, now))
        return context

    def _create(self, file: Path, content: bytes) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = self._temporary(content)
        with contextlib.suppress(FileExistsError):  # another process was first: its authority is the one
            os.link(temporary, file)
        temporary.unlink()

    def _write(self, file: Path, content: bytes) -> None:
        self._temporary(content).replace(file)

    def _temporary(self, content: bytes) -> Path:
        """``mkstemp`` makes it 0600."""
        handle, name = tempfile.mkstemp(dir=self.path, prefix=".new.")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        return Path(name)

    @contextlib.contextmanager
    def _usable(self) -> Iterator[None]:
        try:
            yield
        except (OSError, ValueError) as error:
            raise Unavailable("lorawan.authority_unusable", folder=str(self.path), reason=str(error)) from error


def _still_good(file: Path, authority: Credential, hosts: Sequence[str], now: datetime) -> bool:
    if not file.exists():
        return False
    try:
        found = read_credential(file.read_bytes())
        found.certificate.verify_directly_issued_by(authority.certificate)
    except Exception:  # noqa: BLE001 - whatever is wrong with it, a new one is made
        return False
    return not expires_soon(found.not_after, now) and hosts_of(found) == {bare_host(host) for host in hosts}
