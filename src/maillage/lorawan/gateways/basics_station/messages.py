"""The messages of the LNS protocol, field for field. Source: doc.sm.tc/station, *The LNS Protocol* (Station 2.0.6).

Python names on the left of ``rename``; JSON names are the protocol's. Fields that a newer station adds are ignored.
"""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

_TEXT_MAX = 256
_HEX_MAX = 510

Text = Annotated[str, Meta(max_length=_TEXT_MAX)]
Hex = Annotated[str, Meta(max_length=_HEX_MAX)]
Octet = Annotated[int, Meta(ge=0, le=0xFF)]
UInt16 = Annotated[int, Meta(ge=0, le=0xFFFF)]
# Documented as signed; unsigned values of the same 32 bits are understood, too.
Int32 = Annotated[int, Meta(ge=-(1 << 31), le=(1 << 32) - 1)]
Int64 = Annotated[int, Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
DataRateIndex = Annotated[int, Meta(ge=0, le=15)]
Hertz = Annotated[int, Meta(ge=1, le=3_000_000_000)]
Level = Annotated[float, Meta(ge=-1000, le=1000)]


class RouterQuery(Struct, frozen=True):
    """Station to ``/router-info``: who I am."""

    router: Text | int


class RouterInfo(Struct, frozen=True, omit_defaults=True):
    """The answer: where to connect, or why not."""

    router: str
    muxs: str = ""
    uri: str = ""
    error: str = ""


class Version(Struct, frozen=True, tag_field="msgtype", tag="version"):
    """First message of a station."""

    station: Text = ""
    firmware: Text = ""
    package: Text = ""
    model: Text = ""
    protocol: Annotated[int, Meta(ge=0, le=1000)] = 2
    features: Text = ""


class UpInfo(Struct, frozen=True, gc=False):
    """Context of a frame heard: ``rctx`` and ``xtime`` go back unchanged; ``gpstime`` µs, 0 when unknown."""

    rctx: Int64
    xtime: Int64
    gpstime: Int64 = 0
    rssi: Level = 0.0
    snr: Level = 0.0


class JoinRequestUp(
    Struct,
    frozen=True,
    tag_field="msgtype",
    tag="jreq",
    rename={
        "m_hdr": "MHdr",
        "join_eui": "JoinEui",
        "dev_eui": "DevEui",
        "dev_nonce": "DevNonce",
        "mic": "MIC",
        "data_rate": "DR",
        "frequency_hz": "Freq",
        "ref_time": "RefTime",
    },
):
    m_hdr: Octet
    join_eui: Text
    dev_eui: Text
    dev_nonce: UInt16
    mic: Int32
    data_rate: DataRateIndex
    frequency_hz: Hertz
    upinfo: UpInfo
    ref_time: float = 0.0


class DataFrameUp(
    Struct,
    frozen=True,
    tag_field="msgtype",
    tag="updf",
    rename={
        "m_hdr": "MHdr",
        "dev_addr": "DevAddr",
        "f_ctrl": "FCtrl",
        "f_cnt": "FCnt",
        "f_opts": "FOpts",
        "f_port": "FPort",
        "frm_payload": "FRMPayload",
        "mic": "MIC",
        "data_rate": "DR",
        "frequency_hz": "Freq",
        "ref_time": "RefTime",
    },
):
    """``f_port`` -1: the frame has none."""

    m_hdr: Octet
    dev_addr: Int32
    f_ctrl: Octet
    f_cnt: UInt16
    f_opts: Hex
    f_port: Annotated[int, Meta(ge=-1, le=255)]
    frm_payload: Hex
    mic: Int32
    data_rate: DataRateIndex
    frequency_hz: Hertz
    upinfo: UpInfo
    ref_time: float = 0.0


class ProprietaryUp(
    Struct,
    frozen=True,
    tag_field="msgtype",
    tag="propdf",
    rename={"frm_payload": "FRMPayload", "data_rate": "DR", "frequency_hz": "Freq", "ref_time": "RefTime"},
):
    """``frm_payload`` is the whole PHYPayload."""

    frm_payload: Hex
    data_rate: DataRateIndex
    frequency_hz: Hertz
    upinfo: UpInfo
    ref_time: float = 0.0


class Transmitted(Struct, frozen=True, tag_field="msgtype", tag="dntxed", rename={"dev_eui": "DevEui"}):
    """A frame has gone on the air. ``diid`` is the server's own; ``xtime`` when it began; ``txtime`` UTC seconds."""

    diid: Int64
    dev_eui: Text = ""
    rctx: Int64 = 0
    xtime: Int64 = 0
    txtime: float = 0.0
    gpstime: Int64 = 0


class TimeSyncUp(Struct, frozen=True, tag_field="msgtype", tag="timesync"):
    """``txtime`` is the station's own and goes back unchanged."""

    txtime: Int64


class RouterConfig(
    Struct,
    frozen=True,
    tag_field="msgtype",
    tag="router_config",
    rename={"net_ids": "NetID", "join_euis": "JoinEui", "data_rates": "DRs", "mux_time": "MuxTime"},
):
    """The channel plan. ``net_ids`` and ``join_euis`` filter what is forwarded; None forwards everything."""

    region: str
    hwspec: str
    freq_range: tuple[int, int]
    data_rates: list[tuple[int, int, int]]
    sx1301_conf: list[dict[str, "ChipConf"]]
    max_eirp: float
    net_ids: list[int] | None = None
    join_euis: list[tuple[int, int]] | None = None
    mux_time: float = 0.0


class ChipConf(Struct, frozen=True, rename={"frequency_hz": "freq", "offset_hz": "if"}, omit_defaults=True):
    """A radio (``frequency_hz``: its centre) or a channel (``offset_hz`` away from the centre of its ``radio``).

    ``bandwidth`` in Hz and ``spread_factor`` only for the one channel that is not of 125 kHz.
    """

    enable: bool
    frequency_hz: int | UnsetType = UNSET
    radio: int | UnsetType = UNSET
    offset_hz: int | UnsetType = UNSET
    bandwidth: int | UnsetType = UNSET
    spread_factor: int | UnsetType = UNSET


class Downlink(
    Struct,
    frozen=True,
    tag_field="msgtype",
    tag="dnmsg",
    omit_defaults=True,
    rename={
        "dev_eui": "DevEui",
        "device_class": "dC",
        "rx_delay_s": "RxDelay",
        "rx1_data_rate": "RX1DR",
        "rx1_frequency_hz": "RX1Freq",
        "rx2_data_rate": "RX2DR",
        "rx2_frequency_hz": "RX2Freq",
        "data_rate": "DR",
        "frequency_hz": "Freq",
        "mux_time": "MuxTime",
    },
):
    """A frame to send; ``device_class`` 0, 1, 2 for A, B, C. Which other fields stand depends on the class."""

    dev_eui: Text
    device_class: Annotated[int, Meta(ge=0, le=2)]
    diid: Int64
    pdu: Hex
    priority: Octet
    rx_delay_s: Annotated[int, Meta(ge=0, le=15)] | UnsetType = UNSET
    rx1_data_rate: DataRateIndex | UnsetType = UNSET
    rx1_frequency_hz: Hertz | UnsetType = UNSET
    rx2_data_rate: DataRateIndex | UnsetType = UNSET
    rx2_frequency_hz: Hertz | UnsetType = UNSET
    data_rate: DataRateIndex | UnsetType = UNSET
    frequency_hz: Hertz | UnsetType = UNSET
    gpstime: Int64 | UnsetType = UNSET
    xtime: Int64 | UnsetType = UNSET
    rctx: Int64 | UnsetType = UNSET
    mux_time: float | UnsetType = UNSET


class TimeSyncDown(Struct, frozen=True, tag_field="msgtype", tag="timesync", omit_defaults=True):
    """``gpstime``: µs since the GPS epoch, when the server answered (``txtime``) or at the station's ``xtime``."""

    gpstime: Int64
    txtime: Int64 | UnsetType = UNSET
    xtime: Int64 | UnsetType = UNSET
    MuxTime: float | UnsetType = UNSET


UpMessage = Version | JoinRequestUp | DataFrameUp | ProprietaryUp | Transmitted | TimeSyncUp
RadioUp = JoinRequestUp | DataFrameUp | ProprietaryUp
DownMessage = RouterConfig | Downlink | TimeSyncDown
