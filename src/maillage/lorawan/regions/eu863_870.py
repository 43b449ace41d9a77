"""EU863-870, the band of France. Sources: RP002-1.0.4 (Regional Parameters), §2.4; sub-bands, duty cycles
and powers from ETSI EN 300 220-2 V3.2.1, annex B (bands K to R), of ERC Recommendation 70-03, annex 1.

The rates added by RP002-1.0.2 (LR-FHSS, DR8 to DR11) are left out: LoRaWAN 1.0.x devices and gateways of
the shelf do not use them. Where two rules cover one slice, the one that lets a LoRaWAN gateway send with a
duty cycle is kept.
"""

from maillage.lorawan.regions.data_rate import DataRate, FskDataRate, LoRaDataRate
from maillage.lorawan.regions.region import Channel, MaxPayload, Region, SubBand

_SF12_TO_SF7 = tuple(LoRaDataRate(factor, 125_000) for factor in (12, 11, 10, 9, 8, 7))
_DR0, _DR5 = 0, 5
_MAX_EIRP_DBM = 16
_OFFSETS = range(6)
_DATA_RATES: tuple[DataRate, ...] = (*_SF12_TO_SF7, LoRaDataRate(7, 250_000), FskDataRate(50_000))

EU863_870 = Region(
    name="EU863-870",
    data_rates=_DATA_RATES,
    default_channels=tuple(Channel(hz, _DR0, _DR5) for hz in (868_100_000, 868_300_000, 868_500_000)),
    extra_channels=tuple(
        Channel(hz, _DR0, _DR5) for hz in (867_100_000, 867_300_000, 867_500_000, 867_700_000, 867_900_000)
    ),
    sub_bands=(
        SubBand("K", 863_000_000, 865_000_000, duty_cycle=0.001, max_erp_dbm=14),
        SubBand("L", 865_000_000, 868_000_000, duty_cycle=0.01, max_erp_dbm=14),
        SubBand("M", 868_000_000, 868_600_000, duty_cycle=0.01, max_erp_dbm=14),
        SubBand("N", 868_700_000, 869_200_000, duty_cycle=0.001, max_erp_dbm=14),
        SubBand("P", 869_400_000, 869_650_000, duty_cycle=0.1, max_erp_dbm=27),
        SubBand("R", 869_700_000, 870_000_000, duty_cycle=0.01, max_erp_dbm=14),
    ),
    # The table for networks without repeaters.
    max_payloads=(
        *(MaxPayload(59, 51) for _ in range(3)),
        MaxPayload(123, 115),
        *(MaxPayload(250, 242) for _ in range(4)),
    ),
    tx_powers_dbm=tuple(_MAX_EIRP_DBM - 2 * index for index in range(8)),
    rx1_data_rates=tuple(tuple(max(rate - offset, 0) for offset in _OFFSETS) for rate, _ in enumerate(_DATA_RATES)),
    rx2_frequency_hz=869_525_000,
    rx2_data_rate=_DR0,
)
