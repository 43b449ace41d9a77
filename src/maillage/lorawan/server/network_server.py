"""The recipe: what a tick does with the uplinks whose windows have closed, in the order that makes it safe."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from maillage.lorawan.codecs.model import DeviceModel
from maillage.lorawan.events import LIVE_FRAMES, FrameBatch
from maillage.lorawan.protocol.mac.command import MacCommand
from maillage.lorawan.server.announcements import downlink_message, frame_event, uplink_message
from maillage.lorawan.server.answers import Answer, Answering
from maillage.lorawan.server.class_b import ClassBDesk
from maillage.lorawan.server.committer import Committer
from maillage.lorawan.server.decoder import Decoder
from maillage.lorawan.server.downlinks import DownlinkBook, DownlinkChange, FailureCause
from maillage.lorawan.server.grouping import counter_rows, downlink_row, reserved_row, uplink_row
from maillage.lorawan.server.housekeeper import Housekeeper
from maillage.lorawan.server.joins import Joining, PlannedJoin
from maillage.lorawan.server.mac_desk import MacDesk
from maillage.lorawan.server.package_desk import PackageDesk
from maillage.lorawan.server.publications import PublicationTracker
from maillage.lorawan.server.publisher import Publisher
from maillage.lorawan.server.refusals import Cause, Refusal, RefusalLog
from maillage.lorawan.server.registry import DeviceState, Registry, SessionState
from maillage.lorawan.server.rows import CounterRow, GroupRows, LateDecoding, Promotion
from maillage.lorawan.server.settings import ServerSettings
from maillage.lorawan.server.stages import JoinAsked, Received, RejoinAsked, Verified
from maillage.lorawan.server.transmitter import Transmitter
from maillage.lorawan.server.uplinks import UplinkSieve


@dataclass(frozen=True, slots=True)
class Steps:
    """The server's parts, made by the composition root."""

    registry: Registry
    sieve: UplinkSieve
    decoder: Decoder
    book: DownlinkBook
    answering: Answering
    mac: MacDesk
    class_b: ClassBDesk
    packages: PackageDesk
    joining: Joining
    committer: Committer
    transmitter: Transmitter
    publisher: Publisher
    tracker: PublicationTracker
    housekeeper: Housekeeper
    refusals: RefusalLog
    late: list[LateDecoding]


@dataclass(frozen=True, slots=True)
class Decided:
    """A group before its commit: uplinks to log, answers to send, states to store.

    ``ready`` are uplinks to publish: those whose decoding is part of the rows, and those of earlier groups whose
    decoding has come since.
    """

    uplinks: list[Verified]
    ready: list[Verified]
    answers: list[Answer]
    changes: list[DownlinkChange]
    rows: GroupRows


