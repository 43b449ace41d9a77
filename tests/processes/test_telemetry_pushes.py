"""What a machine publishes by MQTT becomes observations; it can do nothing else on the bus."""

import asyncio
import signal
import socket

import msgspec
import nats
import pytest
from tests.fixtures.programs import serving, short_folder
from tests.fixtures.things import INSTALLER, person

from maillage.config.data_folder import DataFolder
from maillage.identity.actions import create_token
from maillage.identity.actor import Role
from maillage.kernel import clock
from maillage.processes import bus, ports
from maillage.processes import nats as nats_process
from maillage.processes.telemetry_pushes import Pushes
from maillage.telemetry import queries
from maillage.telemetry.actions import Declaration, Declared, declare_thing
from maillage.telemetry.events import PUSHES
from maillage.telemetry.models import Quarantined

pytestmark = pytest.mark.system
HOST = "127.0.0.1"
CONNECTED, ACKNOWLEDGED = bytes((0x20, 2, 0, 0)), bytes((0x40, 2, 0, 1))


@pytest.fixture(scope="module")
def mqtt_server():
    """A private server with its MQTT gateway."""
    with short_folder() as folder:
        gateway = nats_process.MqttGateway(ports.any_free(HOST), "shared", HOST)
        server = nats_process.embedded_server(DataFolder(folder), gateway)
        server.create()
        with serving(server.argv(), folder / "log", server.is_ready, signal.SIGTERM):
            yield server


@pytest.fixture
def meter(committed_conninfo, evry):
    measure = Declared("active_energy", "Énergie", "kW.h", "mqtt", "counter")
    thing = declare_thing(INSTALLER, Declaration(evry.school.pk, "Compteur", "meter", (measure,)))
    return queries.datastreams(INSTALLER, thing_id=thing.pk).get()


@pytest.fixture
def token(meter, evry):
    return create_token(person(evry.organisation, Role.TECHNICIAN), "meter", None)[1]


def string(text):
    return len(text).to_bytes(2, "big") + text.encode()


def packet(kind, body):
    length, digits = len(body), b""
    while True:
        length, digit = divmod(length, 128)
        digits += bytes([digit | (128 if length else 0)])
        if not length:
            return bytes([kind]) + digits + body


class Mqtt:
    """An MQTT 3.1.1 client of three packets: CONNECT, PUBLISH with QoS 1, and what comes back."""

    def __init__(self, server, password):
        self.socket = socket.create_connection((HOST, server.mqtt.port), timeout=10)
        who = string("mqtt") + string(password)
        self.socket.sendall(packet(0x10, string("MQTT") + bytes((4, 0xC2, 0, 60)) + string("meter-1") + who))
        self.greeting = self.socket.recv(4)

    def publish(self, topic, payload):
        try:
            self.socket.sendall(packet(0x32, string(topic) + b"\x00\x01" + payload))
            return self.socket.recv(4)
        except (ConnectionResetError, BrokenPipeError):
            return b""


def push(token, *values):
    return msgspec.json.encode({"token": token, "observations": list(values)})


def stored(server, *payloads):
    """How many observations came of what was published by MQTT."""

    async def story():
        client = await bus.connect(server.url, "test")
        pushes = Pushes(client)
        try:
            await pushes.step()  # the stream is there
            machine = await asyncio.to_thread(Mqtt, server, "shared")
            assert machine.greeting == CONNECTED
            for payload in payloads:
                assert await asyncio.to_thread(machine.publish, "telemetry/push", payload) == ACKNOWLEDGED
            machine.socket.close()
            return await pushes.step()
        finally:
            await client.close()

    return asyncio.run(story())


def test_a_value_published_by_mqtt_is_stored_once(mqtt_server, meter, token):
    value = {"datastream_id": meter.pk, "at": clock.now().isoformat(), "value": 12.5, "unit": "kW.h"}
    assert stored(mqtt_server, push(token, value), push(token, value)) == 1
    assert queries.latest_value(meter.thing_id, "active_energy") == 12.5


def test_what_cannot_be_stored_stops_nothing(mqtt_server, meter, token, evry):
    now = clock.now().isoformat()
    good = {"datastream_id": meter.pk, "at": now, "value": 1.0}
    bad = good | {"unit": "J"}
    pushes = (b"not json", push("mlg_unknown", good), push(token, bad), push(token, good))
    assert stored(mqtt_server, *pushes) == 1
    assert [row.cause for row in Quarantined.objects.visible_to(evry.mayor)] == ["value_of_another_unit"]


def heard_first(server, *topics):
    """The subject of the first message that the house hears of what a machine publishes. MQTT acknowledges them all."""

    async def story():
        client = await nats.connect(server.url)
        everything = await client.subscribe(">")
        await client.flush()
        machine = await asyncio.to_thread(Mqtt, server, "shared")
        with machine.socket:
            for topic in topics:
                await asyncio.to_thread(machine.publish, topic, b"{}")
            message = await everything.next_msg(timeout=10)
            while message.subject.startswith(("$", "_")):
                message = await everything.next_msg(timeout=10)
        await client.close()
        return message.subject

    return asyncio.run(story())


def test_a_machine_outside_can_do_nothing_else_on_the_bus(mqtt_server):
    assert heard_first(mqtt_server, "lorawan/uplinks", "live/observations", "telemetry/push") == PUSHES
    with Mqtt(mqtt_server, "guessed").socket as refused:
        assert refused.recv(4) == b""

    with socket.create_connection((HOST, mqtt_server.port), timeout=10) as as_if_of_the_house:
        as_if_of_the_house.sendall(b'CONNECT {"user":"mqtt","pass":"shared","verbose":false}\r\nPING\r\n')
        lines = as_if_of_the_house.makefile("rb")
        assert lines.readline().startswith(b"INFO")
        assert lines.readline().startswith(b"-ERR")
        lines.close()
