"""AS923, its four groups of countries. Source: RP002-1.0.4 (Regional Parameters), §2.10.

The groups are one plan moved in frequency. Sub-bands are what every country of a group allows; one may allow more.
Both ways are limited to 400 ms until TxParamSetupReq says otherwise, which changes payload sizes and RX1.
"""

from maillage.lorawan.regions.channel_plan import Channel, DynamicPlan
from maillage.lorawan.regions.data_rate import FskDataRate, LoRaDataRate
from maillage.lorawan.regions.region import Beacon, DwellTime, Region, SubBand
from maillage.lorawan.regions.tables import lora, payloads, powers

_EFFECTIVE_OFFSETS = (0, 1, 2, 3, 4, 5, -1, -2)
_SLOWEST, _SLOWEST_UNDER_DWELL, _FASTEST = 0, 2, 7


def _rx1_data_rates(slowest: int) -> tuple[tuple[int, ...], ...]:
    """§2.10.7: the uplink's rate less the effective offset, kept between the slowest allowed and DR7."""
    return tuple(
        tuple(min(_FASTEST, max(slowest, rate - offset)) for offset in _EFFECTIVE_OFFSETS)
        for rate in range(_FASTEST + 1)
    )


def _group(number: int, offset_hz: int, low_hz: int, high_hz: int) -> Region:
    """§2.10.1: AS923_FREQ_OFFSET and the slice of the common channels."""
    second_hz = 923_400_000 + offset_hz
    return Region(
        name=f"AS923-{number}",
        common_name="AS923" if number == 1 else f"AS923-{number}",
        revision="RP002-1.0.4",
        plan=DynamicPlan((Channel(923_200_000 + offset_hz, 0, 5), Channel(second_hz, 0, 5))),
        data_rates=(*lora((12, 11, 10, 9, 8, 7), 125_000), LoRaDataRate(7, 250_000), FskDataRate(50_000)),
        uplink_data_rates=range(8),
        downlink_data_rates=range(8),
        sub_bands=(SubBand(f"AS{number}", low_hz, high_hz, duty_cycle=0.01, max_erp_dbm=14),),
        max_payloads=payloads(59, 59, 123, 123, 250, 250, 250, 250),
        tx_powers_dbm=powers(16, 8),
        rx1_data_rates=_rx1_data_rates(_SLOWEST),
        rx2_frequency_hz=923_200_000 + offset_hz,
        rx2_data_rate=2,
        beacon=Beacon(3, (second_hz,)),
        dwell=DwellTime(uplink=True, downlink=True),
        dwell_max_payloads=payloads(0, 0, 19, 61, 133, 250, 250, 250),
        dwell_rx1_data_rates=_rx1_data_rates(_SLOWEST_UNDER_DWELL),
    )


AS923_1 = _group(1, 0, 923_000_000, 923_500_000)
AS923_2 = _group(2, -1_800_000, 921_400_000, 922_000_000)
AS923_3 = _group(3, -6_600_000, 916_500_000, 917_000_000)
AS923_4 = _group(4, -5_900_000, 917_300_000, 917_600_000)
AS923_GROUPS = (AS923_1, AS923_2, AS923_3, AS923_4)
