"""Gateways that speak LoRa Basics Station, against the network server as a real process: TLS both ways, real kills."""

import asyncio
import contextlib
import ssl
import time
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from tests.lorawan.radio_side import SF7, FakeDevice, register
from tests.processes.test_lorawan import VICKI_REPORT, queue, rows
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidMessage

from maillage.kernel import clock
from maillage.lorawan.events import NOTIFY_REGISTRY
from maillage.lorawan.gateways.authority import issue_gateway
from maillage.lorawan.gateways.authority_folder import AuthorityFolder
from maillage.lorawan.gateways.basics_station.cups import UpdateRequest, read_update, write_update_request
from maillage.lorawan.gateways.basics_station.identity import id6
from maillage.lorawan.gateways.semtech_udp.values import AtTmst, Immediately, RxPacket, TxStatus
from maillage.lorawan.protocol.build import DataContent, build_data_uplink, open_join_accept
from maillage.lorawan.protocol.crypto import SessionCrypto, derive_session_keys
from maillage.lorawan.protocol.parse import parse_frame
from maillage.lorawan.regions.eu863_870 import EU863_870
from maillage.lorawan.simulator.air import Place
from maillage.lorawan.simulator.gateway import SimulatedGateway
from maillage.lorawan.simulator.station import Access, StationLink, read_access

pytestmark = pytest.mark.system
EUI = bytes.fromhex("aa555a0000000001")
OTHER_EUI = bytes.fromhex("aa555a0000000002")


async def until(holds, within_s: float = 20.0) -> None:
    """Return as soon as ``holds``; fail after ``within_s``."""
    end_s = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end_s, f"still not so after {within_s} s"
        await asyncio.sleep(0.02)


def enrol(server, conninfo: str, eui: bytes = EUI):
    """A certificate of the server's own authority and its files, laid out as on a gateway."""
    now, authority_folder = datetime.now(UTC), AuthorityFolder(server.data / "authority")
    authority = authority_folder.authority(now)
    made = issue_gateway(authority, eui.hex(), now)
    with psycopg.connect(conninfo) as connection:
        connection.execute(
            "INSERT INTO lorawan_gatewaycertificate (serial, gateway_id, issued_at, not_after) VALUES (%s, %s, %s, %s)",
            (made.serial, eui.hex(), now, made.not_after),
        )
        connection.execute("SELECT pg_notify(%s, 'gateways')", (NOTIFY_REGISTRY,))
    folder = server.data / "stations" / made.serial
    folder.mkdir(parents=True)
    (folder / "tc.uri").write_text(f"wss://localhost:{server.station_port}\n")
    for name, content in (
        ("tc.trust", authority.certificate_pem),
        ("tc.crt", made.certificate_pem),
        ("tc.key", made.key_pem),
    ):
        (folder / name).write_bytes(content)
    return made.serial, folder


class Mast:
    """A station with an antenna: what it is told to send lands in ``sent``."""

    def __init__(self, access: Access, eui: bytes = EUI) -> None:
        self.gateway = SimulatedGateway(eui, "mast", Place(2.4, 48.6), EU863_870, clock.monotonic_s() - 60)
        self.sent = []
        self.keeps_silent = False
        self.link = StationLink(self.gateway, self.transmit, access)

    def transmit(self, packet) -> TxStatus:
        self.sent.append(packet)
        return TxStatus.TOO_LATE if self.keeps_silent else TxStatus.NONE

    def hear(self, frame: bytes) -> None:
        tmst_us = self.gateway.tmst_us(clock.monotonic_s())
        self.link.push((RxPacket(tmst_us, 868_100_000, SF7, -80.0, 7.0, frame),))

    async def next_sent(self, after: int):
        await until(lambda: len(self.sent) > after)
        return self.sent[after]


@pytest.fixture
async def mast_with():
    masts = []

    def opening(access: Access, eui: bytes = EUI) -> Mast:
        masts.append(Mast(access, eui))
        masts[-1].link.start()
        return masts[-1]

    yield opening
    for mast in masts:
        await mast.link.close()


def plain(server) -> Access:
    return Access(f"ws://127.0.0.1:{server.station_port + 2}")


def is_listening(server) -> bool:
    return b"listening on UDP" in server.log.read_bytes()


