"""Time on air, in whole microseconds.

Sources: Semtech AN1200.13 (LoRa Modem Designer's Guide), §4; Semtech AN1200.64 (LR-FHSS system performance) for the
layout of an LR-FHSS frame.
"""

from maillage.lorawan.regions.data_rate import DataRate, FskDataRate, LoRaDataRate, LrFhssDataRate

_LORAWAN_PREAMBLE_SYMBOLS = 8
_LOW_DATA_RATE_SYMBOL_US = 16_000
_FSK_OVERHEAD_BYTES = 5 + 3 + 1 + 2
"""Preamble, sync word, length, CRC (RP002-1.0.4, physical layer of FSK)."""
_LR_FHSS_BIT_US = 2048  # 488.28125 bit/s
_LR_FHSS_HEADER_BITS = 114
_LR_FHSS_HEADERS = {1: 3, 2: 2}
"""Copies of the header by coding rate: three at 1/3, two at 2/3 (RP002-1.0.4, physical layer of LR-FHSS)."""
_LR_FHSS_CRC_BYTES = 2
_LR_FHSS_TAIL_BITS = 6
_LR_FHSS_FRAGMENT_BITS = 48
_LR_FHSS_GUARD_BITS = 2
"""Ahead of every fragment, while the carrier hops."""


def airtime_us(data_rate: DataRate, phy_payload_bytes: int, *, crc: bool = True) -> int:
    """Time on air of a LoRaWAN frame: 8 preamble symbols, explicit header, coding rate 4/5.

    Uplinks carry a CRC, downlinks do not (LoRaWAN L2 1.0.4, §3).
    """
    if isinstance(data_rate, LrFhssDataRate):
        return lr_fhss_airtime_us(data_rate, phy_payload_bytes)
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


def lr_fhss_airtime_us(data_rate: LrFhssDataRate, payload_bytes: int) -> int:
    """Copies of the header, then the coded payload with its CRC, cut into fragments that each hop."""
    clear_bits = 8 * (payload_bytes + _LR_FHSS_CRC_BYTES) + _LR_FHSS_TAIL_BITS
    coded_bits = clear_bits * 3 // data_rate.coding_rate_thirds
    fragments = -(-coded_bits // _LR_FHSS_FRAGMENT_BITS)
    header_bits = _LR_FHSS_HEADER_BITS * _LR_FHSS_HEADERS[data_rate.coding_rate_thirds]
    return (header_bits + coded_bits + _LR_FHSS_GUARD_BITS * fragments) * _LR_FHSS_BIT_US
