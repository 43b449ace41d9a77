"""The six messages and what they carry, as typed values. Source: Semtech packet forwarder, PROTOCOL.TXT."""

from datetime import datetime
from enum import IntEnum, StrEnum

from msgspec import Struct

from maillage.lorawan.gateways.context import StationContext
from maillage.lorawan.gateways.semtech_udp.errors import Refusal
from maillage.lorawan.protocol.eui import EUI64
from maillage.lorawan.regions.data_rate import DataRate


class CrcStatus(IntEnum):
    FAIL = -1
    NONE = 0
    OK = 1


class RxPacket(Struct, frozen=True, gc=False):
    """A frame a gateway heard. ``tmst_us`` is the concentrator's 32-bit counter at the end of reception,
    the reference of downlinks. ``time`` (aware UTC) and ``gps_ms`` only from gateways that know them;
    ``snr_db`` none for FSK. ``context`` only from a Basics Station.
    """

    tmst_us: int
    frequency_hz: int
    data_rate: DataRate
    rssi_dbm: float
    snr_db: float | None
    phy_payload: bytes
    crc: CrcStatus = CrcStatus.OK
    coding_rate: str | None = "4/5"
    channel: int = 0
    rf_chain: int = 0
    time: datetime | None = None
    gps_ms: int | None = None
    context: StationContext | None = None


class GatewayStat(Struct, frozen=True, gc=False):
    """The periodic report of a gateway. Every field may be missing; ``time`` is the gateway's own text."""

    time: str | None = None
    latitude_deg: float | None = None
    longitude_deg: float | None = None
    altitude_m: float | None = None
    received: int | None = None
    received_crc_ok: int | None = None
    forwarded: int | None = None
    acknowledged_percent: float | None = None
    downlinks: int | None = None
    transmitted: int | None = None


class Immediately(Struct, frozen=True, gc=False):
    """Send at once (class C)."""


class AtTmst(Struct, frozen=True, gc=False):
    """Send when the concentrator's 32-bit counter reads ``tmst_us`` (class A)."""

    tmst_us: int


class AtGpsTime(Struct, frozen=True, gc=False):
    """Send at a GPS instant, in ms since the GPS epoch (class B, multicast)."""

    gps_ms: int


Schedule = Immediately | AtTmst | AtGpsTime


class TxPacket(Struct, frozen=True, gc=False):
    """A frame to send. Downlinks invert the polarity and carry no CRC (LoRaWAN L2 1.0.4, §3)."""

    schedule: Schedule
    frequency_hz: int
    power_dbm: int
    data_rate: DataRate
    phy_payload: bytes
    coding_rate: str | None = "4/5"
    rf_chain: int = 0
    invert_polarity: bool = True
    no_crc: bool = True
    fsk_deviation_hz: int | None = None
    preamble_symbols: int | None = None


class TxStatus(StrEnum):
    """The fate of a PULL_RESP, as the standard gateway software tells it."""

    NONE = "NONE"
    TOO_LATE = "TOO_LATE"
    TOO_EARLY = "TOO_EARLY"
    COLLISION_PACKET = "COLLISION_PACKET"
    COLLISION_BEACON = "COLLISION_BEACON"
    TX_FREQ = "TX_FREQ"
    TX_POWER = "TX_POWER"
    GPS_UNLOCKED = "GPS_UNLOCKED"


class PushData(Struct, frozen=True):
    """Gateway to server: frames heard, a report, or both. ``refused`` lists the items that were left out."""

    token: int
    gateway_eui: EUI64
    packets: tuple[RxPacket, ...] = ()
    stat: GatewayStat | None = None
    refused: tuple[Refusal, ...] = ()
    version: int = 2


class PushAck(Struct, frozen=True, gc=False):
    """Server to gateway: PUSH_DATA came."""

    token: int
    version: int = 2


class PullData(Struct, frozen=True, gc=False):
    """Gateway to server: here is the address to send to."""

    token: int
    gateway_eui: EUI64
    version: int = 2


class PullAck(Struct, frozen=True, gc=False):
    """Server to gateway: PULL_DATA came."""

    token: int
    version: int = 2


class PullResp(Struct, frozen=True, gc=False):
    """Server to gateway: send this. The token comes back in TX_ACK."""

    token: int
    packet: TxPacket
    version: int = 2


class TxAck(Struct, frozen=True, gc=False):
    """Gateway to server: what became of a PULL_RESP. A status nobody documented is kept as text."""

    token: int
    gateway_eui: EUI64
    status: TxStatus | str = TxStatus.NONE
    version: int = 2

    @property
    def accepted(self) -> bool:
        return self.status == TxStatus.NONE


Message = PushData | PushAck | PullData | PullAck | PullResp | TxAck
