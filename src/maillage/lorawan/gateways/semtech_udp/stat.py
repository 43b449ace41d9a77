"""``stat``: the report of a gateway, JSON both ways (PROTOCOL.TXT, §4)."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from maillage.lorawan.gateways.semtech_udp.strict_json import decode_strictly
from maillage.lorawan.gateways.semtech_udp.values import GatewayStat

Count = Annotated[int, Meta(ge=0, le=1 << 53)]


class Stat(Struct, frozen=True, gc=False, omit_defaults=True):
    """The JSON object, field for field."""

    time: Annotated[str, Meta(max_length=64)] | None = None
    lati: Annotated[float, Meta(ge=-90.0, le=90.0)] | None = None
    long: Annotated[float, Meta(ge=-180.0, le=180.0)] | None = None
    alti: Annotated[float, Meta(ge=-1000.0, le=100_000.0)] | None = None
    rxnb: Count | None = None
    rxok: Count | None = None
    rxfw: Count | None = None
    ackr: Annotated[float, Meta(ge=0.0, le=1000.0)] | None = None
    dwnb: Count | None = None
    txnb: Count | None = None


_DECODER = msgspec.json.Decoder(Stat)


def read_stat(text: bytes) -> GatewayStat:
    """``ackr`` above 100 happens when acknowledgements of one period arrive in the next; it is kept."""
    stat = decode_strictly(_DECODER, text)
    return GatewayStat(
        stat.time,
        stat.lati,
        stat.long,
        stat.alti,
        stat.rxnb,
        stat.rxok,
        stat.rxfw,
        stat.ackr,
        stat.dwnb,
        stat.txnb,
    )


def write_stat(stat: GatewayStat) -> Stat:
    return Stat(
        stat.time,
        stat.latitude_deg,
        stat.longitude_deg,
        stat.altitude_m,
        stat.received,
        stat.received_crc_ok,
        stat.forwarded,
        stat.acknowledged_percent,
        stat.downlinks,
        stat.transmitted,
    )
