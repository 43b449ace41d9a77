"""What a device repeats, and when it stops; blocks of LinkADR."""

import pytest

from maillage.lorawan.protocol.exchange.adr_block import (
    AdrSettings,
    accepts_block,
    adr_block,
    adr_blocks,
    obey_adr_block,
    refuse_adr_block,
)
from maillage.lorawan.protocol.exchange.device import DeviceExchange, hear, insist, uplink
from maillage.lorawan.protocol.mac.dev_status import DevStatusAns, DevStatusReq
from maillage.lorawan.protocol.mac.dl_channel import DlChannelAns
from maillage.lorawan.protocol.mac.link_adr import LinkADRAns, LinkADRReq
from maillage.lorawan.protocol.mac.ping_slot_channel import PingSlotChannelAns
from maillage.lorawan.protocol.mac.rekey import RekeyConf, RekeyInd
from maillage.lorawan.protocol.mac.rx_param_setup import RXParamSetupAns
from maillage.lorawan.protocol.mac.rx_timing_setup import RXTimingSetupAns
from maillage.lorawan.protocol.mac.tx_param_setup import TXParamSetupAns
from maillage.lorawan.protocol.version import Version

START = DeviceExchange(Version.V1_0_4)
YES = LinkADRAns(True, True, True)
NOW = AdrSettings(0, 0, 1, 0b111)


class EightChannels:
    def apply_mask(self, enabled, ch_mask_cntl, ch_mask):
        if ch_mask_cntl == 6:
            return 0xFF
        return ch_mask if ch_mask_cntl == 0 and ch_mask <= 0xFF else None

    def carries(self, enabled, data_rate):
        return data_rate <= 5

    def has_power(self, tx_power):
        return tx_power <= 7


def test_a_sticky_answer_is_repeated_until_a_downlink_is_heard():
    device = hear(START, (), (RXTimingSetupAns(), DevStatusAns(1, 1)))
    device, first = uplink(device)
    device, second = uplink(device)
    assert first == (RXTimingSetupAns(), DevStatusAns(1, 1))
    assert second == (RXTimingSetupAns(),)
    assert uplink(hear(device, (), ()))[1] == ()


def test_a_downlink_of_class_c_proves_nothing():
    device = hear(hear(START, (), (RXTimingSetupAns(),)), (), (), in_rx1_or_rx2=False)
    assert uplink(device)[1] == (RXTimingSetupAns(),)


@pytest.mark.parametrize("answer", [RXParamSetupAns(True, True, True), RXTimingSetupAns(), DlChannelAns(True, True)])
@pytest.mark.parametrize("version", Version)
def test_answers_that_move_receive_windows_are_sticky_in_every_version(answer, version):
    assert hear(DeviceExchange(version), (), (answer,)).sticky == (answer,)


@pytest.mark.parametrize("answer", [TXParamSetupAns(), PingSlotChannelAns(True, True)])
def test_1_0_4_made_more_answers_sticky(answer):
    assert hear(START, (), (answer,)).sticky == (answer,)
    assert hear(DeviceExchange(Version.V1_0_3), (), (answer,)).once == (answer,)


def test_repeated_answers_come_first_where_room_is_short():
    device = hear(START, (), (DevStatusAns(1, 1), RXTimingSetupAns()))
    assert uplink(device, room_bytes=2)[1] == (RXTimingSetupAns(),)


def test_a_device_insists_until_it_is_confirmed():
    device = insist(DeviceExchange(Version.V1_1), RekeyInd())
    device, said = uplink(device)
    assert said == (RekeyInd(),)
    device = hear(device, (DevStatusReq(),), (DevStatusAns(1, 1),))
    device, said = uplink(device)
    assert said == (DevStatusAns(1, 1), RekeyInd())
    assert uplink(hear(device, (RekeyConf(),), ()))[1] == ()


def test_a_device_gives_up_what_nobody_confirms():
    device = insist(DeviceExchange(Version.V1_1, max_attempts=2), RekeyInd())
    for _ in range(2):
        device, said = uplink(device)
        assert said == (RekeyInd(),)
    device, said = uplink(device)
    assert (said, device.given_up) == ((), (RekeyInd(),))


def test_masks_of_a_block_follow_each_other_and_its_last_request_decides():
    block = (LinkADRReq(1, 1, 0, 6, 1), LinkADRReq(5, 3, 0b1001, 0, 2))
    settings, answers = obey_adr_block(NOW, block, EightChannels(), Version.V1_0_4)
    assert settings == AdrSettings(5, 3, 2, 0b1001)
    assert answers == (YES, YES)


def test_a_device_of_1_1_answers_a_block_once():
    block = adr_block(AdrSettings(5, 3, 2, 0xFF), [(0, 1), (6, 0)])
    assert obey_adr_block(NOW, block, EightChannels(), Version.V1_1)[1] == (YES,)
    assert len(refuse_adr_block(block, Version.V1_1)) == 1
    assert len(refuse_adr_block(block, Version.V1_0_3)) == 2


@pytest.mark.parametrize(
    ("request_", "answer"),
    [
        (LinkADRReq(6, 0, 1), LinkADRAns(power_ack=True, data_rate_ack=False, channel_mask_ack=True)),
        (LinkADRReq(5, 8, 1), LinkADRAns(power_ack=False, data_rate_ack=True, channel_mask_ack=True)),
        (LinkADRReq(5, 0, 0), LinkADRAns(power_ack=True, data_rate_ack=False, channel_mask_ack=False)),
        (LinkADRReq(5, 0, 0x100), LinkADRAns(power_ack=True, data_rate_ack=False, channel_mask_ack=False)),
    ],
)
def test_one_refused_field_refuses_the_block(request_, answer):
    settings, answers = obey_adr_block(NOW, (LinkADRReq(5, 0, 0, 6), request_), EightChannels(), Version.V1_0_4)
    assert settings == NOW
    assert set(answers) == {answer}
    assert not accepts_block(answers)


def test_fifteen_and_zero_keep_what_is_set_since_1_0_4():
    now = AdrSettings(3, 2, 3, 0b111)
    kept = (LinkADRReq(15, 15, 1, 0, 0),)
    assert obey_adr_block(now, kept, EightChannels(), Version.V1_0_4)[0] == AdrSettings(3, 2, 3, 1)
    assert obey_adr_block(now, kept, EightChannels(), Version.V1_0_3)[0] == now
    once = (LinkADRReq(3, 2, 1, 0, 0),)
    assert obey_adr_block(now, once, EightChannels(), Version.V1_0_3)[0] == AdrSettings(3, 2, 1, 1)


def test_blocks_are_the_contiguous_runs():
    first, second = LinkADRReq(1, 0, 1), LinkADRReq(2, 0, 1)
    assert adr_blocks((first, second, DevStatusReq(), first)) == [(first, second), (first,)]
    assert adr_blocks((DevStatusReq(),)) == []


def test_silence_accepts_nothing():
    assert not accepts_block(())
