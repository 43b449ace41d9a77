"""Every table of every region, value by value, as RP002-1.0.4 prints it."""

import pytest

from maillage.lorawan.regions.catalogue import REGIONS

SF12_TO_SF7 = ["SF12BW125", "SF11BW125", "SF10BW125", "SF9BW125", "SF8BW125", "SF7BW125"]
WIDE_DOWN = ["SF12BW500", "SF11BW500", "SF10BW500", "SF9BW500", "SF8BW500", "SF7BW500"]
AS923_NAMES = ["AS923", "AS923-2", "AS923-3", "AS923-4"]

DATA_RATES = {
    "EU868": [*SF12_TO_SF7, "SF7BW250", 50_000, "M0CW137", "M0CW137", "M0CW336", "M0CW336"],
    "IN865": [*SF12_TO_SF7, None, 50_000],
    "US915": ["SF10BW125", "SF9BW125", "SF8BW125", "SF7BW125", "SF8BW500", "M0CW1523", "M0CW1523", None, *WIDE_DOWN],
    "AU915": [*SF12_TO_SF7, "SF8BW500", "M0CW1523", *WIDE_DOWN],
    **{name: [*SF12_TO_SF7, "SF7BW250", 50_000] for name in AS923_NAMES},
}

# M of each data rate: without repeater, with repeater.
PLAIN_M = {
    "EU868": [59, 59, 59, 123, 250, 250, 250, 250, 58, 123, 58, 123],
    "IN865": [59, 59, 59, 123, 250, 250, None, 250],
    "US915": [19, 61, 133, 250, 250, 58, 133, None, 61, 137, 250, 250, 250, 250],
    "AU915": [59, 59, 59, 123, 250, 250, 250, 58, 61, 137, 250, 250, 250, 250],
    **{name: [59, 59, 123, 123, 250, 250, 250, 250] for name in AS923_NAMES},
}
REPEATER_M = {
    "EU868": [59, 59, 59, 123, 230, 230, 230, 230, 58, 123, 58, 123],
    "IN865": [59, 59, 59, 123, 230, 230, None, 230],
    "US915": [19, 61, 133, 230, 230, 58, 133, None, 61, 137, 230, 230, 230, 230],
    "AU915": [59, 59, 59, 123, 230, 230, 230, 58, 61, 137, 230, 230, 230, 230],
    **{name: [59, 59, 123, 123, 230, 230, 230, 230] for name in AS923_NAMES},
}
DWELL_M = {
    "AU915": [0, 0, 19, 61, 133, 250, 250, 58, 61, 137, 250, 250, 250, 250],
    **{name: [0, 0, 19, 61, 133, 250, 250, 250] for name in AS923_NAMES},
}

AS923_RX1 = [
    "00000012",
    "10000023",
    "21000034",
    "32100045",
    "43210056",
    "54321067",
    "65432177",
    "76543277",
]
AS923_RX1_UNDER_DWELL = [
    "22222222",
    "22222223",
    "22222234",
    "32222245",
    "43222256",
    "54322267",
    "65432277",
    "76543277",
]
# Hexadecimal digits: the row is the uplink's rate, the column RX1DROffset.
RX1 = {
    "EU868": [
        "000000",
        "100000",
        "210000",
        "321000",
        "432100",
        "543210",
        "654321",
        "765432",
        "100000",
        "210000",
        "100000",
        "210000",
    ],
    "IN865": ["00000012", "10000023", "21000034", "32100045", "43210055", "54321057", "", "75543277"],
    "US915": ["a988", "ba98", "cba9", "dcba", "ddcb", "a988", "ba98"],
    "AU915": ["888888", "988888", "a98888", "ba9888", "cba988", "dcba98", "ddcba9", "988888"],
    **dict.fromkeys(AS923_NAMES, AS923_RX1),
}

RX2 = {
    "EU868": (869_525_000, 0),
    "IN865": (866_550_000, 2),
    "US915": (923_300_000, 8),
    "AU915": (923_300_000, 8),
    "AS923": (923_200_000, 2),
    "AS923-2": (921_400_000, 2),
    "AS923-3": (916_600_000, 2),
    "AS923-4": (917_300_000, 2),
}
POWERS_DBM = {
    "EU868": [16, 14, 12, 10, 8, 6, 4, 2],
    "IN865": [30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10],
    "US915": [30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2],
    "AU915": [30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2],
    **{name: [16, 14, 12, 10, 8, 6, 4, 2] for name in AS923_NAMES},
}
DYNAMIC_CHANNELS_KHZ = {
    "EU868": [868_100, 868_300, 868_500],
    "IN865": [865_062.5, 865_402.5, 865_985],
    "AS923": [923_200, 923_400],
    "AS923-2": [921_400, 921_600],
    "AS923-3": [916_600, 916_800],
    "AS923-4": [917_300, 917_500],
}
BEACONS = {
    "EU868": (3, 869_525_000),
    "IN865": (4, 866_550_000),
    "US915": (8, 923_300_000),
    "AU915": (8, 923_300_000),
    "AS923": (3, 923_400_000),
    "AS923-2": (3, 921_600_000),
    "AS923-3": (3, 916_800_000),
    "AS923-4": (3, 917_500_000),
}


