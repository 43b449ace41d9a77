"""``rxpk``: a frame heard, JSON both ways (PROTOCOL.TXT, §4)."""

from datetime import UTC, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from maillage.lorawan.gateways.semtech_udp.fields import (
    Base64,
    Codr,
    Datr,
    GpsMs,
    Megahertz,
    Octet,
    Size,
    Tmst,
    hertz,
    megahertz,
    modulation,
    read_data_rate,
    read_payload,
    write_payload,
)
from maillage.lorawan.gateways.semtech_udp.strict_json import decode_strictly
from maillage.lorawan.gateways.semtech_udp.values import CrcStatus, RxPacket
from maillage.lorawan.regions.data_rate import LrFhssDataRate

_ISO_COMPACT = "%Y-%m-%dT%H:%M:%S.%fZ"


class Rxpk(Struct, frozen=True, gc=False, omit_defaults=True):
    """The JSON object, field for field."""

    tmst: Tmst
    freq: Megahertz
    datr: Datr
    rssi: Annotated[float, Meta(ge=-250.0, le=50.0)]
    size: Size
    data: Base64
    modu: Literal["LORA", "FSK", "LR-FHSS"]
    codr: Codr | None = None
    lsnr: Annotated[float, Meta(ge=-100.0, le=100.0)] | None = None
    stat: Literal[-1, 0, 1] | None = None
    chan: Octet | None = None
    rfch: Octet | None = None
    time: Annotated[str, Meta(max_length=64)] | None = None
    tmms: GpsMs | None = None


_DECODER = msgspec.json.Decoder(Rxpk)
_CRC = {status.value: status for status in CrcStatus}


def read_rxpk(text: bytes) -> RxPacket:
    """The frame of one JSON object; ``DatagramError`` says why it cannot be one.

    ``time`` is advisory: a text that is no ISO 8601 instant counts as absent and loses no frame.
    """
    rxpk = decode_strictly(_DECODER, text)
    data_rate = read_data_rate(rxpk.modu, rxpk.datr, rxpk.codr)
    return RxPacket(
        rxpk.tmst,
        hertz(rxpk.freq),
        data_rate,
        rxpk.rssi,
        rxpk.lsnr,
        read_payload(rxpk.data, rxpk.size),
        _CRC[rxpk.stat or 0],
        None if isinstance(data_rate, LrFhssDataRate) else rxpk.codr,
        rxpk.chan or 0,
        rxpk.rfch or 0,
        _instant(rxpk.time) if rxpk.time else None,
        rxpk.tmms,
    )


def write_rxpk(packet: RxPacket) -> Rxpk:
    """The object to put in a list; the gateway's side."""
    return Rxpk(
        packet.tmst_us,
        megahertz(packet.frequency_hz),
        packet.data_rate.datr,
        packet.rssi_dbm,
        len(packet.phy_payload),
        write_payload(packet.phy_payload),
        modulation(packet.data_rate),
        packet.data_rate.codr if isinstance(packet.data_rate, LrFhssDataRate) else packet.coding_rate,
        packet.snr_db,
        packet.crc.value,
        packet.channel,
        packet.rf_chain,
        packet.time.astimezone(UTC).strftime(_ISO_COMPACT) if packet.time else None,
        packet.gps_ms,
    )


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is UTC:
            return found
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
