"""Fields that frames heard and frames to send have in common: frequency, modulation, payload."""

from binascii import a2b_base64, b2a_base64
from typing import Annotated, Literal

from msgspec import Meta

from maillage.lorawan.gateways.semtech_udp.errors import DatagramError, DatagramReason
from maillage.lorawan.regions.data_rate import DataRate, FskDataRate, LoRaDataRate, LrFhssDataRate

UINT32_MAX = 0xFFFF_FFFF
GPS_MS_MAX = 1 << 53

# The span of LoRa radios: SX1276 from 137 MHz, SX1280 to 2.5 GHz. Which channels are legal is the region's.
Megahertz = Annotated[float, Meta(ge=137.0, le=2500.0)]
Tmst = Annotated[int, Meta(ge=0, le=UINT32_MAX)]
GpsMs = Annotated[int, Meta(ge=0, le=GPS_MS_MAX)]
Datr = Annotated[str, Meta(max_length=16)] | Annotated[int, Meta(ge=600, le=300_000)]
Codr = Annotated[str, Meta(max_length=8)]
Size = Annotated[int, Meta(ge=1, le=255)]
Base64 = Annotated[str, Meta(max_length=344)]
Octet = Annotated[int, Meta(ge=0, le=255)]

_BANDWIDTHS_HZ = (125_000, 250_000, 500_000, 203_000, 406_000, 812_000)
_LORA = {
    rate.datr: rate for rate in (LoRaDataRate(factor, width) for factor in range(5, 13) for width in _BANDWIDTHS_HZ)
}
_LR_FHSS_WIDTHS_HZ = (137_000, 336_000, 1_523_000)
_LR_FHSS_THIRDS: dict[str, Literal[1, 2]] = {"1/3": 1, "2/6": 1, "2/3": 2, "4/6": 2}
_LR_FHSS = {
    (rate.datr, written): rate
    for written, thirds in _LR_FHSS_THIRDS.items()
    for rate in (LrFhssDataRate(thirds, width) for width in _LR_FHSS_WIDTHS_HZ)
}


def megahertz(frequency_hz: int) -> float:
    return frequency_hz / 1e6


def hertz(frequency_mhz: float) -> int:
    """Exact to the Hz for every frequency in range: a double holds the product."""
    return round(frequency_mhz * 1e6)


def read_data_rate(modu: str, datr: str | int, codr: str | None = None) -> DataRate:
    """``LORA`` with ``SF7BW125``, ``FSK`` with bits per second, or ``LR-FHSS`` with ``M0CW137`` and its coding rate."""
    if modu == "FSK" and isinstance(datr, int):
        return FskDataRate(datr)
    found: DataRate | None = None
    if modu == "LORA" and isinstance(datr, str):
        found = _LORA.get(datr)
    elif modu == "LR-FHSS" and isinstance(datr, str) and codr is not None:
        found = _LR_FHSS.get((datr, codr))
    if found is None:
        raise DatagramError(DatagramReason.UNKNOWN_DATA_RATE, f"{modu} {datr}")
    return found


def read_payload(data: str, size: int) -> bytes:
    """The frame, whose base64 may lack its padding; ``size`` must agree."""
    padded = data + "=" * (-len(data) % 4)
    try:
        payload = a2b_base64(padded, strict_mode=True)
    except ValueError as error:
        raise DatagramError(DatagramReason.BAD_BASE64, str(error)) from error
    if len(payload) != size:
        raise DatagramError(DatagramReason.SIZE_MISMATCH, f"size says {size}, data holds {len(payload)}")
    return payload


def write_payload(payload: bytes) -> str:
    return b2a_base64(payload, newline=False).decode("ascii")


def modulation(data_rate: DataRate) -> Literal["LORA", "FSK", "LR-FHSS"]:
    if isinstance(data_rate, LrFhssDataRate):
        return "LR-FHSS"
    return "FSK" if isinstance(data_rate, FskDataRate) else "LORA"
