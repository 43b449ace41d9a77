"""AU915-928. Sources: RP002-1.0.4 (Regional Parameters), §2.8; power from the Australian Radiocommunications (Low
Interference Potential Devices) Class Licence 2015, item 52.

Uplinks are limited to 400 ms until TxParamSetupReq says otherwise; downlinks never are. DR7 is LR-FHSS, uplinks only;
DR8 to DR13, 500 kHz wide, are downlinks only.
"""

from dataclasses import replace

from maillage.lorawan.regions.channel_plan import Channel, FixedPlan, block_mask, evenly
from maillage.lorawan.regions.data_rate import LoRaDataRate, LrFhssDataRate
from maillage.lorawan.regions.region import Beacon, DwellTime, Region, SubBand
from maillage.lorawan.regions.tables import lora, payloads, powers

_BLOCKS = range(1, 9)
_DOWNLINKS_HZ = evenly(923_300_000, 600_000, 8)
_DOWNLINK_BYTES = (61, 137, 250, 250, 250, 250)
_PLAN = FixedPlan(
    default_channels=(
        *(Channel(hz, 0, 5) for hz in evenly(915_200_000, 200_000, 64)),
        *(Channel(hz, 6, 7) for hz in evenly(915_900_000, 1_600_000, 8)),
    ),
    downlink_channels_hz=_DOWNLINKS_HZ,
    network_channels=block_mask(*_BLOCKS),
)

AU915_928 = Region(
    name="AU915-928",
    common_name="AU915",
    revision="RP002-1.0.4",
    plan=_PLAN,
    data_rates=(
        *lora((12, 11, 10, 9, 8, 7), 125_000),
        LoRaDataRate(8, 500_000),
        LrFhssDataRate(1, 1_523_000),
        *lora((12, 11, 10, 9, 8, 7), 500_000),
    ),
    uplink_data_rates=range(8),
    downlink_data_rates=range(8, 14),
    sub_bands=(SubBand("AU", 915_000_000, 928_000_000, duty_cycle=1.0, max_erp_dbm=28),),
    max_payloads=payloads(59, 59, 59, 123, 250, 250, 250, 58, *_DOWNLINK_BYTES),
    tx_powers_dbm=powers(30, 15),
    rx1_data_rates=(
        (8, 8, 8, 8, 8, 8),
        (9, 8, 8, 8, 8, 8),
        (10, 9, 8, 8, 8, 8),
        (11, 10, 9, 8, 8, 8),
        (12, 11, 10, 9, 8, 8),
        (13, 12, 11, 10, 9, 8),
        (13, 13, 12, 11, 10, 9),
        (9, 8, 8, 8, 8, 8),
        *((),) * 6,
    ),
    rx2_frequency_hz=923_300_000,
    rx2_data_rate=8,
    beacon=Beacon(8, _DOWNLINKS_HZ),
    dwell=DwellTime(uplink=True, downlink=False),
    dwell_max_payloads=payloads(0, 0, 19, 61, 133, 250, 250, 58, *_DOWNLINK_BYTES),
)
"""All 72 channels."""

AU915_928_BLOCKS = tuple(replace(AU915_928, plan=replace(_PLAN, network_channels=block_mask(one))) for one in _BLOCKS)
"""For gateways of eight channels: block 1 to 8, eight narrow channels and the wide one that spans them."""
