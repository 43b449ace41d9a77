"""``txpk``: a frame to send, JSON both ways (PROTOCOL.TXT, §6)."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from maillage.lorawan.gateways.semtech_udp.errors import DatagramError, DatagramReason
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
from maillage.lorawan.gateways.semtech_udp.values import AtGpsTime, AtTmst, Immediately, Schedule, TxPacket


class Txpk(Struct, frozen=True, gc=False, omit_defaults=True):
    """The JSON object, field for field. Defaults are the gateway's own when a field is left out."""

    freq: Megahertz
    rfch: Octet
    powe: Annotated[int, Meta(ge=-20, le=40)]
    modu: Literal["LORA", "FSK"]
    datr: Datr
    size: Size
    data: Base64
    imme: bool | None = None
    tmst: Tmst | None = None
    tmms: GpsMs | None = None
    codr: Codr | None = None
    ipol: bool | None = None
    ncrc: bool | None = None
    fdev: Annotated[int, Meta(ge=0, le=200_000)] | None = None
    prea: Annotated[int, Meta(ge=0, le=0xFFFF)] | None = None


class PullRespBody(Struct, frozen=True, gc=False):
    txpk: Txpk


_DECODER = msgspec.json.Decoder(PullRespBody)
_ENCODER = msgspec.json.Encoder()


def read_pull_resp_body(text: bytes) -> TxPacket:
    """The frame to send; the gateway's side."""
    txpk = decode_strictly(_DECODER, text).txpk
    return TxPacket(
        _schedule(txpk),
        hertz(txpk.freq),
        txpk.powe,
        read_data_rate(txpk.modu, txpk.datr),
        read_payload(txpk.data, txpk.size),
        txpk.codr,
        txpk.rfch,
        bool(txpk.ipol),
        bool(txpk.ncrc),
        txpk.fdev,
        txpk.prea,
    )


def write_pull_resp_body(packet: TxPacket) -> bytes:
    when = packet.schedule
    txpk = Txpk(
        megahertz(packet.frequency_hz),
        packet.rf_chain,
        packet.power_dbm,
        "FSK" if modulation(packet.data_rate) == "FSK" else "LORA",
        packet.data_rate.datr,
        len(packet.phy_payload),
        write_payload(packet.phy_payload),
        imme=isinstance(when, Immediately),
        tmst=when.tmst_us if isinstance(when, AtTmst) else None,
        tmms=when.gps_ms if isinstance(when, AtGpsTime) else None,
        codr=packet.coding_rate,
        ipol=packet.invert_polarity,
        ncrc=packet.no_crc,
        fdev=packet.fsk_deviation_hz,
        prea=packet.preamble_symbols,
    )
    return _ENCODER.encode(PullRespBody(txpk))


def _schedule(txpk: Txpk) -> Schedule:
    """``imme`` wins over ``tmst``, which wins over a GPS time (§6)."""
    if txpk.imme:
        return Immediately()
    if txpk.tmst is not None:
        return AtTmst(txpk.tmst)
    if txpk.tmms is not None:
        return AtGpsTime(txpk.tmms)
    raise DatagramError(DatagramReason.NO_SCHEDULE, "neither imme, tmst nor tmms")
