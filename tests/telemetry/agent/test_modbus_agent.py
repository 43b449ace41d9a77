"""The Modbus agent against a real Modbus server: it reads, keeps on disk while the link is down, and loses nothing."""

import asyncio
import json
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from maillage.kernel.errors import Invalid
from maillage.processes.ports import any_free
from maillage.telemetry.agent.modbus import read_once, run
from maillage.telemetry.agent.sending import Sender
from maillage.telemetry.agent.settings import Machine, Point, Settings, read_settings
from maillage.telemetry.agent.store import Buffer

HOST = "127.0.0.1"
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
REGISTERS = [
    SimData(0, values=[215, 65535], datatype=DataType.UINT16),
    SimData(10, values=[123456789], datatype=DataType.UINT32),
    SimData(20, values=[21.5, float("nan")], datatype=DataType.FLOAT32),
]
POINTS = [
    Point(1, 0, scale=0.1),
    Point(2, 1, type="int16"),
    Point(3, 10, type="uint32"),
    Point(4, 20, type="float32", offset=0.5),
    Point(5, 22, type="float32"),
    Point(6, 999),
]


class House:
    """What the agent sends to: answers as the API does, or as it is told to."""

    def __init__(self):
        self.taken, self.status, self.refuse = [], 200, {}
        self.has_four = threading.Event()
        house = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                assert (self.path, self.headers["Authorization"]) == ("/api/v1/observations", "Bearer secret")
                refused = []
                if house.status == 200:
                    for index, one in enumerate(body["observations"]):
                        if one["datastream_id"] in house.refuse:
                            refused.append({"index": index, "code": "x", "detail": "no"})
                        else:
                            house.taken.append((one["datastream_id"], one["value"]))
                if len(house.taken) >= 4:
                    house.has_four.set()
                answer = json.dumps({"stored": 0, "known": 0, "refused": refused}).encode()
                self.send_response(house.status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_arguments):
                """The test's output stays its own."""

        self.server = HTTPServer((HOST, 0), Handler)
        self.url = f"http://{HOST}:{self.server.server_port}"

    @contextmanager
    def open(self):
        thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            self.server.shutdown()
            thread.join()
            self.server.server_close()


@pytest.fixture
def house():
    with House().open() as opened:
        yield opened


@pytest.fixture
def buffer(tmp_path):
    opened = Buffer(tmp_path / "buffer.sqlite", 5)
    yield opened
    opened.close()


async def with_machine(work, points=POINTS):
    port = any_free(HOST)
    server = ModbusTcpServer(SimDevice(1, REGISTERS), address=(HOST, port))
    await server.serve_forever(background=True)
    try:
        return await work(Machine(HOST, points, port, period_s=0.05, timeout_s=0.5))
    finally:
        await server.shutdown()


def test_registers_become_values_and_what_is_no_value_is_missing():
    values = dict(asyncio.run(with_machine(read_once)))
    assert values == {1: pytest.approx(21.5), 2: -1, 3: 123456789, 4: 22.0}


def test_a_machine_that_does_not_answer_gives_nothing():
    assert asyncio.run(read_once(Machine(HOST, POINTS, any_free(HOST), timeout_s=0.2))) == []


def test_the_buffer_outlives_its_process_and_loses_the_oldest_first(tmp_path, buffer):
    buffer.put(AT, [(n, float(n)) for n in range(4)])
    buffer.close()
    again = Buffer(tmp_path / "buffer.sqlite", 5)
    again.put(AT, [(n, float(n)) for n in range(4, 8)])
    assert [one.datastream_id for one in again.oldest(10)] == [3, 4, 5, 6, 7]
    assert (len(again), again.dropped) == (5, 3)
    again.close()


def test_values_wait_while_the_server_is_away_and_arrive_in_order(house, buffer):
    buffer.put(AT, [(1, 1.0), (2, 2.0)])
    assert Sender("http://127.0.0.1:9", "secret", buffer).send() == 0
    for status in (503, 401):
        house.status = status
        assert Sender(house.url, "secret", buffer).send() == 0
    assert len(buffer) == 2
    house.status, house.refuse = 200, {2}
    assert Sender(house.url, "secret", buffer).send() == 1
    assert (house.taken, len(buffer)) == ([(1, 1.0)], 0)


def test_the_agent_reads_keeps_and_sends(house, tmp_path):
    (tmp_path / "token").write_text("secret\n")

    async def story(machine):
        settings = Settings(house.url, tmp_path / "token", tmp_path / "buffer.sqlite", [machine], send_every_s=0.05)
        agent = asyncio.ensure_future(run(settings))
        assert await asyncio.to_thread(house.has_four.wait, 20)
        agent.cancel()
        await asyncio.gather(agent, return_exceptions=True)

    asyncio.run(with_machine(story, [POINTS[2]]))
    assert set(house.taken) == {(3, 123456789)}


GOOD = """
server = "https://maillage.example.org"
token_file = "/etc/maillage/token"
buffer = "/var/lib/maillage/buffer.sqlite"
[[machines]]
host = "192.0.2.10"
[[machines.points]]
datastream_id = 12
address = 40
type = "uint32"
scale = 0.1
"""


def test_settings_are_read_or_refused_with_their_fault(tmp_path):
    file = tmp_path / "agent.toml"
    file.write_text(GOOD)
    (machine,) = read_settings(file).machines
    assert (machine.port, machine.points[0].type) == (502, "uint32")
    for wrong in (GOOD.replace("uint32", "uint24"), GOOD.replace("host", "hots"), GOOD + "=", ""):
        file.write_text(wrong)
        with pytest.raises(Invalid, match="agent-settings-unfit"):
            read_settings(file)
    with pytest.raises(Invalid, match="agent-settings-missing"):
        read_settings(tmp_path / "none.toml")