def test_every_whole_region_is_checked_here():
    assert list(DATA_RATES) == [name for name in REGIONS if "/" not in name]


@pytest.mark.parametrize("name", DATA_RATES)
def test_data_rates(name):
    assert [rate and rate.datr for rate in REGIONS[name].data_rates] == DATA_RATES[name]


@pytest.mark.parametrize(
    ("table", "options"),
    [(PLAIN_M, {"dwell_limited": False}), (REPEATER_M, {"dwell_limited": False, "repeater": True})],
)
@pytest.mark.parametrize("name", DATA_RATES)
def test_payload_sizes(name, table, options):
    for index, size in enumerate(table[name]):
        if size is not None:
            found = REGIONS[name].max_payload(index, **options)
            assert (found.mac_payload_bytes, found.frm_payload_bytes) == (size, size - 8)


@pytest.mark.parametrize("name", DWELL_M)
def test_payload_sizes_under_dwell_time(name):
    found = [REGIONS[name].max_payload(index, dwell_limited=True) for index in range(len(DWELL_M[name]))]
    assert [limit.mac_payload_bytes for limit in found] == DWELL_M[name]
    assert [limit.frm_payload_bytes for limit in found] == [max(size - 8, 0) for size in DWELL_M[name]]


@pytest.mark.parametrize("name", RX1)
def test_rx1_data_rates(name):
    region = REGIONS[name]
    for uplink, row in enumerate(RX1[name]):
        expected = [int(digit, 16) for digit in row]
        offsets = range(len(row))
        assert [region.rx1_data_rate(uplink, offset, dwell_limited=False) for offset in offsets] == expected


@pytest.mark.parametrize("name", AS923_NAMES)
def test_rx1_data_rates_under_dwell_time(name):
    region = REGIONS[name]
    for uplink, row in enumerate(AS923_RX1_UNDER_DWELL):
        assert [region.rx1_data_rate(uplink, offset) for offset in range(8)] == [int(digit) for digit in row]


@pytest.mark.parametrize("name", DATA_RATES)
def test_rx2_powers_and_beacon(name):
    region = REGIONS[name]
    assert (region.rx2_frequency_hz, region.rx2_data_rate) == RX2[name]
    assert [region.tx_power_dbm(index) for index in range(len(region.tx_powers_dbm))] == POWERS_DBM[name]
    assert (region.beacon.data_rate, region.beacon.frequencies_hz[0]) == BEACONS[name]


@pytest.mark.parametrize("name", DYNAMIC_CHANNELS_KHZ)
def test_default_channels(name):
    found = REGIONS[name].default_channels
    assert [(one.frequency_hz / 1000, one.min_data_rate, one.max_data_rate) for one in found] == [
        (khz, 0, 5) for khz in DYNAMIC_CHANNELS_KHZ[name]
    ]


@pytest.mark.parametrize(
    ("name", "channel", "frequency_hz", "rates", "rx1_hz"),
    [
        ("US915", 0, 902_300_000, (0, 3), 923_300_000),
        ("US915", 13, 904_900_000, (0, 3), 926_300_000),
        ("US915", 63, 914_900_000, (0, 3), 927_500_000),
        ("US915", 64, 903_000_000, (4, 6), 923_300_000),
        ("US915", 71, 914_200_000, (4, 6), 927_500_000),
        ("AU915", 0, 915_200_000, (0, 5), 923_300_000),
        ("AU915", 63, 927_800_000, (0, 5), 927_500_000),
        ("AU915", 64, 915_900_000, (6, 7), 923_300_000),
        ("AU915", 71, 927_100_000, (6, 7), 927_500_000),
    ],
)
def test_fixed_channels_and_their_answers(name, channel, frequency_hz, rates, rx1_hz):
    region = REGIONS[name]
    found = region.default_channels[channel]
    assert len(region.default_channels) == 72
    assert (found.frequency_hz, (found.min_data_rate, found.max_data_rate)) == (frequency_hz, rates)
    assert region.rx1(frequency_hz, rates[0], 0, 1).frequency_hz == rx1_hz
    assert region.rx1(frequency_hz + 900, rates[0], 0, 1).frequency_hz == rx1_hz


def test_class_b_hops_over_the_downlink_channels():
    """The published example of a ping slot; elsewhere there is one frequency."""
    beacon_time_s = (334_382 * 60 + 52) * 60 + 44
    assert REGIONS["US915"].ping_slot_frequency_hz(0x0314CF36, beacon_time_s) == 925_700_000
    assert REGIONS["EU868"].ping_slot_frequency_hz(0x0314CF36, beacon_time_s) == 869_525_000
