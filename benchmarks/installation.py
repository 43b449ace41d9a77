"""A private installation for one measurement: a durable PostgreSQL, a NATS server and the house's own processes.

Everything lives in a temporary folder and ends with the measurement. ``TMPDIR`` chooses the disk.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from maillage.config.data_folder import DataFolder
from maillage.processes import ports
from maillage.processes.nats import embedded_server
from maillage.processes.postgres import Cluster
from maillage.processes.postgres_binaries import find_binaries
from maillage.processes.privileges import database_identity, leashed

HOST = "127.0.0.1"
KEK = bytes(range(32))
_READY_WITHIN_S = 90.0
_STOP_WITHIN_S = 30.0
_POLL_S = 0.05
_LISTENING = "listening on UDP"


class BenchmarkError(Exception):
    """The measurement could not be made; the message says why."""


@dataclass(slots=True)
class Installation:
    """Addresses and processes. ``pids`` has one entry a part, its root process."""

    folder: Path
    conninfo: str
    nats_url: str
    lorawan_port: int
    web_port: int
    pids: dict[str, int] = field(default_factory=dict)

    @property
    def web_url(self) -> str:
        return f"http://{HOST}:{self.web_port}"

    @property
    def environment(self) -> Mapping[str, str]:
        """What the processes read."""
        return {
            **os.environ,
            "MAILLAGE_DATA": str(self.folder / "data"),
            "MAILLAGE_KEK": KEK.hex(),
            "MAILLAGE_DATABASE": self.conninfo,
            "MAILLAGE_NATS_URL": self.nats_url,
            "MAILLAGE_LORAWAN_PORT": str(self.lorawan_port),
            "PYTHONUNBUFFERED": "1",
        }

    def database(self) -> psycopg.Connection:
        return psycopg.connect(self.conninfo, autocommit=True)

    def log_of(self, name: str) -> Path:
        return self.folder / f"{name}.log"


@contextmanager
def installed(populate: Callable[[psycopg.Connection], None], processes: Sequence[str]) -> Iterator[Installation]:
    """``populate`` fills the migrated database before ``processes`` start."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mlg-bench-", ignore_cleanup_errors=True)))
        folder.chmod(0o711)  # the database's own user must reach its cluster
        place = servers(stack, folder)
        settled(place, populate)
        for name in processes:
            _start_process(stack, place, name)
        yield place


def settled(place: Installation, populate: Callable[[psycopg.Connection], None]) -> None:
    """The tables, and in them what ``populate`` writes."""
    _migrate(place)
    with place.database() as connection:
        populate(connection)
        connection.execute("VACUUM ANALYZE")


def wait_until(holds: Callable[[], bool], what: str, within_s: float = _READY_WITHIN_S) -> None:
    """Returns as soon as ``holds``. ``BenchmarkError`` after ``within_s``."""
    end_s = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > end_s:
            raise BenchmarkError(f"{what}: not so after {within_s:.0f} s")
        time.sleep(_POLL_S)


@contextmanager
def running(
    argv: Sequence[str], log: Path, environment: Mapping[str, str] | None = None, stop: int = signal.SIGTERM
) -> Iterator[subprocess.Popen[bytes]]:
    """A child with its output in ``log``, stopped at the end."""
    with log.open("wb") as output:
        child = subprocess.Popen(argv, cwd="/", env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        yield child
    finally:
        child.send_signal(stop)
        try:
            child.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def servers(stack: ExitStack, folder: Path) -> Installation:
    """PostgreSQL and NATS in ``folder``, with what an earlier run left there."""
    home = folder / "pg"
    cluster = Cluster(home, home / "socket", find_binaries(), database_identity(), durable=True)
    cluster.create()
    postgres = stack.enter_context(running(cluster.argv(), folder / "postgres.log", stop=signal.SIGINT))
    wait_until(cluster.is_ready, "PostgreSQL answers")
    cluster.complete()
    data = DataFolder(folder / "data")
    data.create()
    bus = embedded_server(data)
    bus.create()
    nats = stack.enter_context(running(bus.argv(), folder / "nats.log"))
    wait_until(bus.is_ready, "NATS answers")
    place = Installation(folder, cluster.conninfo(), bus.url, _free_udp_port(), ports.any_free(HOST))
    place.pids |= {"postgres": postgres.pid, "nats": nats.pid}
    return place


def _migrate(place: Installation) -> None:
    argv = (sys.executable, "-m", "maillage.cli", "manage", "migrate", "--noinput")
    done = subprocess.run(argv, check=False, cwd="/", env=place.environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise BenchmarkError(f"the database could not be migrated:\n{done.stderr[-2000:]}")


def _start_process(stack: ExitStack, place: Installation, name: str) -> None:
    where = ("--host", HOST, "--port", str(place.web_port)) if name == "web" else ()
    argv = leashed((sys.executable, "-m", "maillage.cli", "run", name, *where), signal.SIGKILL)
    child = stack.enter_context(running(argv, place.log_of(name), place.environment))
    place.pids[name] = child.pid

    def is_ready() -> bool:
        if child.poll() is not None:
            raise BenchmarkError(f"{name} ended:\n{place.log_of(name).read_text()[-2000:]}")
        return _is_ready(place, name)

    wait_until(is_ready, f"{name} is ready")


def _is_ready(place: Installation, name: str) -> bool:
    if name == "web":
        return ports.answers(HOST, place.web_port)
    if name == "lorawan":
        return _LISTENING in place.log_of(name).read_text()
    return _listens_to_the_database(place)


def _listens_to_the_database(place: Installation) -> bool:
    """Of the telemetry writer and the command process: their first connection is open."""
    with place.database() as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            " AND application_name NOT LIKE 'maillage lorawan%%'"
        ).fetchone()
    return row is not None and row[0] > 0


def _free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
