"""A real network server process."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connections

_EMPTY = """
TRUNCATE lorawan_gateway, lorawan_device, lorawan_frame, lorawan_publicationcursor, lorawan_refusal CASCADE;
DELETE FROM identity_organisation WHERE slug = 'bures'
"""


class ServerProcess:
    """Started, killed and started again; always on the same port."""

    def __init__(self, folder: Path, conninfo: str, nats_url: str) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.log = folder / "lorawan.log"
        self._environment = {
            **os.environ,
            "MAILLAGE_DATA": str(folder / "data"),
            "MAILLAGE_DATABASE": conninfo,
            "MAILLAGE_NATS_URL": nats_url,
            "MAILLAGE_LORAWAN_PORT": str(self.port),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        argv = (sys.executable, "-m", "maillage.cli", "run", "lorawan")
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(argv, env=self._environment, stdout=log, stderr=log)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        return self._end(signal.SIGTERM)

    def wait(self) -> int:
        return self._process.wait(20)

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def _end(self, number: signal.Signals) -> int:
        self._process.send_signal(number)
        return self._process.wait(20)


@pytest.fixture
def lorawan_conninfo(postgres_cluster, db) -> Iterator[str]:
    """The test database, for rows that another process must see. Empties LoRaWAN's tables, before and after.

    ``db`` only for the tables to be there: a transactional test would empty them all, which the journal refuses.
    """
    conninfo = postgres_cluster.conninfo(str(connections["default"].settings_dict["NAME"]))
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute(_EMPTY)
        yield conninfo
        connection.execute(_EMPTY)


@pytest.fixture
def server_process(tmp_path, lorawan_conninfo, nats_server) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path, lorawan_conninfo, nats_server.url)
    yield process
    if process.is_running():
        process.kill()
