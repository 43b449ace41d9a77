"""What a member is asked until it listens with its group, and what its answers mean. Pure; TS003-2.0.0, TS005-2.0.0.

The clock first, for a session begins at an instant; then the group's key; then, before each session, when to listen.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from maillage.lorawan.multicast.values import Ask, Cause, Group, Member, MemberStep, Question
from maillage.lorawan.packages import clock_sync as ts003
from maillage.lorawan.packages import multicast_setup as ts005
from maillage.lorawan.packages.command import PackageCommand
from maillage.lorawan.packages.multicast import encrypt_mc_key, mc_ke_key
from maillage.lorawan.protocol.gps_time import to_gps

MAX_ATTEMPTS = 8
_GPS_S = 1 << 32
_LAST_F_CNT = (1 << 32) - 1
_SETTLING = timedelta(seconds=15)
"""After a question has left: the uplink that carries the answer may be the one already being built."""
_SILENT_FOR = timedelta(minutes=30)
_CLOCK_OFF_S = 5
_LONGEST_SESSION = 15
_SECOND = timedelta(seconds=1)
_BEACON_PERIOD_S = 128


def member_ask(member: Member, group: Group, mc_root: bytes, now: datetime) -> Ask | None:
    """The question that is due, asked already or not. ``mc_root`` is the device's McRootKey."""
    if member.step is MemberStep.CLOCK:
        return Ask(Question.CLOCK, ts003.PORT, ts003.ForceDeviceResync(1).encode())
    if member.step is MemberStep.GROUP:
        wrapped = encrypt_mc_key(mc_ke_key(mc_root), group.mc_key)
        setup = ts005.McGroupSetupReq(member.slot, group.mc_addr, wrapped, group.f_cnt, _LAST_F_CNT)
        return Ask(Question.GROUP, ts005.PORT, setup.encode())
    starts = group.session_starts_at
    wants_session = member.step is MemberStep.READY and starts is not None and starts > now
    if wants_session and member.session_at != starts:
        return Ask(Question.SESSION, ts005.PORT, session_request(member.slot, group).encode())
    return None


def session_request(slot: int, group: Group) -> ts005.McClassCSessionReq | ts005.McClassBSessionReq:
    """For the group's session; its length is rounded up to a power of two."""
    if group.session_starts_at is None or group.session_ends_at is None:
        raise ValueError("a group without a session")
    starts_s = to_gps(group.session_starts_at) // _SECOND % _GPS_S
    longest_s = round((group.session_ends_at - group.session_starts_at).total_seconds())
    if group.periodicity is None:
        exponent = time_out(longest_s)
        return ts005.McClassCSessionReq(slot, starts_s, exponent, group.frequency_hz, group.data_rate)
    exponent = time_out(-(-longest_s // _BEACON_PERIOD_S))
    where = group.frequency_hz, group.data_rate
    return ts005.McClassBSessionReq(slot, starts_s, group.periodicity, exponent, *where)


def time_out(units: int) -> int:
    """The exponent of the shortest power of two that is long enough, at most 15."""
    return min(max(units - 1, 0).bit_length(), _LONGEST_SESSION)


def may_repeat(member: Member, now: datetime, heard_at: datetime | None) -> bool:
    """A question is put again once the device has spoken since without answering, or was silent for long."""
    if member.is_waiting:
        return False
    sent_at = member.sent_at or member.asked_at
    if sent_at is None or member.sent_at is None:  # it never left: expired, failed, or lost with its row
        return True
    has_spoken = heard_at is not None and heard_at > sent_at + _SETTLING
    return has_spoken or now - sent_at > _SILENT_FOR


def asked(member: Member, question: Question, now: datetime) -> Member:
    """After the question was put; another one begins its own count."""
    attempts = member.attempts + 1 if member.asked == question else 1
    return replace(member, asked=question, attempts=attempts, asked_at=now, is_waiting=True, sent_at=None)


def is_tired(member: Member, question: Question) -> bool:
    """It was asked often enough."""
    return member.asked == question and member.attempts >= MAX_ATTEMPTS


def answered(member: Member, group: Group, commands: Iterable[PackageCommand], at: datetime) -> Member:
    """The member after its answers on the ports of clock and groups."""
    for command in commands:
        match command:
            case ts003.AppTimeReq() if member.step is MemberStep.CLOCK:
                member = _settled(replace(member, step=MemberStep.GROUP))
            case ts005.McGroupSetupAns(slot, failed) if slot == member.slot and member.step is MemberStep.GROUP:
                to = MemberStep.REFUSED if failed else MemberStep.READY
                member = _settled(replace(member, step=to, cause=Cause.NO_PLACE if failed else ""))
            case ts005.McClassCSessionAns() | ts005.McClassBSessionAns() if command.group == member.slot:
                member = _session_answered(member, group, command, at)
            case _:
                pass
    return member


def _session_answered(
    member: Member,
    group: Group,
    answer: ts005.McClassCSessionAns | ts005.McClassBSessionAns,
    at: datetime,
) -> Member:
    if answer.group_undefined:  # it has forgotten the group: it was reset
        return _settled(replace(member, step=MemberStep.CLOCK))
    if answer.data_rate_error or answer.frequency_error:
        cause = Cause.WRONG_DATA_RATE if answer.data_rate_error else Cause.WRONG_FREQUENCY
        return _settled(replace(member, step=MemberStep.REFUSED, cause=cause))
    starts = group.session_starts_at
    if starts is None or answer.time_to_start_s is None:
        return member
    off_s = abs(answer.time_to_start_s - (starts - at).total_seconds())
    if off_s > _CLOCK_OFF_S and not answer.start_missed:  # it would listen at another time
        return _settled(replace(member, step=MemberStep.CLOCK, session_at=None))
    return _settled(replace(member, session_at=starts))


def _settled(member: Member) -> Member:
    return replace(member, asked="", attempts=0, asked_at=None, is_waiting=False, sent_at=None)