class NetworkServer:
    """One tick after the other; the next starts as soon as the commit of the one before is done."""

    def __init__(
        self,
        steps: Steps,
        models: Mapping[str, DeviceModel],
        settings: ServerSettings,
        now: Callable[[], datetime],
        monotonic_s: Callable[[], float],
    ) -> None:
        self._steps = steps
        self._models = models
        self._settings = settings
        self._now = now
        self._monotonic_s = monotonic_s
        self._cursor = steps.tracker.cursor
        self._promotions: list[Promotion] = []
        self.settled_s = float("-inf")
        """Everything heard up to this monotonic instant is durable."""

    async def run(self) -> None:
        while True:
            started_s = self._monotonic_s()
            await self.tick()
            await asyncio.sleep(max(self._settings.tick_s - (self._monotonic_s() - started_s), 0))

    async def tick(self) -> None:
        """Close windows, decide, commit, and only then publish and send."""
        at, now_s = self._now(), self._monotonic_s()
        self._steps.decoder.flush()
        uplinks, joins = self._steps.sieve.close_due(now_s)
        answers = [*self._answers_to(uplinks, at, now_s), *self._of_themselves(at, now_s)]
        decided = await self._group([uplink for uplink in uplinks if not uplink.repeated], answers)
        if decided is not None:
            await self._steps.committer.commit(decided.rows)
            self._send(decided.answers)
            self._steps.packages.committed(decided.uplinks)
            await self._publish(decided)
        await self._rejoin([join for join in joins if isinstance(join, RejoinAsked)], at)
        left = [join for join in joins if isinstance(join, JoinAsked)]
        while left:
            left = await self._join(left, at)
        self.settled_s = now_s - self._settings.dedup_window_s

    def look_after_downlinks(self) -> None:
        """Every second or so: expiries, silent gateways, devices of class B and C that wait or do not acknowledge."""
        at, now_s = self._now(), self._monotonic_s()
        book = self._steps.book
        book.expire(at)
        for downlink in book.awaiting_since(now_s - self._settings.class_c_ack_timeout_s):
            device = self._steps.registry.devices.get(downlink.dev_eui)
            is_class_b = device is not None and self._steps.class_b.is_active(device.session)
            if is_class_b or self._is_class_c(downlink.dev_eui):
                book.try_again(downlink, FailureCause.NOT_ACKNOWLEDGED, "", at)
        self._steps.transmitter.give_up_silent(at, now_s)
        book.touch_waiting()

    def _answers_to(self, uplinks: list[Verified], at: datetime, now_s: float) -> list[Answer]:
        answers: list[Answer] = []
        mac = self._steps.mac
        for uplink in uplinks:
            requests: list[MacCommand] = []
            self._promote(uplink)
            if not uplink.repeated:
                self._steps.housekeeper.seen(uplink)
                heard_s = uplink.received.heard_s
                self._steps.book.heard(uplink.session.device.dev_eui, at, heard_s, ack=uplink.frame.ack)
                mac.heard(uplink)
                self._steps.class_b.heard(uplink)
                self._steps.packages.heard(uplink, at)
                requests = mac.requests(uplink)
            if self._steps.class_b.is_busy(uplink.session, now_s):
                continue
            answer = self._steps.answering.to_uplink(uplink, at, now_s, requests)
            if answer is not None:
                mac.asked(uplink.session, answer.requests, at)
                answers.append(answer)
        self._steps.housekeeper.reported(mac.take_reports())
        return answers

    def _promote(self, uplink: Verified) -> None:
        """The first uplink in the session that a rejoin was offered: the device has left the one before."""
        session, device = uplink.session, uplink.session.device
        if session is device.pending:
            self._steps.registry.promote(session)
            self._steps.mac.promoted(session)
            self._promotions.append(Promotion(device.dev_eui, session.dev_addr))

    def _of_themselves(self, at: datetime, now_s: float) -> list[Answer]:
        """Devices of class B and C for which something new may be sent get it without an uplink."""
        answers: list[Answer] = []
        for dev_eui in self._steps.book.take_touched():
            device = self._steps.registry.devices.get(dev_eui)
            if device is None or device.session is None:
                continue
            answer = None
            if self._is_class_c(dev_eui):
                answer = self._steps.answering.at_once(device, at, now_s)
            elif self._steps.class_b.is_active(device.session):
                answer = self._in_ping_slot(device, device.session, at, now_s)
            if answer is not None:
                answers.append(answer)
        return answers

    def _in_ping_slot(self, device: DeviceState, session: SessionState, at: datetime, now_s: float) -> Answer | None:
        ways = self._steps.class_b.ways(session, at, now_s)
        answer = self._steps.answering.in_ping_slot(device, ways, at, now_s)
        if answer is not None:
            self._steps.class_b.sent(session, answer.opportunities[0])
        return answer

    def _is_class_c(self, dev_eui: str) -> bool:
        device = self._steps.registry.devices.get(dev_eui)
        model = self._models.get(device.model_key) if device is not None else None
        return model is not None and model.device_class == "C"

    async def _group(self, uplinks: list[Verified], answers: list[Answer]) -> Decided | None:
        """The rows of one commit; None when there is nothing to make durable."""
        sent, changes = self._steps.transmitter.take_sent(), self._steps.book.take_changes()
        late, cursor, mac = self._late_ones(), self._steps.tracker.cursor, self._steps.mac.take_changed()
        pings = self._steps.class_b.take_changed()
        news = (uplinks, answers, sent, changes, late, self._steps.late, mac, pings)
        if not any(news) and cursor <= self._cursor:
            return None
        ids = await self._steps.committer.frame_ids(len(uplinks) + len(sent))
        for uplink, frame_id in zip(uplinks, ids, strict=False):
            uplink.frame_id = frame_id
        downlinks = [downlink_row(found, frame_id) for found, frame_id in zip(sent, ids[len(uplinks) :], strict=True)]
        self._cursor = cursor
        promotions, self._promotions = self._promotions, []
        ready = [uplink for uplink in uplinks if uplink.decoding is not None] + late
        rows = GroupRows(
            counter_rows(uplinks, _downlink_counters(answers)),
            [*map(uplink_row, uplinks), *downlinks],
            changes,
            [*map(_late_row, late), *self._steps.late],
            cursor,
            mac,
            promotions,
            pings,
        )
        self._steps.late.clear()
        return Decided(uplinks, ready, answers, changes, rows)

    def _late_ones(self) -> list[Verified]:
        """Decoded after their commit: this group completes the log. Failures are counted on the way."""
        found: list[Verified] = []
        for uplink in self._steps.decoder.take_decoded():
            if uplink.frame_id:
                found.append(uplink)
            if uplink.decoding is not None and uplink.decoding.problem:
                refusal = Refusal(Cause.CODEC_FAILURE, uplink.session.device.dev_eui)
                self._steps.refusals.count(refusal, "", uplink.payload or b"", uplink.received.at)
        return found

    def _send(self, answers: list[Answer]) -> None:
        at, now_s = self._now(), self._monotonic_s()
        for answer in answers:
            self._steps.transmitter.send(answer, at, now_s)

    async def _publish(self, decided: Decided) -> None:
        """Everything here is durable. An uplink that the codec still has is published when it comes back."""
        publisher, tracker = self._steps.publisher, self._steps.tracker
        self._steps.book.settled(decided.changes)
        tracker.committed([uplink.frame_id for uplink in decided.uplinks])
        publisher.uplinks([uplink_message(uplink) for uplink in decided.ready])
        if decided.changes:
            publisher.downlinks([downlink_message(change) for change in decided.changes])
        if decided.rows.frames:
            await publisher.tell(LIVE_FRAMES, FrameBatch([frame_event(row) for row in decided.rows.frames]))

    async def _join(self, asked: list[JoinAsked], at: datetime) -> list[JoinAsked]:
        """One join a device: the nonce, the session and its keys durable, then installed, then answered.

        Returns those still to do: every DevNonce heard is spent, or it could be replayed.
        """
        first = {join.device.dev_eui: join for join in reversed(asked)}
        planned = {dev_eui: self._steps.joining.plan(join, at) for dev_eui, join in first.items()}
        accepted = await self._steps.committer.commit_joins(list(planned.values()))
        for dev_eui, join in planned.items():
            if dev_eui in accepted:
                self._steps.joining.install(join)
                self._send([join.answer])
            else:
                self._refuse(join, at)
        return [join for join in asked if join is not first[join.device.dev_eui]]

    async def _rejoin(self, asked: list[RejoinAsked], at: datetime) -> None:
        """One after the other: the offered session durable, then heard, then answered."""
        for rejoin in asked:
            planned = self._steps.joining.plan_rejoin(rejoin, at)
            if planned is None:
                self._refuse_replay(rejoin.device.dev_eui, rejoin.received, at)
                continue
            await self._steps.committer.commit_rejoin(planned)
            self._steps.joining.offer(planned)
            self._send([planned.answer])

    def _refuse(self, join: PlannedJoin, at: datetime) -> None:
        self._refuse_replay(join.device.dev_eui, join.received, at)

    def _refuse_replay(self, dev_eui: str, received: Received, at: datetime) -> None:
        refusal = Refusal(Cause.JOIN_REPLAYED, dev_eui)
        self._steps.refusals.count(refusal, received.receptions[0].gateway.eui, received.phy_payload, at)


def _downlink_counters(answers: list[Answer]) -> list[CounterRow]:
    return [reserved_row(session) for answer in answers if (session := answer.device.session) is not None]


def _late_row(uplink: Verified) -> LateDecoding:
    decoded = uplink.decoding.decoded if uplink.decoding else b""
    return LateDecoding(uplink.frame_id, uplink.received.at, decoded)
