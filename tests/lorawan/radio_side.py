"""The other end of the air for tests: devices that sign, a gateway on a socket, the rows that register them."""

import socket
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

import psycopg
from tests.fixtures.server_process import KEK

from maillage.lorawan.gateways.semtech_udp.protocol import (
    decode,
    encode_pull_data,
    encode_push_data,
    encode_tx_ack,
)
from maillage.lorawan.gateways.semtech_udp.values import PullAck, PullData, PullResp, PushData, RxPacket, TxAck
from maillage.lorawan.keys import KeyRing, Purpose
from maillage.lorawan.protocol.build import DataContent, build_data_uplink, build_join_request
from maillage.lorawan.protocol.crypto import SessionCrypto
from maillage.lorawan.protocol.frames import DataDownlink
from maillage.lorawan.protocol.parse import parse_frame
from maillage.lorawan.regions.data_rate import LoRaDataRate

KEYS = KeyRing([KEK])
SF7 = LoRaDataRate(7, 125_000)
JOIN_EUI = bytes.fromhex("70b3d57ed0000001")
ERS_TEMPERATURE = bytes.fromhex("0100e2")
"""Elsys ERS: 22.6 °C."""


@dataclass
class FakeDevice:
    """A device with a session. ``uplink`` counts up by itself."""

    number: int
    model_key: str = "elsys-ers"
    f_cnt: int = -1
    sent: list[bytes] = field(default_factory=list)

    @property
    def dev_eui(self) -> str:
        return f"{0xA81758FFFE000000 + self.number:016x}"

    @property
    def dev_addr(self) -> int:
        return 0x01000000 + self.number

    @property
    def app_key(self) -> bytes:
        return self.number.to_bytes(16, "big")

    @property
    def keys(self) -> tuple[bytes, bytes]:
        return b"N" * 8 + self.number.to_bytes(8, "big"), b"A" * 8 + self.number.to_bytes(8, "big")

    @property
    def crypto(self) -> SessionCrypto:
        return SessionCrypto(*self.keys)

    def uplink(self, payload: bytes = ERS_TEMPERATURE, f_port: int | None = 5, **options) -> bytes:
        self.f_cnt += 1
        return self.frame(self.f_cnt, payload, f_port, **options)

    def frame(self, f_cnt: int, payload: bytes = ERS_TEMPERATURE, f_port: int | None = 5, **options) -> bytes:
        clear = b"" if f_port is None else payload
        built = build_data_uplink(self.crypto, DataContent(self.dev_addr, f_cnt, f_port, clear, **options))
        self.sent.append(built)
        return built

    def join_request(self, dev_nonce: int) -> bytes:
        return build_join_request(JOIN_EUI, bytes.fromhex(self.dev_eui), dev_nonce, self.app_key)


class FakeGateway:
    """A packet forwarder on a real socket; keeps every PULL_RESP."""

    def __init__(self, number: int, port: int) -> None:
        self.eui = (0xAA555A0000000000 + number).to_bytes(8, "big")
        self.pull_responses: list[PullResp] = []
        self.pull_acks = 0
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.connect(("127.0.0.1", port))
        self._token = 0

    def close(self) -> None:
        self._socket.close()

    def push(self, *frames: bytes, snr_db: float = 7.0, rssi_dbm: float = -80.0) -> None:
        packets = tuple(
            RxPacket(int(time.monotonic() * 1e6) & 0xFFFFFFFF, 868_100_000, SF7, rssi_dbm, snr_db, frame)
            for frame in frames
        )
        self._send(encode_push_data(PushData(self._next_token(), self.eui, packets)))

    def pull(self) -> None:
        self._send(encode_pull_data(PullData(self._next_token(), self.eui)))

    def listen(self) -> None:
        """Take what has come; every PULL_RESP is accepted by a TX_ACK."""
        while True:
            try:
                message = decode(self._socket.recv(65_535))
            except BlockingIOError:
                return
            except ConnectionRefusedError:  # the server is down
                continue
            if isinstance(message, PullResp):
                self.pull_responses.append(message)
                self._send(encode_tx_ack(TxAck(message.token, self.eui)))
            elif isinstance(message, PullAck):
                self.pull_acks += 1

    def _send(self, datagram: bytes) -> None:
        try:
            self._socket.send(datagram)
        except ConnectionRefusedError:
            return

    def _next_token(self) -> int:
        self._token = (self._token + 1) & 0xFFFF
        return self._token


def downlinks(gateways: list[FakeGateway]) -> list[DataDownlink]:
    """Every data frame the gateways were asked to send."""
    frames = [parse_frame(answer.packet.phy_payload) for gateway in gateways for answer in gateway.pull_responses]
    return [frame for frame in frames if isinstance(frame, DataDownlink)]


def wrapped_app_key(device: FakeDevice) -> bytes:
    return KEYS.wrap(device.app_key, device.dev_eui, Purpose.APP_KEY)


def wrapped_session_keys(device: FakeDevice) -> list[bytes]:
    purposes = (Purpose.NWK_S_KEY, Purpose.APP_S_KEY)
    return [KEYS.wrap(key, device.dev_eui, purpose) for key, purpose in zip(device.keys, purposes, strict=True)]


def register(conninfo: str, devices: list[FakeDevice], gateways: list[bytes], *, joined: bool = True) -> None:
    """Their rows, with sessions unless they are still to join."""
    now = datetime.now(UTC)
    with psycopg.connect(conninfo) as connection, connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO identity_organisation (kind, name, slug, siren) VALUES ('commune', 'Bures', 'bures', '')"
            " ON CONFLICT (slug) DO UPDATE SET name = excluded.name RETURNING id"
        )
        organisation_id = cursor.fetchone()[0]
        cursor.executemany(
            "INSERT INTO lorawan_gateway (eui, organisation_id, name, uplink_count, crc_error_count, downlink_count,"
            " downlink_failure_count) VALUES (%s, %s, 'mast', 0, 0, 0, 0)",
            [(eui.hex(), organisation_id) for eui in gateways],
        )
        cursor.executemany(
            "INSERT INTO lorawan_device (dev_eui, organisation_id, join_eui, app_key, model_key, name, created_at,"
            " join_nonce, last_dev_nonce, last_gateways) VALUES (%s, %s, %s, %s, %s, %s, %s, 0, -1, '{}')",
            [
                (
                    device.dev_eui,
                    organisation_id,
                    JOIN_EUI.hex(),
                    wrapped_app_key(device),
                    device.model_key,
                    device.dev_eui,
                    now,
                )
                for device in devices
            ],
        )
        if joined:
            cursor.executemany(
                "INSERT INTO lorawan_session (device_id, dev_addr, nwk_s_key, app_s_key, f_cnt_up, f_cnt_down,"
                " rx1_delay_s, joined_at) VALUES (%s, %s, %s, %s, -1, 0, 1, %s)",
                [(device.dev_eui, device.dev_addr, *wrapped_session_keys(device), now) for device in devices],
            )
