"""What a campaign does next."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from maillage.lorawan.fuota import engine
from maillage.lorawan.fuota.values import Campaign, CampaignState, Receiver, ReceiverStep
from maillage.lorawan.multicast.values import Cause, Group, Member, MemberStep, Question
from maillage.lorawan.packages import fragmentation as ts004
from maillage.lorawan.packages.command import PackageVersionAns, parse_message
from maillage.lorawan.packages.data_block import data_block_int_key, is_signed
from maillage.lorawan.protocol.class_b import beacon_start
from maillage.lorawan.protocol.types import Direction

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROOT_KEY, BLOCK = bytes(range(16)), bytes(range(200)) * 5
GROUP = Group(1, 1, 0x01ABCDEF, bytes(16), "C", 869_525_000, 3, None, 0)
CAMPAIGN = Campaign(UUID(int=1), CampaignState.PREPARING, BLOCK, 100, 10, 1, 12, 0, 5, 600, NOW + timedelta(hours=2))
MEMBERS = {eui: Member(eui, 1, MemberStep.READY) for eui in ("a", "b")}


def receivers(a=ReceiverStep.RECEIVING, b=ReceiverStep.RECEIVING, **more):
    return (Receiver("a", a, **more), Receiver("b", b, **more))


def advance(campaign=CAMPAIGN, rows=None, group=GROUP, now=NOW, members=MEMBERS):
    return engine.advance(campaign, rows or receivers(), members, group, now, 8.0)


def test_it_waits_until_every_device_knows_of_the_block():
    step = advance(rows=receivers(ReceiverStep.WAITING, ReceiverStep.SETUP))
    assert (step.campaign.state, step.session) == (CampaignState.PREPARING, None)
    assert [one.step for one in step.receivers] == [ReceiverStep.VERSION, ReceiverStep.SETUP]


def test_then_a_session_is_agreed_that_lasts_as_long_as_the_fragments_take():
    step = advance()
    assert step.campaign.state is CampaignState.STARTING
    starts, ends = step.session
    assert starts == NOW + timedelta(minutes=10)
    assert ends - starts >= timedelta(seconds=12 * 8)


def test_a_class_b_session_begins_with_a_beacon_period():
    starts, _ = advance(group=replace(GROUP, periodicity=3)).session
    assert beacon_start(starts) == starts
    assert starts > NOW + timedelta(minutes=10)


def test_who_is_not_ready_in_time_is_left_out_with_its_cause():
    step = advance(rows=receivers(b=ReceiverStep.SETUP), now=CAMPAIGN.until)
    assert step.campaign.state is CampaignState.STARTING
    assert (step.receivers[1].step, step.receivers[1].cause) == (ReceiverStep.FAILED, Cause.NOT_READY)
    nobody = advance(rows=receivers(ReceiverStep.SETUP, ReceiverStep.SETUP), now=CAMPAIGN.until)
    assert (nobody.campaign.state, nobody.campaign.cause) == (CampaignState.FAILED, Cause.NOBODY_READY)


def started(at, *, agreed):
    group = replace(GROUP, session_starts_at=NOW, session_ends_at=NOW + timedelta(minutes=5))
    members = {"a": replace(MEMBERS["a"], session_at=NOW if agreed else None), "b": MEMBERS["b"]}
    campaign = replace(CAMPAIGN, state=CampaignState.STARTING, until=NOW)
    return advance(campaign, group=group, members=members, now=at)


def test_fragments_flow_once_somebody_listens_and_another_session_is_sought_when_nobody_does():
    assert started(NOW - timedelta(seconds=1), agreed=True).campaign.state is CampaignState.STARTING
    assert started(NOW, agreed=True).campaign.state is CampaignState.SENDING
    again = started(NOW, agreed=False)
    assert (again.campaign.state, again.campaign.round) == (CampaignState.STARTING, 1)
    assert again.session is not None
    assert again.campaign.last_fragment == 12, "nothing was lost yet"


def test_after_the_last_fragment_or_the_session_every_device_is_asked():
    group = replace(GROUP, session_starts_at=NOW, session_ends_at=NOW + timedelta(minutes=5))
    sending = replace(CAMPAIGN, state=CampaignState.SENDING)
    assert advance(sending, group=group).campaign.state is CampaignState.SENDING
    assert advance(replace(sending, next_fragment=13), group=group).campaign.state is CampaignState.CHECKING
    over = advance(sending, group=group, now=NOW + timedelta(minutes=5))
    assert over.campaign.state is CampaignState.CHECKING


CHECKING = replace(CAMPAIGN, state=CampaignState.CHECKING, next_fragment=13, until=NOW + timedelta(minutes=20))


def test_what_is_missing_is_sent_as_coded_fragments_and_some_more():
    rows = (Receiver("a", ReceiverStep.RECEIVING, missing=4, checked_round=0), Receiver("b", ReceiverStep.DONE))
    step = advance(CHECKING, rows)
    assert (step.campaign.state, step.campaign.round) == (CampaignState.STARTING, 1)
    assert step.campaign.last_fragment == 12 + 8


def test_a_check_waits_for_answers_but_not_for_ever():
    assert advance(CHECKING).campaign.state is CampaignState.CHECKING
    late = advance(CHECKING, now=CHECKING.until)
    assert (late.campaign.state, late.campaign.round) == (CampaignState.STARTING, 1)


def test_after_the_last_round_who_is_incomplete_fails_and_the_campaign_ends():
    last = replace(CHECKING, round=engine.MAX_ROUNDS - 1)
    rows = (Receiver("a", ReceiverStep.RECEIVING, missing=4, checked_round=9), Receiver("b", ReceiverStep.DONE))
    step = advance(last, rows)
    assert step.campaign.state is CampaignState.DONE
    assert (step.receivers[0].step, step.receivers[0].cause) == (ReceiverStep.FAILED, Cause.INCOMPLETE)


def test_it_ends_as_soon_as_every_device_has_the_block():
    step = advance(replace(CAMPAIGN, state=CampaignState.SENDING), receivers(ReceiverStep.DONE, ReceiverStep.DONE))
    assert step.campaign.state is CampaignState.DONE


def test_a_device_that_leaves_the_group_leaves_the_campaign():
    step = advance(members={"a": MEMBERS["a"]})
    assert (step.receivers[1].step, step.receivers[1].cause) == (ReceiverStep.FAILED, Cause.GROUP_LOST)


def test_the_setup_carries_a_mic_that_only_this_device_can_check():
    ask = engine.receiver_ask(Receiver("a", ReceiverStep.SETUP), CAMPAIGN, MEMBERS["a"], ROOT_KEY)
    (setup,) = parse_message(ts004.COMMANDS, Direction.DOWNLINK, ask.payload).commands
    assert (setup.groups, setup.data_fragments, setup.session_cnt, setup.ack_reception) == (0b10, 10, 5, True)
    assert is_signed(BLOCK, setup, data_block_int_key(ROOT_KEY))
    assert not is_signed(BLOCK, setup, data_block_int_key(bytes(16)))


def test_a_device_of_another_version_is_refused():
    row = Receiver("a", ReceiverStep.VERSION)
    assert engine.answered(row, CAMPAIGN, [PackageVersionAns(3, 2)]).step is ReceiverStep.SETUP
    old = engine.answered(row, CAMPAIGN, [PackageVersionAns(3, 1)])
    assert (old.step, old.cause) == (ReceiverStep.FAILED, Cause.PACKAGE_VERSION)


def test_a_device_tells_what_it_lacks_once_a_round():
    row = Receiver("a", ReceiverStep.RECEIVING)
    assert engine.receiver_ask(row, CHECKING, MEMBERS["a"], ROOT_KEY).question is Question.STATUS
    told = engine.answered(row, CHECKING, [ts004.FragSessionStatusAns(0, 9, 3)])
    assert (told.missing, told.received, told.checked_round) == (3, 9, 0)
    assert engine.receiver_ask(told, CHECKING, MEMBERS["a"], ROOT_KEY) is None


def test_a_device_that_was_reset_is_told_of_the_block_again_and_a_wrong_mic_is_the_end():
    row = Receiver("a", ReceiverStep.RECEIVING)
    lost = engine.answered(row, CHECKING, [ts004.FragSessionStatusAns(0, 0, 0, no_session=True)])
    assert lost.step is ReceiverStep.SETUP
    wrong = engine.answered(row, CHECKING, [ts004.FragDataBlockReceivedReq(0, failed=True)])
    assert (wrong.step, wrong.cause) == (ReceiverStep.FAILED, Cause.WRONG_MIC)
    whole = engine.answered(row, CHECKING, [ts004.FragDataBlockReceivedReq(0, failed=False)])
    assert (whole.step, whole.missing, whole.received) == (ReceiverStep.DONE, 0, 10)
