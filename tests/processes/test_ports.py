"""Free TCP ports."""

import socket

import pytest

from maillage.processes.ports import answers, any_free, first_free, is_free, require_radio_port, web_port
from maillage.processes.problems import CannotStart


@pytest.fixture
def busy_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_port_that_somebody_listens_on_is_not_free(busy_port):
    assert not is_free("127.0.0.1", busy_port)
    assert answers("127.0.0.1", busy_port)


def test_the_first_free_port_is_taken(busy_port):
    free = any_free("127.0.0.1")
    assert first_free("127.0.0.1", [busy_port, free]) == free
    assert not answers("127.0.0.1", free)


def test_a_wished_port_that_is_taken_is_named_with_the_way_out(busy_port):
    with pytest.raises(CannotStart, match=f"port {busy_port} is taken .* --port"):
        web_port("127.0.0.1", busy_port, range(0))


def test_when_all_usual_ports_are_taken_it_is_said(busy_port):
    usual = range(busy_port, busy_port + 1)
    with pytest.raises(CannotStart, match=f"every port from {busy_port} to {busy_port}"):
        web_port("127.0.0.1", None, usual)


def test_an_address_that_is_not_ours_is_named():
    with pytest.raises(CannotStart, match=r"Cannot listen on 192\.0\.2\.1"):
        web_port("192.0.2.1", 8000, range(0))


def test_a_radio_port_that_is_taken_is_said_with_what_to_change():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("", 0))
        taken = other.getsockname()[1]
        with pytest.raises(CannotStart, match=rf"UDP port {taken}: Address already in use.*MAILLAGE_LORAWAN_PORT"):
            require_radio_port(taken)
    require_radio_port(taken)