async def test_over_tls_a_device_joins_reports_is_commanded_and_the_station_comes_back_after_a_kill(
    server_process, lorawan_conninfo, nats_server, mast_with
):
    device = FakeDevice(1, model_key="mclimate-vicki")
    register(lorawan_conninfo, [device], [EUI], joined=False)
    serial, folder = enrol(server_process, lorawan_conninfo)
    server_process.start()
    mast = mast_with(read_access(folder))
    await until(lambda: mast.link.is_up and mast.link.time is not None)

    mast.hear(device.join_request(1))
    accept = open_join_accept(parse_frame((await mast.next_sent(0)).phy_payload), device.app_key)
    crypto = SessionCrypto(*derive_session_keys(device.app_key, accept.join_nonce, accept.net_id, 1))
    queue(lorawan_conninfo, device, {"setTargetTemperature": 19}, confirmed=True)
    mast.hear(build_data_uplink(crypto, DataContent(accept.dev_addr, 0, 2, VICKI_REPORT)))
    order = await mast.next_sent(1)
    assert isinstance(order.schedule, AtTmst)
    frame = parse_frame(order.phy_payload)
    assert crypto.signs_downlink(frame, 0)
    assert frame.confirmed
    mast.hear(build_data_uplink(crypto, DataContent(accept.dev_addr, 1, 2, VICKI_REPORT, ack=True)))

    def states():
        return rows(lorawan_conninfo, "SELECT state FROM lorawan_downlink")

    await until(lambda: states() == [("acknowledged",)])
    used = "SELECT first_used_at IS NOT NULL FROM lorawan_gatewaycertificate WHERE serial = %s"
    await until(lambda: rows(lorawan_conninfo, used, serial) == [(True,)])
    counts = "SELECT uplink_count, downlink_count, last_seen_at IS NOT NULL FROM lorawan_gateway WHERE eui = %s"
    await until(lambda: rows(lorawan_conninfo, counts, EUI.hex()) == [(3, 2, True)])

    server_process.kill()
    await until(lambda: not mast.link.is_up)
    server_process.start()
    await until(lambda: mast.link.is_up, 30)
    mast.hear(build_data_uplink(crypto, DataContent(accept.dev_addr, 1, 2, VICKI_REPORT, ack=True)))  # a replay
    mast.hear(build_data_uplink(crypto, DataContent(accept.dev_addr, 2, 2, VICKI_REPORT)))
    heard = "SELECT f_cnt FROM lorawan_frame WHERE direction = 'up' ORDER BY f_cnt"
    await until(lambda: rows(lorawan_conninfo, heard) == [(0,), (1,), (2,)])
    assert mast.link.connections == 2
    assert mast.link.refused_messages == 0
    assert server_process.stop() == 0, server_process.log.read_text()


async def test_without_tls_a_gateway_is_heard_from_this_machine_until_it_has_a_certificate(
    server_process, lorawan_conninfo, nats_server, mast_with
):
    device = FakeDevice(1, model_key="dragino-lt22222l")
    register(lorawan_conninfo, [device], [EUI])
    server_process.start()
    mast = mast_with(plain(server_process))
    await until(lambda: mast.link.is_up)
    mast.hear(device.uplink())
    await until(lambda: len(rows(lorawan_conninfo, "SELECT 1 FROM lorawan_frame")) == 1)
    queue(lorawan_conninfo, device, None, payload=b"\x02\x01\x11", f_port=2)
    order = await mast.next_sent(0)
    assert isinstance(order.schedule, Immediately)
    assert order.frequency_hz == EU863_870.rx2_frequency_hz

    enrol(server_process, lorawan_conninfo)
    await until(lambda: (mast.hear(device.uplink()), not mast.link.is_up)[1])
    refused = "SELECT 1 FROM lorawan_refusal WHERE cause = 'wrong_certificate' AND gateway_eui = %s"
    await until(lambda: rows(lorawan_conninfo, refused, EUI.hex()) != [])


async def test_a_frame_that_a_station_never_reports_is_tried_again_and_then_fails_with_its_cause(
    server_process, lorawan_conninfo, nats_server, mast_with
):
    device = FakeDevice(1)
    register(lorawan_conninfo, [device], [EUI])
    server_process.start()
    mast = mast_with(plain(server_process))
    await until(lambda: mast.link.is_up)
    mast.keeps_silent = True
    queue(lorawan_conninfo, device, None, payload=b"\x01", f_port=5)

    def fate():
        return rows(lorawan_conninfo, "SELECT attempts, cause FROM lorawan_downlink")

    for attempt in range(3):
        mast.hear(device.uplink())
        order = await mast.next_sent(2 * attempt)
        again = await mast.next_sent(2 * attempt + 1)
        assert (order.frequency_hz, again.frequency_hz) == (868_100_000, EU863_870.rx2_frequency_hz)
        assert order.phy_payload == again.phy_payload
        await until(lambda n=attempt + 1: fate() == [(n, "gateway_silent")])
    assert rows(lorawan_conninfo, "SELECT state FROM lorawan_downlink") == [("failed",)]


