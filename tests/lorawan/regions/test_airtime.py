"""Time on air."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.lorawan.regions.airtime import airtime_us, lora_airtime_us
from maillage.lorawan.regions.data_rate import FskDataRate, LoRaDataRate, LrFhssDataRate
from maillage.lorawan.regions.eu863_870 import EU863_870


def test_published_times_on_air_are_found(vectors):
    for vector in vectors["airtime"]:
        found = lora_airtime_us(
            LoRaDataRate(vector["spreading_factor"], 125_000),
            vector["payload_bytes"],
            crc=vector["crc"],
            low_data_rate_optimize=vector["low_data_rate_optimize"],
        )
        assert found == vector["airtime_us"]


@given(st.sampled_from(EU863_870.data_rates), st.integers(0, 254), st.booleans())
def test_a_longer_frame_never_takes_less_time(data_rate, size, crc):
    assert 0 < airtime_us(data_rate, size, crc=crc) <= airtime_us(data_rate, size + 1, crc=crc)


def test_a_downlink_without_crc_is_not_longer():
    rate = LoRaDataRate(9, 125_000)
    assert airtime_us(rate, 20, crc=False) <= airtime_us(rate, 20)


def test_an_fsk_frame_lasts_its_bits():
    assert airtime_us(FskDataRate(50_000), 14) == 25 * 8 * 20


@pytest.mark.parametrize(
    ("thirds", "size", "headers", "coded_bits", "fragments"),
    [(1, 10, 3, 306, 7), (2, 10, 2, 153, 4), (1, 58, 3, 1458, 31), (2, 58, 2, 729, 16), (2, 123, 2, 1509, 32)],
)
def test_an_lr_fhss_frame_repeats_its_header_and_codes_its_payload(thirds, size, headers, coded_bits, fragments):
    """233.472 ms a header; 2.048 ms a bit, and two bits more a fragment of 48 (Semtech AN1200.64)."""
    expected_us = headers * 233_472 + (coded_bits + 2 * fragments) * 2_048
    assert airtime_us(LrFhssDataRate(thirds, 137_000), size) == expected_us


def test_the_width_of_the_hops_does_not_change_the_time_on_air():
    assert airtime_us(LrFhssDataRate(1, 137_000), 20) == airtime_us(LrFhssDataRate(1, 1_523_000), 20)
