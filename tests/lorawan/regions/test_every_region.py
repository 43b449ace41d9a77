"""What must hold in any region, whatever its tables say."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.kernel.errors import Invalid
from maillage.lorawan.protocol.join import decode_cf_list, decode_channel_masks
from maillage.lorawan.regions.airtime import airtime_us
from maillage.lorawan.regions.catalogue import REGIONS, region_named
from maillage.lorawan.regions.data_rate import LoRaDataRate
from maillage.lorawan.regions.eu863_870 import EU863_870

_MHDR_AND_MIC_BYTES = 5
regions = pytest.mark.parametrize("region", REGIONS.values(), ids=REGIONS)


@regions
@pytest.mark.parametrize("dwell_limited", [False, True])
def test_rx1_is_always_a_legal_downlink(region, dwell_limited):
    for uplink in region.uplink_data_rates:
        if region.data_rates[uplink] is None:
            continue
        for offset in range(len(region.rx1_data_rates[uplink])):
            answer = region.rx1_data_rate(uplink, offset, dwell_limited=dwell_limited)
            assert answer in region.downlink_data_rates
            assert region.data_rates[answer] is not None
            assert region.max_payload(answer, dwell_limited=dwell_limited).mac_payload_bytes > 0


@regions
def test_rx1_and_rx2_lie_where_a_gateway_may_send(region):
    for channel in region.plan.channels:
        window = region.rx1(channel.frequency_hz, channel.min_data_rate, 0, 1)
        assert region.sub_band(window.frequency_hz) is not None
        assert region.sub_band(channel.frequency_hz) is not None
    assert region.sub_band(region.rx2_frequency_hz) is not None
    assert region.rx2_data_rate in region.downlink_data_rates


@regions
def test_tables_have_one_row_a_data_rate(region):
    assert len(region.data_rates) == len(region.max_payloads) == len(region.rx1_data_rates)
    for table in (region.dwell_max_payloads, region.dwell_rx1_data_rates):
        assert table is None or len(table) == len(region.data_rates)


@regions
@pytest.mark.parametrize("dwell_limited", [False, True])
def test_payloads_never_shrink_as_lora_gets_faster(region, dwell_limited):
    for bandwidth_hz in (125_000, 500_000):
        rates = [
            index
            for index, rate in enumerate(region.data_rates)
            if isinstance(rate, LoRaDataRate) and rate.bandwidth_hz == bandwidth_hz
        ]
        rates.sort(key=lambda index: -region.data_rates[index].spreading_factor)
        sizes = [region.max_payload(index, dwell_limited=dwell_limited).mac_payload_bytes for index in rates]
        assert all(slower <= faster for slower, faster in pairwise(sizes))


@regions
def test_a_longest_uplink_under_dwell_time_lasts_at_most_400_ms(region):
    if not region.dwell.uplink:
        return
    for index in region.uplink_data_rates:
        rate, limit = region.data_rates[index], region.max_payload(index, dwell_limited=True)
        if isinstance(rate, LoRaDataRate) and limit.mac_payload_bytes:
            assert airtime_us(rate, limit.mac_payload_bytes + _MHDR_AND_MIC_BYTES) <= 400_000


@regions
def test_a_modulation_of_an_uplink_is_found_again(region):
    for index in region.uplink_data_rates:
        rate = region.data_rates[index]
        assert rate is None or region.data_rate_index(rate) == index


@regions
def test_a_joined_device_uses_the_channels_of_the_network(region):
    taught = region.channels_after_join(region.cf_list())
    used = {taught.channels[index].frequency_hz for index in range(72) if taught.enabled >> index & 1}
    if "/" in region.common_name or not decode_channel_masks(region.cf_list()):
        assert used == {channel.frequency_hz for channel in region.plan.channels}
    assert len(region.cf_list()) in (0, 16)


@regions
def test_without_a_cf_list_a_device_keeps_the_channels_of_the_band(region):
    taught = region.channels_after_join(b"")
    assert taught.channels == region.default_channels
    assert taught.enabled == (1 << len(region.default_channels)) - 1


def test_a_list_of_another_kind_teaches_nothing():
    us915 = REGIONS["US915/2"]
    assert EU863_870.channels_after_join(us915.cf_list()) == EU863_870.channels_after_join(b"")
    assert us915.channels_after_join(EU863_870.cf_list()) == us915.channels_after_join(b"")


def test_a_block_of_eight_channels_is_taught_by_its_mask():
    cf_list = REGIONS["US915/2"].cf_list()
    assert cf_list.hex() == "00ff" + "0000" * 3 + "0200" + "0000000000" + "01"
    assert decode_channel_masks(cf_list) == (0xFF00, 0, 0, 0, 0x0002, 0, 0)
    assert decode_cf_list(cf_list) == ()
    taught = REGIONS["US915/2"].channels_after_join(cf_list)
    enabled = [taught.channels[index].frequency_hz for index in range(72) if taught.enabled >> index & 1]
    assert enabled == [*range(903_900_000, 905_400_000, 200_000), 904_600_000]


def test_a_region_is_chosen_by_its_common_name():
    assert region_named(" eu868 ") is EU863_870
    assert region_named("AS923-3").name == "AS923-3"
    with pytest.raises(Invalid, match=r"EU868, IN865, US915, .*AS923-4"):
        region_named("EU869")


masks = st.integers(0, (1 << 72) - 1)
US915 = REGIONS["US915"]
ALL_72 = (1 << 72) - 1


def obeyed(region, enabled, defined, run):
    for cntl, ch_mask in run:
        enabled = region.channel_mask(enabled, defined, cntl, ch_mask)
        assert enabled is not None
    return enabled


@given(masks, masks)
def test_any_choice_of_72_channels_is_reached(enabled, wanted):
    run = US915.channel_masks(enabled, wanted, ALL_72)
    assert 1 <= len(run) <= 5
    assert obeyed(US915, enabled, ALL_72, run) == wanted


@given(st.integers(1, 0xFF), st.integers(1, 0xFF))
def test_any_choice_of_eight_channels_is_reached_by_one_mask(enabled, wanted):
    run = EU863_870.channel_masks(enabled, wanted, 0xFF)
    assert run == ((0, wanted),)
    assert obeyed(EU863_870, enabled, 0xFF, run) == wanted


@pytest.mark.parametrize(
    ("wanted", "run"),
    [
        (0xFF00 | 2 << 64, ((5, 0b10),)),
        (0xFF00, ((7, 0), (0, 0xFF00))),
        ((1 << 64) - 1, ((6, 0),)),
        (0x81 << 64, ((7, 0x81),)),
        (ALL_72, ((0, 0xFFFF),)),
        (ALL_72 & ~0xFF, ((0, 0xFF00),)),
    ],
)
def test_the_shortest_run_of_masks_is_found_from_all_channels_on(wanted, run):
    assert len(US915.channel_masks(ALL_72, wanted, ALL_72)) == len(run)
    assert obeyed(US915, ALL_72, ALL_72, run) == wanted


@pytest.mark.parametrize(("cntl", "ch_mask"), [(1, 0xFF), (5, 1), (7, 0), (0, 0x100), (8, 0)])
def test_eight_channels_refuse_a_reserved_control_or_a_channel_they_lack(cntl, ch_mask):
    assert EU863_870.channel_mask(0xFF, 0xFF, cntl, ch_mask) is None


def test_control_6_switches_on_every_defined_channel():
    assert EU863_870.channel_mask(1, 0xFF, 6, 0) == 0xFF
    assert US915.channel_mask(0, ALL_72, 6, 0x01) == (1 << 65) - 1


def test_reserved_bits_of_a_wide_mask_are_ignored():
    assert US915.channel_mask(0, ALL_72, 4, 0xFF01) == 1 << 64
