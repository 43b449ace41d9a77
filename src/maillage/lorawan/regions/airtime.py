"""Time on air, in whole microseconds. Source: Semtech AN1200.13 (LoRa Modem Designer's Guide), §4."""

from maillage.lorawan.regions.data_rate import DataRate, FskDataRate, LoRaDataRate

_LORAWAN_PREAMBLE_SYMBOLS = 8
_LOW_DATA_RATE_SYMBOL_US = 16_000
_FSK_OVERHEAD_BYTES = 5 + 3 + 1 + 2
"""Preamble, sync word, length, CRC (RP002-1.0.4, physical layer of FSK)."""


def airtime_us(data_rate: DataRate, phy_payload_bytes: int, *, crc: bool = True) -> int:
    """Time on air of a LoRaWAN frame: 8 preamble symbols, explicit header, coding rate 4/5.

    Uplinks carry a CRC, downlinks do not (LoRaWAN L2 1.0.4, §3).
    """
    if isinstance(data_rate, FskDataRate):
        return -(-(phy_payload_bytes + _FSK_OVERHEAD_BYTES) * 8_000_000 // data_rate.bit_rate_bps)
    return lora_airtime_us(data_rate, phy_payload_bytes, crc=crc)


def lora_airtime_us(
    data_rate: LoRaDataRate,
    payload_bytes: int,
    *,
    crc: bool = True,
    preamble_symbols: int = _LORAWAN_PREAMBLE_SYMBOLS,
    coding_rate_denominator: int = 5,
    explicit_header: bool = True,
    low_data_rate_optimize: bool | None = None,
) -> int:
    """The general formula. Low-data-rate optimisation is on from 16 ms a symbol unless stated otherwise."""
    chips = 1 << data_rate.spreading_factor
    optimized = chips * 1_000_000 >= _LOW_DATA_RATE_SYMBOL_US * data_rate.bandwidth_hz
    if low_data_rate_optimize is not None:
        optimized = low_data_rate_optimize
    bits = 8 * payload_bytes - 4 * data_rate.spreading_factor + 28 + 16 * crc - 20 * (not explicit_header)
    blocks = max(-(-bits // (4 * (data_rate.spreading_factor - 2 * optimized))), 0)
    quarter_symbols = 4 * preamble_symbols + 17 + 4 * (8 + blocks * coding_rate_denominator)
    return -(-quarter_symbols * chips * 1_000_000 // (4 * data_rate.bandwidth_hz))
