"""A network server of the tests' own, small and strict, made of the pure protocol only."""

from dataclasses import dataclass, field

from maillage.lorawan.gateways.semtech_udp.values import AtTmst, Immediately, RxPacket, TxPacket
from maillage.lorawan.protocol.build import DataContent, build_data_downlink, build_join_accept
from maillage.lorawan.protocol.crypto import SessionCrypto, derive_session_keys, join_mic
from maillage.lorawan.protocol.dl_settings import DLSettings
from maillage.lorawan.protocol.frames import DataUplink, JoinRequest
from maillage.lorawan.protocol.join import JoinAcceptContent
from maillage.lorawan.protocol.parse import parse_frame
from maillage.lorawan.protocol.types import Direction
from maillage.lorawan.regions.eu863_870 import EU863_870

NET_ID = 0x000013


@dataclass
class Member:
    crypto: SessionCrypto
    f_cnt_down: int = 0


@dataclass
class Network:
    """Keys by DevEUI. ``received`` collects (DevAddr, FCnt, port, clear payload)."""

    app_keys: dict[bytes, bytes]
    join_nonce: int = 0
    members: dict[int, Member] = field(default_factory=dict)
    dev_nonces: list[tuple[bytes, int]] = field(default_factory=list)
    received: list[tuple[int, int, int | None, bytes]] = field(default_factory=list)
    frames: list[DataUplink] = field(default_factory=list)

    def take(self, packet: RxPacket) -> TxPacket | None:
        """The answer to a packet that is a genuine join; data is recorded."""
        frame = parse_frame(packet.phy_payload)
        if isinstance(frame, JoinRequest):
            return self.admit(frame, packet)
        assert isinstance(frame, DataUplink)
        crypto = self.members[frame.dev_addr].crypto
        assert crypto.signs_uplink(frame, frame.f_cnt_16)
        port = frame.f_port
        clear = crypto.crypt(Direction.UPLINK, frame.dev_addr, frame.f_cnt_16, frame.frm_payload, port or 0)
        self.frames.append(frame)
        self.received.append((frame.dev_addr, frame.f_cnt_16, port, clear))
        return None

    def admit(self, request: JoinRequest, packet: RxPacket) -> TxPacket | None:
        app_key = self.app_keys[request.dev_eui]
        assert join_mic(app_key, request.signed) == request.mic
        if (request.dev_eui, request.dev_nonce) in self.dev_nonces:
            return None
        self.dev_nonces.append((request.dev_eui, request.dev_nonce))
        self.join_nonce += 1
        dev_addr = 0x26000000 + self.join_nonce
        content = JoinAcceptContent(self.join_nonce, NET_ID, dev_addr, DLSettings(0, 0), 1, EU863_870.cf_list())
        keys = derive_session_keys(app_key, self.join_nonce, NET_ID, request.dev_nonce)
        self.members[dev_addr] = Member(SessionCrypto(*keys))
        return rx1(packet, build_join_accept(content, app_key), 5)

    def downlink(self, dev_addr: int, f_port: int | None = None, payload: bytes = b"", **fields: object) -> bytes:
        """The next downlink of a device, signed and encrypted."""
        member = self.members[dev_addr]
        content = DataContent(dev_addr, member.f_cnt_down, f_port, payload, **fields)
        member.f_cnt_down += 1
        return build_data_downlink(member.crypto, content)


def rx1(packet: RxPacket, phy_payload: bytes, delay_s: int = 1) -> TxPacket:
    tmst = AtTmst((packet.tmst_us + delay_s * 1_000_000) % (1 << 32))
    return TxPacket(tmst, packet.frequency_hz, 14, packet.data_rate, phy_payload)


def rx2(packet: RxPacket, phy_payload: bytes, delay_s: int = 2) -> TxPacket:
    tmst = AtTmst((packet.tmst_us + delay_s * 1_000_000) % (1 << 32))
    return TxPacket(tmst, EU863_870.rx2_frequency_hz, 27, EU863_870.data_rates[0], phy_payload)


def at_once(phy_payload: bytes) -> TxPacket:
    return TxPacket(Immediately(), EU863_870.rx2_frequency_hz, 27, EU863_870.data_rates[0], phy_payload)
