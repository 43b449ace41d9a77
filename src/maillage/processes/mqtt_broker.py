"""The customers' MQTT broker: a private ``nats-server`` of its own, whose door is kept by the integrations process.

Customers reach the MQTT port alone; the NATS port listens on the loopback for our three users. Nobody else is known to
it: the server asks us about everyone who connects (auth callout).
"""

import json
import secrets
import signal
import socket
from dataclasses import dataclass
from pathlib import Path

import msgspec

from maillage.config.data_folder import DataFolder, write_private
from maillage.config.environment import Environment
from maillage.kernel.errors import Invalid
from maillage.lorawan.integrations.mqtt.access import ACCOUNT
from maillage.lorawan.integrations.mqtt.broker_file import BrokerAddress, read_address
from maillage.lorawan.integrations.mqtt.nkeys import AccountKey
from maillage.processes import leftovers, ports
from maillage.processes.nats import find_program
from maillage.processes.privileges import leashed
from maillage.processes.problems import CannotStart

USUAL_PORTS = range(1883, 1894)
_LOOPBACK = "127.0.0.1"
_STOP_GRACE_S = 5.0
_ANSWER_TIMEOUT_S = 1.0
_SECRET_BYTES, _SEED_BYTES = 24, 32
_MEMORY_STORE_BYTES = 64 * 1024**2
_FILE_STORE_BYTES = 2 * 1024**3
_AUTHORIZATION_TIMEOUT_S = 5
_MAX_PAYLOAD_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class MqttBroker:
    """One broker: its program, configuration, store and address. ``tls`` is (certificate, key) or None."""

    program: Path
    configuration: Path
    store: Path
    address: BrokerAddress
    tls: tuple[Path, Path] | None = None

    def argv(self) -> tuple[str, ...]:
        """Its command; it stops cleanly on SIGTERM, which our death sends it too."""
        return leashed((str(self.program), "--config", str(self.configuration)), signal.SIGTERM)

    def create(self) -> None:
        """Write the configuration and make the store."""
        self.store.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(self.configuration, json.dumps(self._settings(), indent=2))

    def clear(self) -> None:
        """Stop a broker of the same configuration that lost its supervisor."""
        running = leftovers.started_with(str(self.configuration), self.program.name)
        leftovers.stop_all(running, (signal.SIGTERM, signal.SIGKILL), _STOP_GRACE_S)

    def is_ready(self) -> bool:
        """Whether both of its ports answer."""
        return ports.answers(self._mqtt_host(), self.address.mqtt_port) and self._greets()

    def _greets(self) -> bool:
        try:
            with socket.create_connection((_LOOPBACK, self.address.nats_port), timeout=_ANSWER_TIMEOUT_S) as peer:
                return peer.makefile("rb").readline().startswith(b"INFO ")
        except OSError:
            return False

    def _mqtt_host(self) -> str:
        everywhere = self.address.mqtt_host in {"0.0.0.0", "::"}  # noqa: S104 - compared, not listened on
        return _LOOPBACK if everywhere else self.address.mqtt_host

    def _settings(self) -> dict[str, object]:
        address, names = self.address, ("publisher", "doorkeeper", "caretaker")
        users = {name: {"users": [{"user": name, "password": getattr(address, name)}]} for name in names}
        mqtt: dict[str, object] = {"host": address.mqtt_host, "port": address.mqtt_port}
        if self.tls is not None:
            mqtt["tls"] = {"cert_file": str(self.tls[0]), "key_file": str(self.tls[1])}
        return {
            "server_name": "maillage-mqtt",
            "host": _LOOPBACK,
            "port": address.nats_port,
            "max_payload": _MAX_PAYLOAD_BYTES,
            "jetstream": {
                "store_dir": str(self.store),
                "max_memory_store": _MEMORY_STORE_BYTES,
                "max_file_store": _FILE_STORE_BYTES,
            },
            "mqtt": mqtt,
            "accounts": {
                ACCOUNT: {"jetstream": "enabled", **users["publisher"]},
                "DOOR": users["doorkeeper"],
                "SYSTEM": users["caretaker"],
            },
            "system_account": "SYSTEM",
            "authorization": {
                "timeout": _AUTHORIZATION_TIMEOUT_S,
                "auth_callout": {
                    "issuer": AccountKey(bytes.fromhex(address.seed)).public,
                    "auth_users": list(names),
                    "account": "DOOR",
                },
            },
        }


def embedded_broker(env: Environment) -> MqttBroker:
    """The broker of an installation: the same secrets as last time, the same ports unless they are taken.

    Raises ``CannotStart`` when the MQTT port that the environment names is taken. Call it once what an earlier
    supervisor left is stopped.
    """
    data = env.data
    try:
        before = read_address(data.mqtt_broker)
    except Invalid as error:
        raise CannotStart("mqtt-file", f"{data.mqtt_broker} cannot be read: delete it.") from error
    address = _address(env, before)
    return MqttBroker(find_program(), data.mqtt_configuration, data.mqtt_store, address, env.customer_mqtt_tls)


def remember(data: DataFolder, broker: MqttBroker) -> None:
    """Tell the other processes where it is."""
    write_private(data.mqtt_broker, msgspec.json.encode(broker.address).decode())


def clear_leftover(data: DataFolder) -> None:
    """Stop a broker of ``data`` that lost its supervisor."""
    address = BrokerAddress(0, _LOOPBACK, 0, "", "", "", "0" * 64)
    MqttBroker(find_program(), data.mqtt_configuration, data.mqtt_store, address).clear()


def _address(env: Environment, before: BrokerAddress | None) -> BrokerAddress:
    nats_port = before.nats_port if before and ports.is_free(_LOOPBACK, before.nats_port) else ports.any_free(_LOOPBACK)
    mqtt_port = _mqtt_port(env, before)
    secret = before or BrokerAddress(0, "", 0, _new_secret(), _new_secret(), _new_secret(), _new_seed())
    return BrokerAddress(
        nats_port,
        env.customer_mqtt_host,
        mqtt_port,
        secret.publisher,
        secret.doorkeeper,
        secret.caretaker,
        secret.seed,
        uses_tls=env.customer_mqtt_tls is not None,
    )


def _mqtt_port(env: Environment, before: BrokerAddress | None) -> int:
    """That of the environment; else that of last time; else the first free usual one; else any."""
    if env.customer_mqtt_port is not None:
        if not ports.is_free(env.customer_mqtt_host, env.customer_mqtt_port):
            taken = f"MQTT clients cannot be served: port {env.customer_mqtt_port} is taken."
            sentence = f"{taken} Choose another: MAILLAGE_CUSTOMER_MQTT_PORT."
            raise CannotStart("mqtt-port-in-use", sentence, port=env.customer_mqtt_port)
        return env.customer_mqtt_port
    wanted = [*([before.mqtt_port] if before else []), *USUAL_PORTS]
    candidates = [port for port in wanted if port != env.mqtt_port]  # that of our own machines, not started yet
    return ports.first_free(env.customer_mqtt_host, candidates) or ports.any_free(env.customer_mqtt_host)


def _new_secret() -> str:
    return secrets.token_urlsafe(_SECRET_BYTES)


def _new_seed() -> str:
    return secrets.token_hex(_SEED_BYTES)
