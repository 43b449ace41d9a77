"""The whole house on a small territory: real database, bus, processes and radio; nothing stands in for anything."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from tests.fixtures.programs import serving, short_folder, wait_until
from tests.fixtures.server_process import three_ports_in_a_row

from maillage.config.data_folder import DataFolder
from maillage.processes.nats import embedded_server
from maillage.processes.ports import answers, any_free

HOST = "127.0.0.1"
HEARD_WITHIN_S = 420.0
_GATES_NOT_HEARD = """
SELECT thing.name, session.f_cnt_up FROM telemetry_thing AS thing
LEFT JOIN lorawan_session AS session ON session.device_id = thing.device_id
WHERE thing.solution = 'access' AND (session.f_cnt_up < 0 OR session.f_cnt_up IS NULL)
"""
# The two featured communes, whose people have log-ins, and little of their past.
SMALL = ("--members=2", "--gateways=2", "--featured-days=2", "--other-days=1")


@dataclass(frozen=True)
class Stack:
    """A running house: where its pages are, and what its processes write."""

    url: str
    logs: Path


@contextmanager
def running_stack(conninfo: str) -> Iterator[Stack]:
    """Load the small territory into the empty database of ``conninfo`` and start every process on it."""
    with short_folder() as folder, ExitStack() as started:
        logs = folder / "logs"
        logs.mkdir()
        nats = embedded_server(DataFolder(folder))
        nats.create()
        started.enter_context(serving(nats.argv(), logs / "nats.log", nats.is_ready, signal.SIGTERM))
        house = _House(logs, _environment(folder, conninfo, nats.url))
        house.finish("manage", "migrate", "--noinput", "--verbosity=0")
        house.finish("manage", "load_demo", *SMALL)
        port = any_free(HOST)
        web = house.process("web", "--host", HOST, "--port", str(port), ready=lambda: answers(HOST, port))
        lorawan = house.process("lorawan", ready=lambda: "listening on UDP" in (logs / "lorawan.log").read_text())
        simulator = house.process("simulate", "--valve-period=10", "--relay-period=45", "--no-collisions")
        for process in (house.process("telemetry"), house.process("command"), lorawan, simulator, web):
            started.enter_context(process)
        _let_the_air_settle(conninfo, logs)
        yield Stack(f"http://{HOST}:{port}", logs)


@dataclass(frozen=True)
class _House:
    """Starts programs that share an environment and write a log each."""

    logs: Path
    environment: Mapping[str, str]

    def finish(self, *arguments: str) -> None:
        result = subprocess.run(
            _maillage(*arguments), env=self.environment, capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stdout + result.stderr

    def process(
        self, name: str, *arguments: str, ready: Callable[[], bool] = lambda: True
    ) -> AbstractContextManager[int]:
        log = self.logs / f"{name}.log"
        return serving(_maillage("run", name, *arguments), log, ready, signal.SIGTERM, self.environment)


def _maillage(*arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "maillage.cli", *arguments)


def _environment(folder: Path, conninfo: str, nats_url: str) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(Path(__file__).parents[2] / "src"),
        "PYTHONUNBUFFERED": "1",
        "MAILLAGE_DATA": str(folder),
        "MAILLAGE_DATABASE": conninfo,
        "MAILLAGE_NATS_URL": nats_url,
        "MAILLAGE_LORAWAN_PORT": str(_free_udp_port()),
        "MAILLAGE_STATION_PORT": str(three_ports_in_a_row()),
    }


def _let_the_air_settle(conninfo: str, logs: Path) -> None:
    """A class C device is commanded only once it was heard after its join. What went wrong is told with the logs."""
    try:
        wait_until(lambda: not _gates_not_heard(conninfo), HEARD_WITHIN_S)
    except AssertionError as late:
        ends = (f"--- {one.name}\n{one.read_text()[-2000:]}" for one in sorted(logs.glob("*.log")))
        late.add_note("\n".join((f"gates not heard: {_gates_not_heard(conninfo)}", *ends)))
        raise


def _gates_not_heard(conninfo: str) -> list[tuple[str, int | None]]:
    """Name of the thing, and the session's counter: None before its join, -1 before its first uplink."""
    with psycopg.connect(conninfo) as connection:
        return connection.execute(_GATES_NOT_HEARD).fetchall()


def _free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
