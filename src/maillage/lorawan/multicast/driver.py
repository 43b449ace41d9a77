"""Carries groups and campaigns on, once a second, from what the database holds.

What it decides is written before it is done, so that a restart goes on where it stopped: questions are rows of the
downlink queue, a frame's counter and fragment are taken before it is sent.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Protocol
from uuid import UUID

from maillage.kernel.errors import Conflict, Unavailable
from maillage.lorawan.fuota import engine
from maillage.lorawan.fuota.values import FRAGMENT_OVERHEAD_BYTES, Campaign, CampaignState, Receiver, ReceiverStep
from maillage.lorawan.multicast.conversation import answered, asked, is_tired, may_repeat, member_ask
from maillage.lorawan.multicast.cover import cover
from maillage.lorawan.multicast.radio import GroupFrame, GroupRadio
from maillage.lorawan.multicast.store import Outcome, Work
from maillage.lorawan.multicast.values import Ask, Cause, Group, Member, MemberStep, Question
from maillage.lorawan.packages import fragmentation as ts004
from maillage.lorawan.packages.data_block import fragments_of
from maillage.lorawan.packages.multicast import (
    MulticastGroup,
    build_multicast,
    mc_root_key,
    mc_root_key_1_1,
    mc_session_keys,
)
from maillage.lorawan.regions.data_rate import LoRaDataRate
from maillage.lorawan.regions.demodulation import required_snr_db
from maillage.lorawan.regions.region import Region
from maillage.lorawan.server.package_desk import PackageDesk, PackageUplink
from maillage.lorawan.server.registry import Registry
from maillage.lorawan.server.transmitter import Transmitter

log = logging.getLogger(__name__)
_FRAME_OVERHEAD_BYTES = 13
_LAST_F_CNT = (1 << 32) - 1
_ASK_KEPT = timedelta(hours=12)
_WATCH_EVERY_S, _COVER_KEPT_S = 10.0, 600.0


class Groups(Protocol):
    """What ``multicast.store.GroupStore`` offers."""

    async def watched(self) -> set[str]: ...

    async def load(self, now: datetime) -> list[Work]: ...

    async def block(self, image_id: UUID) -> bytes: ...

    async def heard_by(self, dev_euis: list[str]) -> dict[str, dict[str, float]]: ...

    async def save(self, outcome: Outcome) -> None: ...

    async def copies_failed(self, fates: list[tuple[str, str]]) -> None: ...


@dataclass(frozen=True, slots=True)
class Parts:
    """What the driver stands on."""

    store: Groups
    desk: PackageDesk
    radio: GroupRadio
    transmitter: Transmitter
    registry: Registry
    region: Region
    now: Callable[[], datetime]
    monotonic_s: Callable[[], float]
    new_id: Callable[[], UUID]


class GroupDriver:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._blocks: dict[UUID, bytes] = {}
        self._covers: dict[int, tuple[float, list[str]]] = {}
        self._fragments: dict[UUID, dict[int, ts004.DataFragment]] = {}
        self._watched_s = float("-inf")

    async def step(self) -> None:
        """Everything that is due. Raises ``Unavailable``; what was heard is then kept for the next time."""
        now, now_s = self._parts.now(), self._parts.monotonic_s()
        if now_s - self._watched_s >= _WATCH_EVERY_S:
            self._parts.desk.watch(await self._parts.store.watched())
            self._watched_s = now_s
        works = await self._parts.store.load(now)
        messages = self._parts.desk.take()
        try:
            for work in works:
                await self._carry_on(work, messages, now, now_s)
            await self._tell_fates()
        except Unavailable:
            self._parts.desk.give_back(messages)
            raise

    async def _tell_fates(self) -> None:
        failed = [(fate.tag, fate.cause) for fate in self._parts.transmitter.take_fates() if fate.cause]
        if failed:
            await self._parts.store.copies_failed(failed)

    async def _carry_on(self, work: Work, messages: list[PackageUplink], now: datetime, now_s: float) -> None:
        self._parts.desk.watched.update(member.dev_eui for member in work.members)
        gateways = await self._cover(work, now, now_s)
        campaign = None if work.campaign is None else await self._with_block(work.campaign, work.image_id)
        members = {one.dev_eui: _heard(one, work.group, messages) for one in work.members}
        receivers = work.receivers
        group, session = work.group, None
        if campaign is not None:
            receivers = tuple(_told(one, campaign, messages) for one in receivers)
            size = campaign.fragment_bytes + FRAGMENT_OVERHEAD_BYTES + _FRAME_OVERHEAD_BYTES
            pace_s = self._parts.radio.pace_s(group, gateways, size)
            step = engine.advance(campaign, receivers, members, group, now, pace_s)
            campaign, receivers, session = step.campaign, step.receivers, step.session
        if session is not None:
            group = replace(group, session_starts_at=session[0], session_ends_at=session[1])
            members = {key: replace(one, asked="", attempts=0) for key, one in members.items()}
        outcome = Outcome(group, now, [], [], [], campaign, session)
        self._ask(outcome, members, {one.dev_eui: one for one in receivers})
        outcome.members = [one for one in outcome.members if one not in work.members]
        outcome.receivers = [one for one in outcome.receivers if one not in work.receivers]
        frame = self._next_frame(outcome, work, gateways, now_s)
        await self._save(outcome, work, frame, gateways)
        self._parts.radio.step(group, now, now_s)

    async def _save(self, outcome: Outcome, work: Work, frame: GroupFrame | None, gateways: list[str]) -> None:
        is_news = outcome.members or outcome.receivers or outcome.asks or outcome.ended or outcome.session
        if not (is_news or frame is not None or _differs(outcome.campaign, work.campaign)):
            return
        try:
            await self._parts.store.save(outcome)
        except Conflict as error:
            log.warning("Multicast group %d is somebody else's: %s", work.group.id, error)
            return
        if frame is not None:
            self._parts.radio.send(outcome.group, frame, gateways)

    # --- questions

    def _ask(self, outcome: Outcome, members: dict[str, Member], receivers: dict[str, Receiver]) -> None:
        for dev_eui, known in members.items():
            member = known
            receiver = receivers.pop(dev_eui, None)
            if self._has_no_root_key(member):
                member = replace(member, step=MemberStep.REFUSED, cause=Cause.NO_ROOT_KEY)
            found = self._question(outcome, member, receiver)
            after = (member, receiver) if found is None else self._put(outcome, member, receiver, found)
            outcome.members.append(after[0])
            outcome.receivers.extend(one for one in after[1:] if one is not None)
        outcome.receivers.extend(receivers.values())

    def _has_no_root_key(self, member: Member) -> bool:
        """A device activated by personalisation: there is nothing to send it the group's key under."""
        device = self._parts.registry.devices.get(member.dev_eui)
        return device is not None and not device.app_key

    def _question(self, outcome: Outcome, member: Member, receiver: Receiver | None) -> Ask | None:
        device = self._parts.registry.devices.get(member.dev_eui)
        if device is None or (receiver is not None and receiver.has_ended):
            return None
        root = mc_root_key_1_1(device.app_key) if device.nwk_key else mc_root_key(device.app_key)
        found = member_ask(member, outcome.group, root, outcome.now)
        if found is None and receiver is not None and outcome.campaign is not None:
            found = engine.receiver_ask(receiver, outcome.campaign, member, device.app_key)
        return found

    def _put(
        self, outcome: Outcome, member: Member, receiver: Receiver | None, ask: Ask
    ) -> tuple[Member, Receiver | None]:
        heard_at = self._parts.desk.heard_at.get(member.dev_eui)
        if member.asked == ask.question and not may_repeat(member, outcome.now, heard_at):
            return member, receiver
        if is_tired(member, ask.question):
            return _given_up(member, receiver, ask.question, outcome.campaign)
        expires_at = outcome.now + _ASK_KEPT
        starts = outcome.group.session_starts_at
        if ask.question is Question.SESSION and starts is not None:
            expires_at = starts
        outcome.asks.append((member.dev_eui, self._parts.new_id(), ask, expires_at))
        return asked(member, ask.question, outcome.now), receiver

    # --- frames

    def _next_frame(self, outcome: Outcome, work: Work, gateways: list[str], now_s: float) -> GroupFrame | None:
        """The next fragment, or the next message, if the group listens and its gateways have the air for it."""
        group, now = outcome.group, outcome.now
        expired = [(one.id, "expired", Cause.NO_SESSION.value) for one in work.messages if one.expires_at <= now]
        outcome.ended = tuple(expired)
        if not group.is_open(now) or not self._parts.radio.is_idle(group, now_s):
            return None
        fragment = self._fragment(outcome)
        message = next((one for one in work.messages if one.expires_at > now), None)
        if fragment is not None:
            f_port, payload, tag = ts004.PORT, fragment.encode(), ""
        elif message is not None:
            f_port, payload, tag = message.f_port, message.payload, str(message.id)
        else:
            return None
        if not gateways or not self._parts.radio.has_air(group, gateways, len(payload) + _FRAME_OVERHEAD_BYTES, now_s):
            return None
        outcome.takes_f_cnt = True
        if fragment is not None and outcome.campaign is not None:
            outcome.campaign = replace(outcome.campaign, next_fragment=fragment.n + 1)
        elif message is not None:
            outcome.sent = message.id, len(gateways)
        return _built(group, f_port, payload, tag)

    def _fragment(self, outcome: Outcome) -> ts004.DataFragment | None:
        campaign = outcome.campaign
        if campaign is None or campaign.state is not CampaignState.SENDING:
            return None
        if campaign.next_fragment > campaign.last_fragment:
            return None
        known = self._fragments.get(campaign.id)
        if known is None or campaign.next_fragment not in known:
            redundancy = campaign.last_fragment - campaign.data_fragments
            made = fragments_of(campaign.block, campaign.fragment_bytes, redundancy, engine.FRAG_INDEX)
            known = {one.n: one for one in islice(made, campaign.next_fragment - 1, None)}
            self._fragments = {campaign.id: known}
        return known[campaign.next_fragment]

    async def _with_block(self, campaign: Campaign, image_id: UUID | None) -> Campaign:
        if image_id is None:
            return campaign
        if campaign.id not in self._blocks:
            self._blocks[campaign.id] = await self._parts.store.block(image_id)
        return replace(campaign, block=self._blocks[campaign.id])

    async def _cover(self, work: Work, now: datetime, now_s: float) -> list[str]:
        """Gateways that speak to the group: chosen anew now and then, and when one of them is away."""
        radio, group = self._parts.radio, work.group
        made_s, known = self._covers.get(group.id, (float("-inf"), []))
        if known and now_s - made_s < _COVER_KEPT_S and all(radio.can_speak(group, eui, now) for eui in known):
            return known
        heard = await self._parts.store.heard_by([member.dev_eui for member in work.members])
        speaking = {
            device: {eui: snr_db for eui, snr_db in gateways.items() if radio.can_speak(group, eui, now)}
            for device, gateways in heard.items()
        }
        rate = self._parts.region.data_rate(group.data_rate)
        chosen = cover(speaking, required_snr_db(rate) if isinstance(rate, LoRaDataRate) else 0.0)
        self._covers[group.id] = now_s, chosen
        return chosen


