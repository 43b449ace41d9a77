"""The command process: follows what becomes of commands, carries out schedules, ends what took too long.

Downlink states and uplinks are read in one order, that of the stream, so that a report is never judged before the news
that the command was sent. Nothing expires while the news is behind: what is not yet heard is not missing.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import groupby
from typing import TypeVar

import msgspec
import uvloop
from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections, connections
from nats.aio.client import Client
from nats.aio.msg import Msg

from maillage.command import actions
from maillage.command.schedules.actions import carry_out_due
from maillage.command.schedules.agenda import Agenda
from maillage.command.specials.actions import carry_out_specials
from maillage.command.warming.actions import learn_next
from maillage.identity.actor import machine
from maillage.kernel import clock
from maillage.lorawan.events import DOWNLINKS, UPLINKS, DownlinkBatch, Uplink, UplinkBatch
from maillage.processes import bus
from maillage.processes.running import until_terminated

FOLLOWING = bus.Following("command-follower", (DOWNLINKS, UPLINKS))
LOOK_EVERY_S = 5.0
RECONCILE_EVERY_S = 30.0
GATHER_S = 0.1
RETRY_S = 1.0
FOLLOWER = machine("command")
SCHEDULER = machine("scheduler")
Batch = TypeVar("Batch")
_LOG = logging.getLogger(__name__)
_UPLINKS = msgspec.json.Decoder(UplinkBatch)
_DOWNLINKS = msgspec.json.Decoder(DownlinkBatch)
_DATABASE_AWAY = (OperationalError, InterfaceError)


def main() -> None:
    """Work until SIGTERM."""
    uvloop.run(_run())


class Desk:
    """Runs actions one after the other in a thread of its own, beside the event loop."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "actions")

    async def do(self, work: Callable[[], object]) -> None:
        """Does ``work`` once the database answers. Waits as long as it is away."""
        done = await self.try_to_do(work)
        while not done:
            await asyncio.sleep(RETRY_S)
            done = await self.try_to_do(work)

    async def try_to_do(self, work: Callable[[], object]) -> bool:
        """False when the database is away: nothing was done."""
        try:
            await asyncio.get_running_loop().run_in_executor(self._thread, partial(_with_connection, work))
        except _DATABASE_AWAY as problem:
            _LOG.warning("the database does not answer: %s", problem)
            return False
        return True

    async def close(self) -> None:
        """Finish what is under way and give the connection back."""
        await asyncio.get_running_loop().run_in_executor(self._thread, connections.close_all)
        self._thread.shutdown()


class Follower:
    """Hears the network and the devices."""

    def __init__(self, client: Client, desk: Desk) -> None:
        self._reader = bus.Reader(client, FOLLOWING)
        self._desk = desk
        self._reconciled_s = float("-inf")

    async def run(self) -> None:
        """Follow until cancelled. Under load each step takes what came during ``GATHER_S``, for fewer queries."""
        while True:
            if await self.step():
                await asyncio.sleep(GATHER_S)

    async def step(self) -> int:
        """Take in what the bus has now, then end what is overdue; returns the number of messages."""
        messages = await self._reader.fetch()
        if messages:
            while not await self._desk.try_to_do(partial(digest, messages)):
                await bus.keep_waiting(messages)
                await asyncio.sleep(RETRY_S)
            await bus.acknowledge(messages)
        if self._reader.has_caught_up(messages):
            await self._reconcile()
            await self._desk.try_to_do(partial(actions.expire_overdue, FOLLOWER, clock.now()))
        return len(messages)

    async def _reconcile(self) -> None:
        """At start and every so often: an outage of the bus may have outlived the network server's memory."""
        now_s = clock.monotonic_s()
        is_due = now_s - self._reconciled_s >= RECONCILE_EVERY_S
        if is_due and await self._desk.try_to_do(partial(actions.reconcile, FOLLOWER)):
            self._reconciled_s = now_s


async def keep_schedules(desk: Desk) -> None:
    """Looks at the exceptional periods and the schedules until cancelled; between looks, a room is learnt."""
    agenda = Agenda()
    while True:
        await desk.do(lambda: carry_out_specials(SCHEDULER, clock.now()))
        await desk.do(lambda: carry_out_due(SCHEDULER, clock.now(), agenda))
        await desk.do(lambda: learn_next(SCHEDULER, clock.now()))
        await asyncio.sleep(LOOK_EVERY_S)


def digest(messages: Sequence[Msg]) -> None:
    """What ``messages`` say of commands, in their order; doing it twice changes nothing."""
    for subject, run in groupby(messages, key=lambda message: message.subject):
        payloads = [message.data for message in run]
        if subject == DOWNLINKS:
            _digest_downlinks(payloads)
        else:
            _digest_uplinks(payloads)


def _digest_downlinks(payloads: Sequence[bytes]) -> None:
    for payload in payloads:
        batch = _decoded(_DOWNLINKS, payload)
        for update in batch.updates if batch else ():
            actions.note_downlink(FOLLOWER, update)


def _digest_uplinks(payloads: Sequence[bytes]) -> None:
    uplinks: list[Uplink] = []
    for payload in payloads:
        batch = _decoded(_UPLINKS, payload)
        uplinks += batch.uplinks if batch else ()
    if uplinks:
        actions.note_uplinks(FOLLOWER, uplinks)


def _decoded(decoder: msgspec.json.Decoder[Batch], payload: bytes) -> Batch | None:
    """None for what nobody can read: it would come for ever."""
    try:
        return decoder.decode(payload)
    except msgspec.MsgspecError as problem:
        _LOG.error("a message of %d bytes is no batch: %s", len(payload), problem)
        return None


def _with_connection(work: Callable[[], object]) -> None:
    """A connection that broke is not used again."""
    close_old_connections()
    try:
        work()
    finally:
        close_old_connections()


async def _run() -> None:
    client = await bus.connect(settings.ENVIRONMENT.nats_url, "command")
    desk = Desk()
    try:
        await until_terminated(Follower(client, desk).run(), keep_schedules(desk))
    finally:
        await desk.close()
        await client.close()
