"""A PHYPayload taken apart by a station, and put together again bit for bit. Source: *The LNS Protocol*, uplinks."""

from binascii import a2b_hex
from struct import Struct as Layout

from maillage.lorawan.gateways.basics_station.errors import StationError, StationReason
from maillage.lorawan.gateways.basics_station.identity import eui_dashes, read_eui
from maillage.lorawan.gateways.basics_station.messages import (
    DataFrameUp,
    JoinRequestUp,
    ProprietaryUp,
    RadioUp,
    UpInfo,
)
from maillage.lorawan.gateways.context import StationContext
from maillage.lorawan.gateways.semtech_udp.values import RxPacket
from maillage.lorawan.protocol.types import MIC_BYTES, PHY_PAYLOAD_MAX_BYTES, MType
from maillage.lorawan.regions.data_rate import DataRate, FskDataRate
from maillage.lorawan.regions.region import Region

_JOIN = Layout("<B8s8sHI")
_HEADER = Layout("<BIBH")
_MASK_32 = 0xFFFF_FFFF
_F_CTRL_AT = 5
_F_OPTS_LEN_MASK = 0x0F
_DATA_UP = frozenset({MType.UNCONFIRMED_DATA_UP, MType.CONFIRMED_DATA_UP})
_NO_PORT = -1


def phy_payload_of(message: RadioUp) -> bytes:
    """The frame as it was on the air. Raises ``StationError`` when the fields contradict each other."""
    if isinstance(message, DataFrameUp):
        phy = _data_frame(message)
    elif isinstance(message, JoinRequestUp):
        phy = _join_request(message)
    else:
        phy = _hex(message.frm_payload)
    if not 0 < len(phy) <= PHY_PAYLOAD_MAX_BYTES:
        raise StationError(StationReason.WRONG_LENGTH, f"a frame of {len(phy)} bytes")
    return phy


def rx_packet_of(message: RadioUp, region: Region, epoch: int = 0) -> RxPacket:
    """The frame heard, in the same terms as over UDP. The counter is the lower 32 bits of ``xtime``."""
    data_rate, info = _data_rate(message.data_rate, region), message.upinfo
    return RxPacket(
        info.xtime & _MASK_32,
        message.frequency_hz,
        data_rate,
        info.rssi,
        None if isinstance(data_rate, FskDataRate) else info.snr,
        phy_payload_of(message),
        gps_ms=info.gpstime // 1000 if info.gpstime > 0 else None,
        context=StationContext(info.xtime, info.rctx, epoch),
    )


def _data_rate(index: int, region: Region) -> DataRate:
    found = region.data_rates[index] if index in region.uplink_data_rates else None
    if found is None:
        raise StationError(StationReason.UNKNOWN_DATA_RATE, f"DR{index}")
    return found


def message_of(phy: bytes, data_rate: int, frequency_hz: int, info: UpInfo) -> RadioUp:
    """What a station says of a frame that it heard: the other direction, for its side."""
    m_type = phy[0] >> 5 if phy else None
    if m_type == MType.JOIN_REQUEST and len(phy) == _JOIN.size:
        m_hdr, join_eui, dev_eui, dev_nonce, mic = _JOIN.unpack(phy)
        return JoinRequestUp(
            m_hdr,
            eui_dashes(join_eui[::-1]),
            eui_dashes(dev_eui[::-1]),
            dev_nonce,
            _signed(mic),
            data_rate,
            frequency_hz,
            info,
        )
    if m_type in _DATA_UP and _holds_its_options(phy):
        return _message_of_data(phy, data_rate, frequency_hz, info)
    return ProprietaryUp(phy.hex().upper(), data_rate, frequency_hz, info)


def _holds_its_options(phy: bytes) -> bool:
    """Else the station has nothing to take apart, and forwards it as it is."""
    shortest = _HEADER.size + MIC_BYTES
    return len(phy) >= shortest and len(phy) >= shortest + (phy[_F_CTRL_AT] & _F_OPTS_LEN_MASK)


def _message_of_data(phy: bytes, data_rate: int, frequency_hz: int, info: UpInfo) -> DataFrameUp:
    m_hdr, dev_addr, f_ctrl, f_cnt = _HEADER.unpack_from(phy)
    port_at = _HEADER.size + (f_ctrl & _F_OPTS_LEN_MASK)
    body = phy[port_at:-MIC_BYTES]
    return DataFrameUp(
        m_hdr,
        _signed(dev_addr),
        f_ctrl,
        f_cnt,
        phy[_HEADER.size : port_at].hex().upper(),
        body[0] if body else _NO_PORT,
        body[1:].hex().upper(),
        _signed(int.from_bytes(phy[-MIC_BYTES:], "little")),
        data_rate,
        frequency_hz,
        info,
    )


def _join_request(message: JoinRequestUp) -> bytes:
    if message.m_hdr >> 5 != MType.JOIN_REQUEST:
        raise StationError(StationReason.WRONG_TYPE, f"jreq with MHdr {message.m_hdr}")
    join_eui, dev_eui = read_eui(message.join_eui), read_eui(message.dev_eui)
    return _JOIN.pack(message.m_hdr, join_eui[::-1], dev_eui[::-1], message.dev_nonce, message.mic & _MASK_32)


def _data_frame(message: DataFrameUp) -> bytes:
    if message.m_hdr >> 5 not in _DATA_UP:
        raise StationError(StationReason.WRONG_TYPE, f"updf with MHdr {message.m_hdr}")
    f_opts, payload = _hex(message.f_opts), _hex(message.frm_payload)
    if len(f_opts) != message.f_ctrl & _F_OPTS_LEN_MASK:
        raise StationError(StationReason.WRONG_LENGTH, f"FCtrl {message.f_ctrl} with {len(f_opts)} bytes of FOpts")
    if message.f_port == _NO_PORT and payload:
        raise StationError(StationReason.WRONG_LENGTH, "FRMPayload without FPort")
    header = _HEADER.pack(message.m_hdr, message.dev_addr & _MASK_32, message.f_ctrl, message.f_cnt)
    port = b"" if message.f_port == _NO_PORT else bytes((message.f_port,))
    return header + f_opts + port + payload + (message.mic & _MASK_32).to_bytes(MIC_BYTES, "little")


def _hex(text: str) -> bytes:
    try:
        return a2b_hex(text)  # unlike bytes.fromhex, it lets no space pass
    except ValueError as error:
        raise StationError(StationReason.BAD_HEX, text) from error


def _signed(value: int) -> int:
    return value - (1 << 32) if value >> 31 else value
