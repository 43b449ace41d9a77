"""What a campaign does next, and what its receivers are asked and answer. Pure; TS004-2.0.0.

::

    preparing  every device knows the group and the block's setup, or has had its time
    starting   a session is agreed with all that still lack something
    sending    fragments, the coded ones after the data; every lost one is made up for by any coded one
    checking   each device is asked what it lacks; those that lack something get as many coded fragments more
               in a new session (starting), a few times
    done       every device has the block or has failed, with its cause
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from maillage.lorawan.fuota.values import Campaign, CampaignState, Receiver, ReceiverStep
from maillage.lorawan.multicast.values import Ask, Cause, Group, Member, MemberStep, Question
from maillage.lorawan.packages import fragmentation as ts004
from maillage.lorawan.packages.command import PackageCommand, PackageVersionAns, PackageVersionReq
from maillage.lorawan.packages.data_block import data_block_int_key, setup_for
from maillage.lorawan.protocol.class_b import BEACON_PERIOD, beacon_start

MAX_ROUNDS = 6
FRAG_INDEX = 0
_VERSION = 2
_EXTRA_SHARE, _EXTRA_MORE = 0.3, 3
"""Coded fragments beyond what is missing: some of them are lost, too, and one in a few tells nothing new."""
_UNKNOWN_MISSING_SHARE = 0.1
_SESSION_ROOM = 1.5
_SHORTEST_SESSION = timedelta(minutes=4)


@dataclass(frozen=True, slots=True)
class Step:
    """What follows: the campaign, its receivers, and a session to agree on if there is to be one."""

    campaign: Campaign
    receivers: tuple[Receiver, ...]
    session: tuple[datetime, datetime] | None = None


def advance(
    campaign: Campaign,
    receivers: tuple[Receiver, ...],
    members: Mapping[str, Member],
    group: Group,
    now: datetime,
    fragment_s: float,
) -> Step:
    """The state after what has been heard by ``now``. ``fragment_s``: how long one takes on the air with its pauses."""
    receivers = tuple(_following(one, members.get(one.dev_eui)) for one in receivers)
    if all(one.has_ended for one in receivers):
        return Step(_ended(campaign, receivers), receivers)
    if campaign.state is CampaignState.PREPARING:
        return _prepared(campaign, receivers, group, now, fragment_s)
    if campaign.state is CampaignState.STARTING:
        return _started(campaign, receivers, members, group, now, fragment_s)
    if campaign.state is CampaignState.SENDING:
        return _sent(campaign, receivers, group, now)
    return _checked(campaign, receivers, group, now, fragment_s)


def receiver_ask(receiver: Receiver, campaign: Campaign, member: Member, root_key: bytes) -> Ask | None:
    """The question that is due, asked already or not."""
    if member.step is not MemberStep.READY:
        return None
    if receiver.step is ReceiverStep.VERSION:
        return Ask(Question.VERSION, ts004.PORT, PackageVersionReq().encode())
    if receiver.step is ReceiverStep.SETUP:
        key, groups = data_block_int_key(root_key), 1 << member.slot
        setup = setup_for(
            campaign.block,
            campaign.fragment_bytes,
            key,
            frag_index=FRAG_INDEX,
            groups=groups,
            session_cnt=campaign.session_cnt,
        )
        return Ask(Question.SETUP, ts004.PORT, replace(setup, ack_reception=True).encode())
    is_receiving = receiver.step is ReceiverStep.RECEIVING and campaign.state is CampaignState.CHECKING
    if is_receiving and receiver.checked_round < campaign.round:
        request = ts004.FragSessionStatusReq(FRAG_INDEX, everybody=True)
        return Ask(Question.STATUS, ts004.PORT, request.encode())
    return None


def answered(receiver: Receiver, campaign: Campaign, commands: Iterable[PackageCommand]) -> Receiver:
    """The receiver after its answers on the port of fragments."""
    for command in commands:
        match command:
            case PackageVersionAns() if receiver.step is ReceiverStep.VERSION:
                fits = (command.package_identifier, command.package_version) == (ts004.PACKAGE_IDENTIFIER, _VERSION)
                receiver = (
                    replace(receiver, step=ReceiverStep.SETUP) if fits else failed(receiver, Cause.PACKAGE_VERSION)
                )
            case ts004.FragSessionSetupAns() if receiver.step is ReceiverStep.SETUP:
                receiver = _set_up(receiver, command)
            case ts004.FragSessionStatusAns() if receiver.step is ReceiverStep.RECEIVING:
                receiver = _told(receiver, campaign, command)
            case ts004.FragDataBlockReceivedReq(_, wrong) if receiver.step is ReceiverStep.RECEIVING:
                receiver = failed(receiver, Cause.WRONG_MIC) if wrong else _done(receiver, campaign)
            case _:
                pass
    return receiver


def failed(receiver: Receiver, cause: Cause) -> Receiver:
    return replace(receiver, step=ReceiverStep.FAILED, cause=cause)


def _following(receiver: Receiver, member: Member | None) -> Receiver:
    """A device that leaves the group, or refuses it, leaves the campaign."""
    if receiver.has_ended:
        return receiver
    if member is None or member.step is MemberStep.REFUSED:
        return failed(receiver, Cause(member.cause) if member is not None and member.cause else Cause.GROUP_LOST)
    if receiver.step is ReceiverStep.WAITING and member.step is MemberStep.READY:
        return replace(receiver, step=ReceiverStep.VERSION)
    return receiver


def _prepared(
    campaign: Campaign, receivers: tuple[Receiver, ...], group: Group, now: datetime, fragment_s: float
) -> Step:
    if now >= campaign.until:
        unready = (ReceiverStep.WAITING, ReceiverStep.VERSION, ReceiverStep.SETUP)
        receivers = tuple(failed(one, Cause.NOT_READY) if one.step in unready else one for one in receivers)
    elif any(not one.has_ended and one.step is not ReceiverStep.RECEIVING for one in receivers):
        return Step(campaign, receivers)
    if all(one.has_ended for one in receivers):
        return Step(replace(campaign, state=CampaignState.FAILED, cause=Cause.NOBODY_READY), receivers)
    return _start(campaign, receivers, group, now, fragment_s)


def _start(campaign: Campaign, receivers: tuple[Receiver, ...], group: Group, now: datetime, fragment_s: float) -> Step:
    starts = now + timedelta(seconds=campaign.lead_s)
    starts -= timedelta(microseconds=starts.microsecond)
    if group.periodicity is not None:  # a class B session begins with a beacon period (TS005-2.0.0, §4.5)
        starts = beacon_start(starts) + BEACON_PERIOD
    left = campaign.last_fragment - campaign.next_fragment + 1
    lasts = max(timedelta(seconds=left * fragment_s * _SESSION_ROOM), _SHORTEST_SESSION)
    return Step(replace(campaign, state=CampaignState.STARTING, until=starts), receivers, (starts, starts + lasts))


def _started(
    campaign: Campaign,
    receivers: tuple[Receiver, ...],
    members: Mapping[str, Member],
    group: Group,
    now: datetime,
    fragment_s: float,
) -> Step:
    if now < campaign.until:
        return Step(campaign, receivers)
    pending = [members[one.dev_eui] for one in receivers if not one.has_ended]
    if any(member.session_at == group.session_starts_at for member in pending):
        return Step(replace(campaign, state=CampaignState.SENDING), receivers)
    return _another_round(campaign, receivers, group, now, fragment_s, 0)


def _sent(campaign: Campaign, receivers: tuple[Receiver, ...], group: Group, now: datetime) -> Step:
    if campaign.next_fragment <= campaign.last_fragment and group.is_open(now):
        return Step(campaign, receivers)
    until = now + timedelta(seconds=2 * campaign.lead_s)
    return Step(replace(campaign, state=CampaignState.CHECKING, until=until), receivers)


def _checked(
    campaign: Campaign, receivers: tuple[Receiver, ...], group: Group, now: datetime, fragment_s: float
) -> Step:
    pending = [one for one in receivers if not one.has_ended]
    if now < campaign.until and any(one.checked_round < campaign.round for one in pending):
        return Step(campaign, receivers)
    guess = max(round(campaign.data_fragments * _UNKNOWN_MISSING_SHARE), 1)
    missing = max(one.missing if one.missing is not None else guess for one in pending)
    return _another_round(campaign, receivers, group, now, fragment_s, missing)


def _another_round(
    campaign: Campaign,
    receivers: tuple[Receiver, ...],
    group: Group,
    now: datetime,
    fragment_s: float,
    missing: int,
) -> Step:
    if campaign.round + 1 >= MAX_ROUNDS:
        receivers = tuple(one if one.has_ended else failed(one, Cause.INCOMPLETE) for one in receivers)
        return Step(_ended(campaign, receivers), receivers)
    unsent = campaign.last_fragment - campaign.next_fragment + 1
    extra = max(round(missing * (1 + _EXTRA_SHARE)) + _EXTRA_MORE - unsent, 0) if missing else 0
    more = replace(campaign, round=campaign.round + 1, last_fragment=campaign.last_fragment + extra)
    return _start(more, receivers, group, now, fragment_s)


def _ended(campaign: Campaign, receivers: tuple[Receiver, ...]) -> Campaign:
    if any(one.step is ReceiverStep.DONE for one in receivers):
        return replace(campaign, state=CampaignState.DONE)
    return replace(
        campaign, state=CampaignState.FAILED, cause=Cause.NOBODY_READY if not campaign.round else Cause.INCOMPLETE
    )


def _set_up(receiver: Receiver, answer: ts004.FragSessionSetupAns) -> Receiver:
    if answer.accepted:
        return replace(receiver, step=ReceiverStep.RECEIVING)
    return failed(receiver, Cause.NO_MEMORY if answer.not_enough_memory else Cause.SETUP_REFUSED)


def _told(receiver: Receiver, campaign: Campaign, status: ts004.FragSessionStatusAns) -> Receiver:
    if status.no_session:  # it was reset since: it must be told of the block again
        return replace(receiver, step=ReceiverStep.SETUP, missing=None)
    if status.memory_error or status.mic_error:
        return failed(receiver, Cause.NO_MEMORY if status.memory_error else Cause.WRONG_MIC)
    told = replace(receiver, received=status.received, missing=status.missing, checked_round=campaign.round)
    return told if status.missing else _done(told, campaign)


def _done(receiver: Receiver, campaign: Campaign) -> Receiver:
    received = max(receiver.received, campaign.data_fragments)
    return replace(receiver, step=ReceiverStep.DONE, received=received, missing=0)
