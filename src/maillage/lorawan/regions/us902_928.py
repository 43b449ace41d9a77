"""US902-928. Sources: RP002-1.0.4 (Regional Parameters), §2.5; powers and dwell from FCC 47 CFR 15.247.

Uplinks stay under 400 ms by their payload sizes alone, so no dwell-time table is needed. DR5 and DR6 are LR-FHSS,
uplinks only; DR8 to DR13, 500 kHz wide, are downlinks only; DR7 is reserved.
"""

from dataclasses import replace

from maillage.lorawan.regions.channel_plan import Channel, FixedPlan, block_mask, evenly
from maillage.lorawan.regions.data_rate import LoRaDataRate, LrFhssDataRate
from maillage.lorawan.regions.region import Beacon, DwellTime, Region, SubBand
from maillage.lorawan.regions.tables import lora, payloads, powers

_BLOCKS = range(1, 9)
_DOWNLINKS_HZ = evenly(923_300_000, 600_000, 8)
_PLAN = FixedPlan(
    default_channels=(
        *(Channel(hz, 0, 3) for hz in evenly(902_300_000, 200_000, 64)),
        *(Channel(hz, 4, 6) for hz in evenly(903_000_000, 1_600_000, 8)),
    ),
    downlink_channels_hz=_DOWNLINKS_HZ,
    network_channels=block_mask(*_BLOCKS),
)

US902_928 = Region(
    name="US902-928",
    common_name="US915",
    revision="RP002-1.0.4",
    plan=_PLAN,
    data_rates=(
        *lora((10, 9, 8, 7), 125_000),
        LoRaDataRate(8, 500_000),
        LrFhssDataRate(1, 1_523_000),
        LrFhssDataRate(2, 1_523_000),
        None,
        *lora((12, 11, 10, 9, 8, 7), 500_000),
    ),
    uplink_data_rates=range(7),
    downlink_data_rates=range(8, 14),
    sub_bands=(
        SubBand("up", 902_000_000, 915_000_000, duty_cycle=1.0, max_erp_dbm=28),
        SubBand("down", 923_000_000, 928_000_000, duty_cycle=1.0, max_erp_dbm=26),
    ),
    max_payloads=payloads(19, 61, 133, 250, 250, 58, 133, 0, 61, 137, 250, 250, 250, 250),
    tx_powers_dbm=powers(30, 15),
    rx1_data_rates=(
        (10, 9, 8, 8),
        (11, 10, 9, 8),
        (12, 11, 10, 9),
        (13, 12, 11, 10),
        (13, 13, 12, 11),
        (10, 9, 8, 8),
        (11, 10, 9, 8),
        *((),) * 7,
    ),
    rx2_frequency_hz=923_300_000,
    rx2_data_rate=8,
    beacon=Beacon(8, _DOWNLINKS_HZ),
    dwell=DwellTime(uplink=True, downlink=False),
)
"""All 72 channels."""

US902_928_BLOCKS = tuple(replace(US902_928, plan=replace(_PLAN, network_channels=block_mask(one))) for one in _BLOCKS)
"""For gateways of eight channels: block 1 to 8, eight narrow channels and the wide one that spans them."""
