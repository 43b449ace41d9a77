"""The European band."""

import pytest

from maillage.kernel.errors import Invalid
from maillage.lorawan.protocol.join import decode_cf_list
from maillage.lorawan.regions.data_rate import FskDataRate, LoRaDataRate
from maillage.lorawan.regions.eu863_870 import EU863_870
from maillage.lorawan.regions.region import MaxPayload, ReceiveWindow

ALL_RATES = range(12)


def test_every_rate_has_its_payload_and_its_answers():
    assert len(EU863_870.data_rates) == len(EU863_870.max_payloads) == len(EU863_870.rx1_data_rates) == 12


@pytest.mark.parametrize("index", ALL_RATES)
def test_a_modulation_is_found_by_its_name(index):
    assert EU863_870.data_rate_index(EU863_870.data_rates[index]) == index


def test_a_modulation_of_another_band_has_no_index():
    assert EU863_870.data_rate_index(LoRaDataRate(8, 500_000)) is None


def test_rates_are_written_as_gateways_write_them():
    assert [rate.datr for rate in EU863_870.data_rates] == [
        "SF12BW125",
        "SF11BW125",
        "SF10BW125",
        "SF9BW125",
        "SF8BW125",
        "SF7BW125",
        "SF7BW250",
        50_000,
        "M0CW137",
        "M0CW137",
        "M0CW336",
        "M0CW336",
    ]
    assert [rate.codr for rate in EU863_870.data_rates[8:]] == ["1/3", "2/3", "1/3", "2/3"]
    assert EU863_870.data_rates[7] == FskDataRate(50_000)


@pytest.mark.parametrize(
    ("uplink", "offset", "downlink"),
    [(5, 0, 5), (5, 2, 3), (5, 5, 0), (0, 0, 0), (0, 5, 0), (7, 1, 6), (2, 3, 0)],
)
def test_rx1_answers_at_the_uplink_rate_less_the_offset(uplink, offset, downlink):
    assert EU863_870.rx1_data_rate(uplink, offset) == downlink


def test_the_receive_windows_follow_the_uplink():
    assert EU863_870.rx1(868_300_000, 5, 0, 1) == ReceiveWindow(868_300_000, 5, 1)
    assert EU863_870.rx2(1) == ReceiveWindow(869_525_000, 0, 2)
    assert EU863_870.rx2(EU863_870.join_accept_delay1_s).delay_s == 6


def test_a_joining_device_learns_the_five_usual_channels():
    expected = (867_100_000, 867_300_000, 867_500_000, 867_700_000, 867_900_000)
    assert decode_cf_list(EU863_870.cf_list()) == expected


@pytest.mark.parametrize(
    ("frequency_hz", "name", "duty_cycle", "max_erp_dbm"),
    [
        (863_000_000, "K", 0.001, 14),
        (867_900_000, "L", 0.01, 14),
        (868_100_000, "M", 0.01, 14),
        (868_800_000, "N", 0.001, 14),
        (869_525_000, "P", 0.1, 27),
        (869_800_000, "R", 0.01, 14),
    ],
)
def test_each_frequency_has_its_law(frequency_hz, name, duty_cycle, max_erp_dbm):
    band = EU863_870.sub_band(frequency_hz)
    assert (band.name, band.duty_cycle, band.max_erp_dbm) == (name, duty_cycle, max_erp_dbm)


@pytest.mark.parametrize("frequency_hz", [862_999_999, 868_650_000, 869_300_000, 870_000_000])
def test_nothing_may_be_sent_between_the_sub_bands(frequency_hz):
    assert EU863_870.sub_band(frequency_hz) is None


def test_every_channel_lies_in_a_sub_band():
    channels = EU863_870.default_channels + EU863_870.extra_channels
    assert all(EU863_870.sub_band(channel.frequency_hz) for channel in channels)
    assert len(channels) == 8


def test_payloads_grow_with_the_rate():
    assert EU863_870.max_payload(0) == MaxPayload(59, 51)
    assert EU863_870.max_payload(3) == MaxPayload(123, 115)
    assert EU863_870.max_payload(5) == MaxPayload(250, 242)


def test_powers_go_down_by_two_decibels():
    assert [EU863_870.tx_power_dbm(index) for index in range(8)] == [16, 14, 12, 10, 8, 6, 4, 2]


@pytest.mark.parametrize(
    "ask",
    [
        lambda: EU863_870.max_payload(12),
        lambda: EU863_870.max_payload(-1),
        lambda: EU863_870.rx1_data_rate(5, 6),
        lambda: EU863_870.rx1_data_rate(12, 0),
        lambda: EU863_870.tx_power_dbm(8),
    ],
)
def test_an_index_the_band_does_not_have_is_refused(ask):
    with pytest.raises(Invalid):
        ask()
