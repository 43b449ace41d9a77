"""What a member is asked until it listens with its group."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from maillage.lorawan.multicast import conversation
from maillage.lorawan.multicast.values import Cause, Group, Member, MemberStep, Question
from maillage.lorawan.packages import clock_sync as ts003
from maillage.lorawan.packages import multicast_setup as ts005
from maillage.lorawan.packages.command import parse_message
from maillage.lorawan.packages.multicast import decrypt_mc_key, mc_ke_key, mc_root_key
from maillage.lorawan.protocol.gps_time import to_gps
from maillage.lorawan.protocol.types import Direction

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ROOT_KEY, MC_KEY = bytes(range(16)), b"the group's key."
STARTS = NOW + timedelta(minutes=10)
GROUP = Group(1, 1, 0x01ABCDEF, MC_KEY, "C", 869_525_000, 3, None, 7, STARTS, STARTS + timedelta(minutes=20))
READY = Member("aa", 2, MemberStep.READY)


def asked_of(member, group=GROUP):
    ask = conversation.member_ask(member, group, mc_root_key(ROOT_KEY), NOW)
    table = {ts003.PORT: ts003.COMMANDS, ts005.PORT: ts005.COMMANDS}[ask.f_port]
    (command,) = parse_message(table, Direction.DOWNLINK, ask.payload).commands
    return ask.question, command


def test_the_clock_comes_first_then_the_key_then_the_session():
    assert asked_of(Member("aa", 2, MemberStep.CLOCK))[0] is Question.CLOCK
    question, setup = asked_of(Member("aa", 2, MemberStep.GROUP))
    assert (question, setup.group, setup.min_f_cnt) == (Question.GROUP, 2, 7)
    assert decrypt_mc_key(mc_ke_key(mc_root_key(ROOT_KEY)), setup.mc_key_encrypted) == MC_KEY
    question, session = asked_of(READY)
    assert (question, session.longest_s, session.data_rate) == (Question.SESSION, 2048, 3)
    assert session.session_time_s == to_gps(STARTS).total_seconds()


def test_nothing_is_asked_of_who_has_agreed_nor_for_a_session_that_has_begun():
    assert conversation.member_ask(replace(READY, session_at=STARTS), GROUP, ROOT_KEY, NOW) is None
    assert conversation.member_ask(READY, GROUP, ROOT_KEY, STARTS) is None
    refused = Member("aa", 2, MemberStep.REFUSED)
    assert conversation.member_ask(refused, GROUP, ROOT_KEY, NOW) is None


def test_a_class_b_session_counts_in_beacon_periods():
    starts = datetime(2026, 3, 1, 12, 1, 50, tzinfo=UTC)
    starts -= timedelta(seconds=to_gps(starts).total_seconds() % 128)
    group = replace(GROUP, periodicity=4, session_starts_at=starts + timedelta(seconds=128))
    group = replace(group, session_ends_at=group.session_starts_at + timedelta(seconds=600))
    _, session = asked_of(READY, group)
    assert (session.periodicity, session.longest_s) == (4, 8 * 128)


@pytest.mark.parametrize(("units", "exponent"), [(0, 0), (1, 0), (2, 1), (3, 2), (1024, 10), (1025, 11), (10**9, 15)])
def test_a_time_out_is_the_shortest_power_of_two_that_is_long_enough(units, exponent):
    assert conversation.time_out(units) == exponent


def answer(member, *commands, at=NOW):
    return conversation.answered(member, GROUP, commands, at)


def test_answers_lead_on_and_a_refusal_has_its_cause():
    member = answer(Member("aa", 2, MemberStep.CLOCK), ts003.AppTimeReq(1, 1, answer_required=True))
    assert member.step is MemberStep.GROUP
    assert answer(member, ts005.McGroupSetupAns(1, failed=False)).step is MemberStep.GROUP, "another group's"
    assert answer(member, ts005.McGroupSetupAns(2, failed=False)).step is MemberStep.READY
    refused = answer(member, ts005.McGroupSetupAns(2, failed=True))
    assert (refused.step, refused.cause) == (MemberStep.REFUSED, Cause.NO_PLACE)
    wrong = answer(READY, ts005.McClassCSessionAns(2, data_rate_error=True))
    assert (wrong.step, wrong.cause) == (MemberStep.REFUSED, Cause.WRONG_DATA_RATE)


def test_a_session_agreed_by_a_right_clock_is_kept_and_a_wrong_clock_is_set_again():
    agreed = answer(READY, ts005.McClassCSessionAns(2, time_to_start_s=598))
    assert agreed.session_at == STARTS
    astray = answer(READY, ts005.McClassCSessionAns(2, time_to_start_s=560))
    assert (astray.step, astray.session_at) == (MemberStep.CLOCK, None)


def test_a_device_that_has_forgotten_its_group_begins_anew():
    assert answer(READY, ts005.McClassCSessionAns(2, group_undefined=True)).step is MemberStep.CLOCK


def test_a_question_is_put_again_only_once_the_device_has_spoken_since():
    put = conversation.asked(Member("aa", 2, MemberStep.CLOCK), Question.CLOCK, NOW)
    later = NOW + timedelta(minutes=5)
    assert not conversation.may_repeat(put, later, later), "it still waits in the queue"
    sent = replace(put, is_waiting=False, sent_at=NOW)
    assert not conversation.may_repeat(sent, later, None)
    assert not conversation.may_repeat(sent, later, NOW + timedelta(seconds=5)), "the answer may not be in it yet"
    assert conversation.may_repeat(sent, later, NOW + timedelta(minutes=1))
    assert conversation.may_repeat(replace(put, is_waiting=False), later, None), "it never left"
    assert conversation.may_repeat(sent, NOW + timedelta(hours=1), None)


def test_attempts_are_counted_by_question():
    member = Member("aa", 2, MemberStep.CLOCK)
    for _ in range(conversation.MAX_ATTEMPTS):
        assert not conversation.is_tired(member, Question.CLOCK)
        member = conversation.asked(member, Question.CLOCK, NOW)
    assert conversation.is_tired(member, Question.CLOCK)
    assert not conversation.is_tired(member, Question.GROUP)
    assert conversation.asked(member, Question.GROUP, NOW).attempts == 1
