"""EU863-870, the band of France. Sources: RP002-1.0.4 (Regional Parameters), §2.4; sub-bands, duty cycles
and powers from ETSI EN 300 220-2 V3.2.1, annex B (bands K to R), of ERC Recommendation 70-03, annex 1.

Where two rules cover one slice, the one that lets a LoRaWAN gateway send with a duty cycle is kept. No dwell time
applies. DR8 to DR11 are LR-FHSS, uplinks only.
"""

from maillage.lorawan.regions.channel_plan import Channel, DynamicPlan, evenly
from maillage.lorawan.regions.data_rate import FskDataRate, LoRaDataRate, LrFhssDataRate
from maillage.lorawan.regions.region import Beacon, Region, SubBand
from maillage.lorawan.regions.tables import lora, payloads, powers

EU863_870 = Region(
    name="EU863-870",
    common_name="EU868",
    revision="RP002-1.0.4",
    plan=DynamicPlan(
        # §2.4.2, §2.4.4
        default_channels=tuple(Channel(hz, 0, 5) for hz in evenly(868_100_000, 200_000, 3)),
        extra_channels=tuple(Channel(hz, 0, 5) for hz in evenly(867_100_000, 200_000, 5)),
    ),
    # §2.4.3
    data_rates=(
        *lora((12, 11, 10, 9, 8, 7), 125_000),
        LoRaDataRate(7, 250_000),
        FskDataRate(50_000),
        LrFhssDataRate(1, 137_000),
        LrFhssDataRate(2, 137_000),
        LrFhssDataRate(1, 336_000),
        LrFhssDataRate(2, 336_000),
    ),
    uplink_data_rates=range(12),
    downlink_data_rates=range(8),
    sub_bands=(
        SubBand("K", 863_000_000, 865_000_000, duty_cycle=0.001, max_erp_dbm=14),
        SubBand("L", 865_000_000, 868_000_000, duty_cycle=0.01, max_erp_dbm=14),
        SubBand("M", 868_000_000, 868_600_000, duty_cycle=0.01, max_erp_dbm=14),
        SubBand("N", 868_700_000, 869_200_000, duty_cycle=0.001, max_erp_dbm=14),
        SubBand("P", 869_400_000, 869_650_000, duty_cycle=0.1, max_erp_dbm=27),
        SubBand("R", 869_700_000, 870_000_000, duty_cycle=0.01, max_erp_dbm=14),
    ),
    # §2.4.6
    max_payloads=payloads(59, 59, 59, 123, 250, 250, 250, 250, 58, 123, 58, 123),
    tx_powers_dbm=powers(16, 8),
    # §2.4.7
    rx1_data_rates=(
        (0, 0, 0, 0, 0, 0),
        (1, 0, 0, 0, 0, 0),
        (2, 1, 0, 0, 0, 0),
        (3, 2, 1, 0, 0, 0),
        (4, 3, 2, 1, 0, 0),
        (5, 4, 3, 2, 1, 0),
        (6, 5, 4, 3, 2, 1),
        (7, 6, 5, 4, 3, 2),
        (1, 0, 0, 0, 0, 0),
        (2, 1, 0, 0, 0, 0),
        (1, 0, 0, 0, 0, 0),
        (2, 1, 0, 0, 0, 0),
    ),
    rx2_frequency_hz=869_525_000,
    rx2_data_rate=0,
    beacon=Beacon(3, (869_525_000,)),  # §2.4.8
)
