"""The integrations process's side of the customers' broker: events out, commands in, and the door."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar
from uuid import UUID

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as BusError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, RetentionPolicy, StreamConfig
from nats.js.errors import APIError

from maillage.kernel import clock
from maillage.kernel.errors import MaillageError, Unavailable
from maillage.lorawan.integrations import actions, queries
from maillage.lorawan.integrations.commands import command_from_json
from maillage.lorawan.integrations.intake import Intake
from maillage.lorawan.integrations.mqtt.access import COMMANDS, command_target, event_subject
from maillage.lorawan.integrations.mqtt.broker_file import BrokerAddress
from maillage.lorawan.integrations.mqtt.doorkeeper import Doorkeeper, Pass
from maillage.lorawan.integrations.mqtt.nkeys import AccountKey
from maillage.lorawan.integrations.rows import Attached, Harvest
from maillage.lorawan.integrations.store import EventStore
from maillage.processes import bus
from maillage.processes.command import Desk
from maillage.processes.running import told_to_stop
from maillage.web.problems import sentence

READER = "mqtt"
STREAM, DURABLE = "COMMANDS", "integrations"
RETRY_S = 1.0
LOOK_EVERY_S = 30.0
SHOW_OUT_EVERY_S = 60.0
_AT_ONCE = 200
_DAY_S = 24 * 3600.0
_MAX_BYTES = 256 * 1024**2
_LOG = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")


class MqttDesk:
    """``desk`` runs what needs Django, one after the other; ``intake`` gives the maker of events."""

    def __init__(self, address: BrokerAddress, store: EventStore, desk: Desk, intake: Callable[[], Intake]) -> None:
        self._address = address
        self._store = store
        self._desk = desk
        self._intake = intake
        self._fed = asyncio.Event()
        self._changed = asyncio.Event()
        self.opened = asyncio.Event()
        self._doorkeeper = Doorkeeper(AccountKey(bytes.fromhex(address.seed)), self._pass_of, self._live)

    def feed(self) -> None:
        """The log has grown."""
        self._fed.set()

    def change(self) -> None:
        """A person has changed an application or its tokens."""
        self._changed.set()

    async def run(self, tell: Callable[[set[UUID]], Awaitable[None]]) -> None:
        """Until cancelled. ``tell`` is told of applications whose log this desk has written to."""
        publisher, door, caretaker = await asyncio.gather(
            *(bus.connect(self._address.url(user), user) for user in ("publisher", "doorkeeper", "caretaker"))
        )
        try:
            await self._doorkeeper.keep(door)
            self.opened.set()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.publish(publisher))
                tasks.create_task(self._take_commands(publisher, tell))
                tasks.create_task(self._look_after_the_door(caretaker))
        finally:
            await asyncio.gather(*(client.close() for client in (publisher, door, caretaker)))

    async def publish(self, publisher: Client) -> None:
        """Everything new in the log, in order; the place moves on once the broker has it."""
        while not told_to_stop():
            try:
                if not await self.publish_once(publisher):
                    await _heard(self._fed, LOOK_EVERY_S)
            except (Unavailable, BusError, TimeoutError) as problem:
                _LOG.warning("MQTT waits: %s", problem)
                await asyncio.sleep(RETRY_S)

    async def publish_once(self, publisher: Client) -> int:
        """The next portion; returns how many events."""
        self._fed.clear()
        cursor = await self._store.cursor(READER)
        events = await self._store.after(cursor, _AT_ONCE)
        for event in events:
            subject = event_subject(event.application_id, event.dev_eui, event.type)
            await publisher.publish(subject, event.body.encode())
        if events:
            await publisher.flush()
            await self._store.move_cursor(READER, events[-1].id)
        return len(events)

    async def take_command(self, subject: str, text: bytes) -> set[UUID]:
        """One command of a customer's. What is wrong with it becomes a ``log`` event where its sender listens; returns
        the applications whose log has grown by it.
        """
        try:
            application_text, dev_eui = command_target(subject)
            application_id = UUID(application_text)
        except (MaillageError, ValueError):
            _LOG.warning("a command on an unreadable topic: %r", subject[:200])
            return set()
        try:
            await self._ask(partial(_enqueue, application_id, dev_eui, text))
        except Unavailable:
            raise
        except MaillageError as error:
            return await self._refuse(application_id, dev_eui, error)
        return set()

    async def _refuse(self, application_id: UUID, dev_eui: str, error: MaillageError) -> set[UUID]:
        attached = await self._store.attached(dev_eui)
        if attached is None or attached.application_id != application_id:
            _LOG.info("a command for %s, which is not of application %s", dev_eui, application_id)
            return set()
        return await self._log_refusal(attached, error)

    async def _log_refusal(self, attached: Attached, error: MaillageError) -> set[UUID]:
        now = clock.now()
        event = self._intake().refusal(attached, now, sentence(error), {"code": error.code})
        return await self._store.write(Harvest(events=[event]), now)

    async def _take_commands(self, publisher: Client, tell: Callable[[set[UUID]], Awaitable[None]]) -> None:
        """Commands wait in a stream of the broker, so that none is lost while we are away."""
        subscription: JetStreamContext.PullSubscription | None = None
        while not told_to_stop():
            try:
                if subscription is None:
                    subscription = await follow_commands(publisher.jetstream())
                for message in await _fetched(subscription):
                    await tell(await self.take_command(message.subject, message.data))
                    await message.ack()
            except (Unavailable, BusError, APIError, OSError, TimeoutError) as problem:
                _LOG.warning("commands wait: %s", problem)
                subscription = None
                await asyncio.sleep(RETRY_S)

    async def _look_after_the_door(self, caretaker: Client) -> None:
        while not told_to_stop():
            self._changed.clear()
            try:
                if ended := await self._doorkeeper.show_out(caretaker):
                    _LOG.info("%d MQTT connections ended: their tokens open nothing any more", ended)
            except (Unavailable, BusError) as problem:
                _LOG.warning("the MQTT door waits: %s", problem)
            await _heard(self._changed, SHOW_OUT_EVERY_S)

    async def _pass_of(self, clear_text: str) -> Pass | None:
        return await self._ask(partial(_pass_of, clear_text))

    async def _live(self, token_ids: Sequence[int]) -> frozenset[int]:
        return await self._ask(partial(_live_ids, token_ids))

    async def _ask(self, work: Callable[[], _Answer]) -> _Answer:
        """What ``work`` answers or raises; ``Unavailable`` when the database is away."""
        answers: list[_Answer] = []
        errors: list[MaillageError] = []

        def caught() -> None:
            try:
                answers.append(work())
            except MaillageError as error:
                errors.append(error)

        if not await self._desk.try_to_do(caught):
            raise Unavailable("lorawan.database-away")
        if errors:
            raise errors[0]
        return answers[0]


async def follow_commands(stream: JetStreamContext) -> JetStreamContext.PullSubscription:
    """The stream of commands and our place in it, made when missing."""
    await stream.add_stream(
        StreamConfig(
            name=STREAM,
            subjects=[COMMANDS],
            retention=RetentionPolicy.WORK_QUEUE,
            max_age=_DAY_S,
            max_bytes=_MAX_BYTES,
        )
    )
    config = ConsumerConfig(ack_policy=AckPolicy.EXPLICIT, ack_wait=bus.ACK_WAIT_S, max_ack_pending=_AT_ONCE)
    return await stream.pull_subscribe(COMMANDS, DURABLE, STREAM, config)


def _enqueue(application_id: UUID, dev_eui: str, text: bytes) -> None:
    """For the application itself: that somebody may command it was judged at the door."""
    application = queries.application(actions.MQTT, application_id)
    actor = queries.actor_of_application(application, "MQTT")
    actions.enqueue_downlink(actor, application_id, command_from_json(text, dev_eui))


def _pass_of(clear_text: str) -> Pass | None:
    now = clock.now()
    found = queries.credential(clear_text, now)
    if found is None:
        return None
    actions.note_token_use(queries.actor_of(found), found.token, now)
    expires_at = found.token.expires_at
    left_s = None if expires_at is None else (expires_at - now).total_seconds()
    return Pass(found.token.pk, str(found.application.pk), left_s)


def _live_ids(token_ids: Sequence[int]) -> frozenset[int]:
    return queries.live_token_ids(token_ids, clock.now())


async def _fetched(subscription: JetStreamContext.PullSubscription) -> list[Msg]:
    try:
        return await subscription.fetch(_AT_ONCE, timeout=LOOK_EVERY_S)
    except TimeoutError:
        return []


async def _heard(event: asyncio.Event, within_s: float) -> None:
    if told_to_stop():
        raise asyncio.CancelledError
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            await event.wait()
