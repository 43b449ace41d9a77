"""What the network concludes from answers and from silence."""

import pytest

from maillage.kernel.errors import Invalid
from maillage.lorawan.protocol.dl_settings import DLSettings
from maillage.lorawan.protocol.exchange.network import MAX_ATTEMPTS, NetworkExchange, ask, heard, tell
from maillage.lorawan.protocol.exchange.receive_settings import ReceiveSettings
from maillage.lorawan.protocol.exchange.requests import Accepted, GivenUp, Refused, Request, Unasked
from maillage.lorawan.protocol.mac.adr_param_setup import ADRParamSetupReq
from maillage.lorawan.protocol.mac.dev_status import DevStatusAns, DevStatusReq
from maillage.lorawan.protocol.mac.device_mode import CLASS_C, DeviceModeConf, DeviceModeInd
from maillage.lorawan.protocol.mac.dl_channel import DlChannelAns, DlChannelReq
from maillage.lorawan.protocol.mac.force_rejoin import ForceRejoinReq
from maillage.lorawan.protocol.mac.link_adr import LinkADRAns, LinkADRReq
from maillage.lorawan.protocol.mac.link_check import LinkCheckReq
from maillage.lorawan.protocol.mac.new_channel import NewChannelAns, NewChannelReq
from maillage.lorawan.protocol.mac.ping_slot_info import PingSlotInfoAns, PingSlotInfoReq
from maillage.lorawan.protocol.mac.rekey import RekeyConf, RekeyInd
from maillage.lorawan.protocol.mac.reset import ResetConf, ResetInd
from maillage.lorawan.protocol.mac.rx_param_setup import RXParamSetupAns, RXParamSetupReq
from maillage.lorawan.protocol.mac.rx_timing_setup import RXTimingSetupAns, RXTimingSetupReq
from maillage.lorawan.protocol.version import Version

START = NetworkExchange(Version.V1_0_4, ReceiveSettings(1, 0, 0, 869_525_000))
ADR_YES, ADR_NO = LinkADRAns(True, True, True), LinkADRAns(True, False, True)
DL_YES, NEW_YES = DlChannelAns(True, True), NewChannelAns(True, True)


def told(exchange, *commands, room_bytes=15):
    for command in commands:
        exchange = ask(exchange, command)
    return tell(exchange, room_bytes)[0]


def commands_of(exchange, room_bytes=15):
    return tell(exchange, room_bytes)[1]


def test_an_accepted_request_moves_the_receive_windows():
    exchange = told(START, RXTimingSetupReq(5), RXParamSetupReq(DLSettings(2, 3), 868_100_000))
    exchange, outcomes = heard(exchange, (RXTimingSetupAns(), RXParamSetupAns(True, True, True)))
    assert [type(outcome) for outcome in outcomes] == [Accepted, Accepted]
    assert exchange.receive == ReceiveSettings(5, 2, 3, 868_100_000)


def test_a_refused_request_moves_nothing():
    exchange, (outcome,) = heard(
        told(START, RXParamSetupReq(DLSettings(2, 3), 1)), (RXParamSetupAns(True, True, False),)
    )
    assert isinstance(outcome, Refused)
    assert exchange.receive == START.receive


def test_silence_is_asked_again_and_given_up_at_last():
    exchange = ask(START, RXTimingSetupReq(5))
    for _ in range(MAX_ATTEMPTS - 1):
        exchange, commands = tell(exchange, 15)
        assert commands == (RXTimingSetupReq(5),)
        exchange, outcomes = heard(exchange, ())
        assert outcomes == ()
    exchange, outcomes = heard(tell(exchange, 15)[0], ())
    assert outcomes == (GivenUp(Request((RXTimingSetupReq(5),), MAX_ATTEMPTS)),)
    assert exchange.receive == START.receive
    assert exchange.is_quiet


def test_a_repeated_answer_does_not_pass_for_one_to_the_next_request():
    exchange, _ = heard(told(START, RXTimingSetupReq(5)), (RXTimingSetupAns(),))
    exchange = ask(exchange, RXTimingSetupReq(2))
    exchange, commands = tell(exchange, 15)
    assert commands == ()
    exchange, outcomes = heard(exchange, (RXTimingSetupAns(),))
    assert (outcomes, exchange.receive.rx1_delay_s) == ((), 5)
    exchange, _ = heard(exchange, ())
    assert commands_of(exchange) == (RXTimingSetupReq(2),)


def test_a_repeated_answer_is_owed_a_downlink():
    exchange, _ = heard(told(START, RXTimingSetupReq(5)), (RXTimingSetupAns(),))
    assert exchange.owes_downlink
    assert not heard(tell(exchange, 15)[0], ())[0].owes_downlink


