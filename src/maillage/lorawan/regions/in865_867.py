"""IN865-867. Sources: RP002-1.0.4 (Regional Parameters), §2.12; power from the Indian rules GSR 564(E) of 2005
(4 W radiated). No duty cycle and no dwell time apply. DR6 is reserved.
"""

from maillage.lorawan.regions.channel_plan import Channel, DynamicPlan
from maillage.lorawan.regions.data_rate import FskDataRate
from maillage.lorawan.regions.region import Beacon, Region, SubBand
from maillage.lorawan.regions.tables import lora, payloads, powers

IN865_867 = Region(
    name="IN865-867",
    common_name="IN865",
    revision="RP002-1.0.4",
    plan=DynamicPlan(tuple(Channel(hz, 0, 5) for hz in (865_062_500, 865_402_500, 865_985_000))),
    data_rates=(*lora((12, 11, 10, 9, 8, 7), 125_000), None, FskDataRate(50_000)),
    uplink_data_rates=range(8),
    downlink_data_rates=range(8),
    sub_bands=(SubBand("IN", 865_000_000, 867_000_000, duty_cycle=1.0, max_erp_dbm=28),),
    max_payloads=payloads(59, 59, 59, 123, 250, 250, 0, 250),
    tx_powers_dbm=powers(30, 11),
    # Offsets 6 and 7 answer faster than the uplink.
    rx1_data_rates=(
        (0, 0, 0, 0, 0, 0, 1, 2),
        (1, 0, 0, 0, 0, 0, 2, 3),
        (2, 1, 0, 0, 0, 0, 3, 4),
        (3, 2, 1, 0, 0, 0, 4, 5),
        (4, 3, 2, 1, 0, 0, 5, 5),
        (5, 4, 3, 2, 1, 0, 5, 7),
        (),
        (7, 5, 5, 4, 3, 2, 7, 7),
    ),
    rx2_frequency_hz=866_550_000,
    rx2_data_rate=2,
    beacon=Beacon(4, (866_550_000,)),
)
