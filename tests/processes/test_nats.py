"""The private NATS server: JetStream, loopback only, closed to who has not its token."""

import signal
import socket
import stat
import subprocess

import nats
import pytest
from tests.fixtures.programs import short_folder, wait_until

from maillage.config.data_folder import DataFolder, write_private
from maillage.processes import leftovers
from maillage.processes.nats import NatsServer, clear_leftover, embedded_server

pytestmark = pytest.mark.system


async def test_who_has_the_address_publishes_durably(nats_server: NatsServer):
    client = await nats.connect(nats_server.url)
    stream = client.jetstream()
    await stream.add_stream(name="trial", subjects=["trial.>"])
    assert (await stream.publish("trial.one", b"1")).seq == 1
    await stream.delete_stream("trial")
    await client.close()


def test_who_has_not_the_token_is_refused(nats_server: NatsServer):
    with socket.create_connection(("127.0.0.1", nats_server.port), timeout=5) as peer, peer.makefile("rwb") as stream:
        assert stream.readline().startswith(b"INFO ")
        stream.write(b'CONNECT {"auth_token": "wrong", "verbose": false}\r\nPING\r\n')
        stream.flush()
        assert stream.readline() == b"-ERR 'Authorization Violation'\r\n"


def test_the_configuration_with_the_token_is_its_owners_alone(nats_server: NatsServer):
    assert stat.S_IMODE(nats_server.configuration.stat().st_mode) == 0o600


def test_the_port_and_the_token_are_the_same_the_next_time(tmp_path):
    data = DataFolder(tmp_path)
    first = embedded_server(data)
    write_private(data.nats_url, first.url)
    assert embedded_server(data).url == first.url


def test_a_port_that_another_program_took_is_changed_and_the_token_kept(tmp_path):
    data = DataFolder(tmp_path)
    first = embedded_server(data)
    write_private(data.nats_url, first.url)
    with socket.create_server(("127.0.0.1", first.port)):
        second = embedded_server(data)
    assert second.token == first.token
    assert second.port != first.port


def test_a_leftover_server_is_stopped_before_the_next_start():
    with short_folder() as folder:
        data = DataFolder(folder)
        server = embedded_server(data)
        server.create()
        with (folder / "log").open("wb") as log:
            left = subprocess.Popen(server.argv(), stdout=log, stderr=log)
            wait_until(server.is_ready)
            clear_leftover(data)
            assert left.wait(5) in {0, 1, -signal.SIGTERM}
        assert leftovers.started_with(str(server.configuration), "nats-server") == ()
