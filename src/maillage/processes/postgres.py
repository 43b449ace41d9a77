"""A private PostgreSQL + PostGIS cluster: made once, reached by a Unix socket only, owned by one supervisor.

Whoever can enter the socket's folder (0700) is trusted: there is no password and no TCP. The application connects as
``maillage``, which owns its database and is no superuser; PostGIS is put into ``template1``, so that every database
made later, those of the tests included, has it.
"""

import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from maillage.config.data_folder import DataFolder, socket_folder
from maillage.config.environment import DATABASE_NAME, DATABASE_ROLE
from maillage.processes import leftovers
from maillage.processes.postgres_binaries import Binaries
from maillage.processes.postgres_settings import settings_of
from maillage.processes.privileges import Identity, can_reach, leashed, own
from maillage.processes.problems import CannotStart

_SUPERUSER = "postgres"
_ROOM_NEEDED_BYTES = 512 * 1024 * 1024
_STOP_GRACE_S = 10.0
_CONNECT_TIMEOUT_S = 5
_LOCALE = ("--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=fr")


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster's place and owner. ``durable=False`` gives up surviving a crash for speed: tests only."""

    home: Path
    socket: Path
    binaries: Binaries
    identity: Identity | None = None
    durable: bool = True

    @property
    def folder(self) -> Path:
        return self.home / "cluster"

    def conninfo(self, database: str = DATABASE_NAME, role: str = DATABASE_ROLE) -> str:
        """How to connect, for psycopg and libpq."""
        return psycopg.conninfo.make_conninfo(host=str(self.socket), port=5432, user=role, dbname=database)

    def argv(self) -> tuple[str, ...]:
        """The server's command. SIGINT stops it within a second or so (fast shutdown), and so does our death."""
        settings = settings_of(self.socket, durable=self.durable)
        options = tuple(part for name, value in settings.items() for part in ("-c", f"{name}={value}"))
        program = str(self.binaries.folder / "postgres")
        return leashed((program, "-D", str(self.folder), *options), signal.SIGINT, self.identity)

    def create(self) -> None:
        """Make the cluster unless it is there; an interrupted attempt is thrown away. Raises ``CannotStart``."""
        own(self.home, self.identity)
        own(self.socket, self.identity)
        _require_room(self.home)
        if not self.folder.exists():
            self._initialise()

    def clear(self) -> None:
        """Stop what is left of a server that lost its supervisor, and forget its stale pid file."""
        clear_leftovers(self.folder)

    def is_ready(self) -> bool:
        """Whether the server answers queries now."""
        try:
            self._connect("template1").close()
        except psycopg.OperationalError:
            return False
        return True

    def complete(self) -> None:
        """Make what the running server lacks: the role, PostGIS in the template, the database."""
        with self._connect("template1") as connection:
            if not _found(connection, "pg_roles", "rolname", DATABASE_ROLE):
                rights = sql.SQL("CREATEDB" if not self.durable else "NOCREATEDB")
                role = sql.Identifier(DATABASE_ROLE)
                connection.execute(sql.SQL("CREATE ROLE {} LOGIN {}").format(role, rights))
            connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        with self._connect("postgres") as connection:
            if not _found(connection, "pg_database", "datname", DATABASE_NAME):
                names = sql.Identifier(DATABASE_NAME), sql.Identifier(DATABASE_ROLE)
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(*names))

    def _connect(self, database: str) -> psycopg.Connection:
        conninfo = self.conninfo(database, _SUPERUSER)
        return psycopg.connect(conninfo, autocommit=True, connect_timeout=_CONNECT_TIMEOUT_S)

    def _initialise(self) -> None:
        draft = self.home / "cluster.draft"
        shutil.rmtree(draft, ignore_errors=True)
        program = str(self.binaries.folder / "initdb")
        sync = () if self.durable else ("--no-sync",)
        argv = (
            program,
            "-D",
            str(draft),
            "-U",
            _SUPERUSER,
            "--auth=trust",
            "--data-checksums",
            *_LOCALE,
            *sync,
        )
        command = leashed(argv, signal.SIGKILL, self.identity)
        result = subprocess.run(command, check=False, cwd="/", capture_output=True, text=True)
        if result.returncode != 0:
            raise CannotStart(
                "initdb-failed",
                f"PostgreSQL could not make its cluster in {self.home}:\n{result.stderr.strip()}",
            )
        draft.rename(self.folder)


def embedded_cluster(data: DataFolder, identity: Identity | None, binaries: Binaries) -> Cluster:
    """The cluster of ``data``: the one that exists, else one where ``identity`` can work."""
    home = data.postgres_home
    if not (home / "cluster").is_dir() and identity is not None and not can_reach(identity, data.path):
        home = data.system_postgres_home
        home.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    return Cluster(home, socket_folder(home, data.digest), binaries, identity)


def clear_leftovers(folder: Path) -> None:
    """Stop every PostgreSQL process that works on the cluster in ``folder``, and forget its pid file.

    Call it only while holding the installation's lock: then no living supervisor owns those processes. Raises
    ``CannotStart`` when they cannot be stopped.
    """
    running = leftovers.working_in(folder, "postgres") if folder.exists() else ()
    escalation = (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL)
    if left := leftovers.stop_all(running, escalation, _STOP_GRACE_S):
        raise CannotStart(
            "postgres-will-not-stop",
            f"An earlier PostgreSQL still works on {folder} and cannot be stopped (pids {left}).",
        )
    (folder / "postmaster.pid").unlink(missing_ok=True)


def _found(connection: psycopg.Connection, table: str, column: str, value: str) -> bool:
    query = sql.SQL("SELECT 1 FROM {} WHERE {} = %s").format(sql.Identifier(table), sql.Identifier(column))
    return connection.execute(query, [value]).fetchone() is not None


def _require_room(home: Path) -> None:
    free = shutil.disk_usage(home).free
    if free < _ROOM_NEEDED_BYTES:
        raise CannotStart(
            "disk-full",
            f"The disk of {home} has {free // 1024**2} MB left; the database needs at least "
            f"{_ROOM_NEEDED_BYTES // 1024**2} MB. Free some, or choose another folder with MAILLAGE_DATA.",
        )