async def test_a_gateway_cannot_speak_for_another_and_a_revoked_certificate_ends_its_connection(
    server_process, lorawan_conninfo, nats_server, mast_with
):
    register(lorawan_conninfo, [], [EUI, OTHER_EUI])
    serial, folder = enrol(server_process, lorawan_conninfo)
    enrol(server_process, lorawan_conninfo, OTHER_EUI)
    server_process.start()
    access = read_access(folder)
    mast, impostor = mast_with(access), mast_with(access, OTHER_EUI)
    await until(lambda: mast.link.is_up and impostor.link.unreachable > 0)
    assert not impostor.link.connections
    with psycopg.connect(lorawan_conninfo) as connection:
        connection.execute("UPDATE lorawan_gatewaycertificate SET revoked_at = now() WHERE serial = %s", (serial,))
        connection.execute("SELECT pg_notify(%s, 'gateways')", (NOTIFY_REGISTRY,))
    await until(lambda: (mast.link.report(), not mast.link.is_up)[1])


async def test_tls_without_a_certificate_of_ours_goes_no_further_than_the_handshake(
    server_process, lorawan_conninfo, nats_server
):
    server_process.start()
    await until(lambda: is_listening(server_process))
    trust = AuthorityFolder(server_process.data / "authority").trust_file(datetime.now(UTC))
    tls = ssl.create_default_context(cafile=trust)

    async def ask() -> None:
        async with connect(f"wss://localhost:{server_process.station_port}/router-info", ssl=tls) as socket:
            await socket.send(b'{"router":1}', text=True)
            await socket.recv()

    with pytest.raises((OSError, ConnectionClosed, InvalidMessage, EOFError)):
        await ask()


async def test_cups_moves_a_station_and_renews_its_certificate_without_locking_it_out(
    server_process, lorawan_conninfo, nats_server, mast_with, tmp_path
):
    register(lorawan_conninfo, [], [EUI])
    serial, folder = enrol(server_process, lorawan_conninfo)
    server_process.start()
    await until(lambda: is_listening(server_process))
    access = read_access(folder)
    await until_known(server_process, access)

    update = await ask_cups(server_process, access, UpdateRequest(id6(EUI), tc_uri="wss://elsewhere:1"))
    assert update.tc_uri == f"wss://localhost:{server_process.station_port}"
    assert update.tc_credentials is None
    settled = await ask_cups(server_process, access, UpdateRequest(id6(EUI), tc_uri=update.tc_uri))
    assert settled.tc_uri == ""

    with psycopg.connect(lorawan_conninfo) as connection:
        connection.execute("UPDATE lorawan_gatewaycertificate SET renewal_asked_at = now()")
    fresh = (await ask_cups(server_process, access, UpdateRequest(id6(EUI), tc_uri=update.tc_uri))).tc_credentials
    new_folder = tmp_path / "new"
    new_folder.mkdir()
    (new_folder / "tc.uri").write_text(update.tc_uri)
    (new_folder / "tc.trust").write_text(ssl.DER_cert_to_PEM_cert(fresh.trust))
    (new_folder / "tc.crt").write_text(ssl.DER_cert_to_PEM_cert(fresh.certificate))
    pem = ssl.DER_cert_to_PEM_cert(fresh.key).replace("CERTIFICATE", "PRIVATE KEY")
    (new_folder / "tc.key").write_text(pem)

    assert await ask_cups(server_process, access, UpdateRequest(id6(EUI))) is not None, "the answer may get lost"
    renewed = await ask_cups(server_process, access, UpdateRequest(id6(EUI)))
    assert renewed.tc_credentials is not None
    valid = "SELECT count(*) FROM lorawan_gatewaycertificate WHERE revoked_at IS NULL"
    assert rows(lorawan_conninfo, valid) == [(2,)], "those that got lost are good for nothing"
    (new_folder / "tc.crt").write_text(ssl.DER_cert_to_PEM_cert(renewed.tc_credentials.certificate))
    pem = ssl.DER_cert_to_PEM_cert(renewed.tc_credentials.key).replace("CERTIFICATE", "PRIVATE KEY")
    (new_folder / "tc.key").write_text(pem)
    mast = mast_with(read_access(new_folder))
    await until(lambda: mast.link.is_up)
    older = "SELECT revoked_at IS NOT NULL FROM lorawan_gatewaycertificate WHERE serial = %s"
    await until(lambda: rows(lorawan_conninfo, older, serial) == [(True,)])


async def until_known(server, access: Access) -> None:
    """The server has read the certificate's row."""
    end = datetime.now(UTC) + timedelta(seconds=20)
    while await ask_cups(server, access, UpdateRequest(id6(EUI))) is None:
        assert datetime.now(UTC) < end
        await asyncio.sleep(0.05)


async def ask_cups(server, access: Access, request: UpdateRequest):
    """``POST /update-info`` as a station writes it; None when refused."""
    port, body = server.station_port + 1, write_update_request(request)
    reader, writer = await asyncio.open_connection("localhost", port, ssl=access.tls)
    head = f"POST /update-info HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/json\r\n"
    writer.write(head.encode() + f"Content-Length: {len(body):05d}\r\n\r\n".encode() + body)
    answer = await reader.read()
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    head, _, content = answer.partition(b"\r\n\r\n")
    return read_update(content) if head.startswith(b"HTTP/1.1 200 ") else None