def _built(group: Group, f_port: int, payload: bytes, tag: str) -> GroupFrame:
    shared = MulticastGroup(group.mc_addr, mc_session_keys(group.mc_key, group.mc_addr), group.f_cnt, _LAST_F_CNT)
    phy_payload, _ = build_multicast(shared, shared.crypto(), f_port, payload)
    return GroupFrame(phy_payload, group.f_cnt, f_port, payload, tag)


def _heard(member: Member, group: Group, messages: list[PackageUplink]) -> Member:
    for message in messages:
        if message.dev_eui == member.dev_eui:
            member = answered(member, group, message.commands, message.at)
    return member


def _told(receiver: Receiver, campaign: Campaign, messages: list[PackageUplink]) -> Receiver:
    for message in messages:
        if message.dev_eui == receiver.dev_eui and message.f_port == ts004.PORT:
            receiver = engine.answered(receiver, campaign, message.commands)
    return receiver


def _given_up(
    member: Member, receiver: Receiver | None, question: Question, campaign: Campaign | None
) -> tuple[Member, Receiver | None]:
    """It was asked often enough without an answer."""
    if question in (Question.CLOCK, Question.GROUP):
        return replace(member, step=MemberStep.REFUSED, cause=Cause.NO_ANSWER), receiver
    if receiver is None or campaign is None or question is Question.SESSION:
        return member, receiver
    if question is Question.STATUS:  # what it lacks stays unknown
        return member, replace(receiver, checked_round=campaign.round)
    if receiver.step in (ReceiverStep.VERSION, ReceiverStep.SETUP):
        return member, engine.failed(receiver, Cause.NO_ANSWER)
    return member, receiver


def _differs(after: Campaign | None, before: Campaign | None) -> bool:
    return after is not None and before is not None and replace(after, block=b"") != replace(before, block=b"")