def test_a_downlink_frequency_waits_for_its_channel_to_be_settled():
    exchange = ask(ask(START, NewChannelReq(3, 867_100_000, 0, 5)), DlChannelReq(3, 869_525_000))
    exchange, commands = tell(exchange, 15)
    assert commands == (NewChannelReq(3, 867_100_000, 0, 5),)
    exchange, _ = heard(exchange, (NEW_YES,))
    assert commands_of(exchange) == (DlChannelReq(3, 869_525_000),)


def test_a_channel_with_a_downlink_frequency_is_disabled_before_it_is_changed():
    waiting = ask(START, DlChannelReq(3, 869_525_000))
    with pytest.raises(Invalid):
        ask(waiting, NewChannelReq(3, 867_300_000, 0, 5))
    moved, _ = heard(tell(waiting, 15)[0], (DL_YES,))
    assert moved.receive.rx1_frequency_hz(3, 867_100_000) == 869_525_000
    with pytest.raises(Invalid):
        ask(moved, NewChannelReq(3, 867_300_000, 0, 5))
    disabled, _ = heard(told(moved, NewChannelReq(3, 0, 0, 0)), (NEW_YES,))
    assert ask(disabled, NewChannelReq(3, 867_300_000, 0, 5)).pending


def test_several_channels_are_answered_in_the_order_asked():
    requests = tuple(NewChannelReq(index, 867_100_000, 0, 5) for index in (3, 4))
    exchange, outcomes = heard(told(START, *requests), (NewChannelAns(True, False), NEW_YES))
    assert [type(outcome) for outcome in outcomes] == [Refused, Accepted]
    assert exchange.is_quiet


def test_no_more_is_asked_than_one_uplink_can_answer():
    exchange = START
    for index in range(3, 12):
        exchange = ask(exchange, NewChannelReq(index, 867_100_000, 0, 5))
    assert len(commands_of(exchange, room_bytes=200)) == 7


def test_what_finds_no_room_waits():
    exchange, commands = tell(ask(ask(START, RXParamSetupReq(DLSettings(0, 0), 1)), DevStatusReq()), 3)
    assert commands == (DevStatusReq(),)
    assert [request.cid for request in exchange.pending] == [RXParamSetupReq.CID]


def test_a_wish_not_yet_sent_is_replaced():
    exchange = ask(ask(START, RXTimingSetupReq(5)), RXTimingSetupReq(2))
    assert commands_of(exchange) == (RXTimingSetupReq(2),)


def test_a_wish_already_sent_is_followed():
    exchange = ask(told(START, RXTimingSetupReq(5)), RXTimingSetupReq(2))
    exchange, _ = heard(exchange, ())
    exchange, commands = tell(exchange, 15)
    assert commands == (RXTimingSetupReq(5),)


@pytest.mark.parametrize(
    ("answers", "kind"),
    [((ADR_YES, ADR_YES), Accepted), ((ADR_YES,), Accepted), ((ADR_NO, ADR_NO), Refused), ((ADR_YES, ADR_NO), Refused)],
)
def test_a_block_is_accepted_whole_or_refused(answers, kind):
    block = (LinkADRReq(5, 1, 0xFF), LinkADRReq(5, 1, 0, 6))
    exchange, (outcome,) = heard(tell(ask(START, *block), 15)[0], answers)
    assert isinstance(outcome, kind)
    assert outcome.request.commands == block
    assert exchange.is_quiet


def test_a_status_is_handed_over():
    _, (outcome,) = heard(told(START, DevStatusReq()), (DevStatusAns(254, 7),))
    assert outcome == Accepted(Request((DevStatusReq(),), 1), (DevStatusAns(254, 7),))


def test_an_answer_that_nobody_asked_for_is_told():
    assert heard(START, (LinkCheckReq(), DL_YES))[1] == (Unasked(DL_YES),)


@pytest.mark.parametrize(
    ("said", "reply"),
    [
        (ResetInd(), ResetConf()),
        (ResetInd(2), ResetConf(1)),
        (RekeyInd(), RekeyConf()),
        (DeviceModeInd(CLASS_C), DeviceModeConf(CLASS_C)),
        (PingSlotInfoReq(3), PingSlotInfoAns()),
    ],
)
def test_what_a_device_insists_on_is_confirmed_once_each_time(said, reply):
    exchange, _ = heard(START, (said,))
    assert exchange.owes_downlink
    exchange, commands = tell(ask(exchange, DevStatusReq()), 15)
    assert commands == (reply, DevStatusReq())
    assert commands_of(heard(exchange, (DevStatusAns(1, 1),))[0]) == ()


@pytest.mark.parametrize(
    "commands",
    [
        (),
        (DevStatusReq(), DevStatusReq()),
        (LinkADRReq(0, 0, 1), DevStatusReq()),
        (RXTimingSetupAns(),),
        (LinkCheckReq(),),
        (ForceRejoinReq(0, 0, 0, 0),),
        (ADRParamSetupReq(6, 5),),
    ],
)
def test_only_requests_of_the_version_that_are_answered_can_be_asked(commands):
    with pytest.raises(Invalid):
        ask(START, *commands)
