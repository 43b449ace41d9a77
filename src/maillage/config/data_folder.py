"""Where an installation keeps what it creates: one folder, ``var/data`` unless ``MAILLAGE_DATA`` says so.

::

    maillage.lock        held by the running supervisor, names its pid
    secret.key           Django's secret key, made once, 0600
    kek                  what wraps the keys of devices in the database, made once, 0600; one a line, the first wraps
    vapid.pem            how Web Push services know this installation, made once, 0600
    models/              device models imported from repositories
    mqtt.password        what machines that publish by MQTT share, made once, 0600
    nats.url  nats.conf  address (with its token) and configuration of the private NATS server, 0600
    nats/                JetStream's files
    mqtt.json mqtt.conf  address (with its secrets) and configuration of the customers' MQTT broker, 0600
    mqtt/                its files
    postgresql/          home of the private cluster: cluster/ and, when its path is short enough, socket/
    logs/                what the servers write
    archive/             measured values of closed months, Parquet
    authority/           the certificate authority of LoRaWAN gateways, 0700
    simulator/           the demonstration's fleet and what its devices remember, 0700
    demo-logins.json     the demonstration's log-ins, written by whoever loads it, 0600

PostgreSQL refuses to run as root. When root starts Maillage and the system user ``postgres`` cannot reach
the folder (a clone under ``/root``), the cluster's home is ``/var/lib/maillage/<digest of its path>``.
"""

import hashlib
import os
import secrets
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PROJECT_FOLDER = Path(__file__).resolve().parents[3]
SYSTEM_HOMES = Path("/var/lib/maillage")
_SOCKET_PATH_MAX_BYTES = 107  # sun_path of unix(7), less its closing zero
_SOCKET_NAME = ".s.PGSQL.5432"
_SECRET_BYTES = 48
_KEK_BYTES = 32


@dataclass(frozen=True, slots=True)
class DataFolder:
    """The folder of one installation; names paths, creates nothing until told."""

    path: Path

    @property
    def lock(self) -> Path:
        return self.path / "maillage.lock"

    @property
    def secret_key(self) -> Path:
        return self.path / "secret.key"

    @property
    def key_encryption_keys(self) -> Path:
        return self.path / "kek"

    @property
    def vapid_key(self) -> Path:
        return self.path / "vapid.pem"

    @property
    def device_models(self) -> Path:
        return self.path / "models"

    @property
    def mqtt_password(self) -> Path:
        return self.path / "mqtt.password"

    @property
    def nats_url(self) -> Path:
        return self.path / "nats.url"

    @property
    def nats_configuration(self) -> Path:
        return self.path / "nats.conf"

    @property
    def nats_store(self) -> Path:
        return self.path / "nats"

    @property
    def mqtt_broker(self) -> Path:
        return self.path / "mqtt.json"

    @property
    def mqtt_configuration(self) -> Path:
        return self.path / "mqtt.conf"

    @property
    def mqtt_store(self) -> Path:
        return self.path / "mqtt"

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def archive(self) -> Path:
        return self.path / "archive"

    @property
    def authority(self) -> Path:
        return self.path / "authority"

    @property
    def simulator(self) -> Path:
        return self.path / "simulator"

    @property
    def demo_logins(self) -> Path:
        return self.path / "demo-logins.json"

    @property
    def own_postgres_home(self) -> Path:
        """The cluster's home inside the folder."""
        return self.path / "postgresql"

    @property
    def system_postgres_home(self) -> Path:
        """The cluster's home where ``postgres`` can reach it when it cannot reach the folder."""
        return SYSTEM_HOMES / self.digest

    @property
    def postgres_home(self) -> Path:
        """The home in use: the system one when it exists, else the folder's own."""
        home = self.system_postgres_home
        return home if (home / "cluster").is_dir() else self.own_postgres_home

    @property
    def digest(self) -> str:
        """A short name for this folder, the same at every start."""
        return hashlib.sha256(os.fsencode(self.path)).hexdigest()[:12]

    def owned_paths(self) -> tuple[Path, ...]:
        """All that starting over may delete: nothing that Maillage did not create itself."""
        return (
            self.own_postgres_home,
            self.system_postgres_home,
            self.nats_store,
            self.nats_configuration,
            self.nats_url,
            self.mqtt_store,
            self.mqtt_configuration,
            self.mqtt_broker,
            self.mqtt_password,
            self.logs,
            self.archive,
            self.authority,
            self.simulator,
            self.demo_logins,
            self.secret_key,
            self.key_encryption_keys,
            self.device_models,
        )

    def create(self) -> None:
        """Make the folder. Root leaves it passable, so that the database's own user can reach its cluster."""
        self.path.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)


def data_folder(chosen: str) -> DataFolder:
    """The folder named by ``chosen``, or the project's own when it is empty."""
    path = Path(chosen).expanduser() if chosen else PROJECT_FOLDER / "var" / "data"
    return DataFolder(path.absolute())


def socket_folder(home: Path, digest: str) -> Path:
    """Where the cluster of ``home`` puts its socket: inside, unless that is too long a socket address."""
    inside = home / "socket"
    if len(os.fsencode(inside / _SOCKET_NAME)) < _SOCKET_PATH_MAX_BYTES:
        return inside
    if os.geteuid() == 0:
        return Path("/run/maillage") / digest
    return Path(f"/tmp/maillage-{os.geteuid()}-{digest}")  # noqa: S108 - created 0700 and its owner checked


def write_private(path: Path, text: str) -> None:
    """Write ``text`` so that only its owner can read it, whole or not at all."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    Path(temporary).replace(path)


def secret_kept_in(path: Path) -> str:
    """The secret in ``path``, made at the first call; processes that race for it all get the same one."""
    return _kept_in(path, lambda: secrets.token_urlsafe(_SECRET_BYTES))


def kek_kept_in(path: Path) -> str:
    """The key-encryption keys in ``path``, one of 256 bits made at the first call, in hexadecimal."""
    return _kept_in(path, lambda: secrets.token_hex(_KEK_BYTES))


def _kept_in(path: Path, make: Callable[[], str]) -> str:
    if not path.exists():
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(make())
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass  # another process was first: its secret is the one
        finally:
            Path(temporary).unlink()
    return path.read_text(encoding="utf-8").strip()
