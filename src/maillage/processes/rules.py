"""The rules process: watches what is measured, finds what is silent, tells people, and delivers what they are told.

The bus only rings the bell: readings are taken from the database, where they are durable before anybody hears of them.
What the bell missed is found by looking every half minute. Messages leave in a thread of their own: a mail server that
does not answer never delays an alarm.
"""

import asyncio
import logging
from datetime import timedelta
from functools import partial

import msgspec
import uvloop
from django.conf import settings
from nats.aio.client import Client
from nats.aio.msg import Msg

from maillage.command.alarms import actions as alarms
from maillage.command.alarms.silence import look_for_silence
from maillage.command.notifications.actions import deliver_due
from maillage.command.rules.actions import carry_out_owed
from maillage.command.rules.watch import Watch
from maillage.identity.actor import machine
from maillage.kernel import clock
from maillage.lorawan.health.actions import refresh
from maillage.processes import bus
from maillage.processes.command import Desk
from maillage.processes.running import until_terminated
from maillage.telemetry.events import LIVE_OBSERVATIONS, LiveObservationBatch

GATHER_S = 1.0
SWEEP_EVERY_S = 30.0
DELIVER_EVERY_S = 2.0
SILENCE_EVERY_S = 60.0
SILENCE_GRACE = timedelta(minutes=5)
HEALTH_EVERY_S = 900.0
WATCHER = machine("rules")
_LOG = logging.getLogger(__name__)
_DECODER = msgspec.json.Decoder(LiveObservationBatch)


def main() -> None:
    """Work until SIGTERM."""
    uvloop.run(_run())


class Bell:
    """The datastreams of which the bus said that there is something new."""

    def __init__(self) -> None:
        self._heard: set[int] = set()
        self.rung = asyncio.Event()

    async def ring(self, message: Msg) -> None:
        """Notes what a message tells."""
        try:
            batch = _DECODER.decode(message.data)
        except msgspec.MsgspecError as problem:
            _LOG.error("a message of %d bytes is no batch of observations: %s", len(message.data), problem)
            return
        self._heard.update(one.datastream_id for one in batch.observations)
        self.rung.set()

    def take(self) -> set[int]:
        """What was heard since it was last asked."""
        heard, self._heard = self._heard, set()
        self.rung.clear()
        return heard


class Watchman:
    """Looks at the rules, gives the orders they owe and tells whoever is on call."""

    def __init__(self, bell: Bell, desk: Desk) -> None:
        self._bell = bell
        self._desk = desk
        self._watch = Watch(WATCHER)
        self._swept_s = float("-inf")

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            await self.step()
            await asyncio.sleep(GATHER_S)

    async def step(self) -> None:
        """One look; a full one every so often. Waits as long as the database is away."""
        now_s = clock.monotonic_s()
        heard: set[int] | None = self._bell.take()
        if now_s - self._swept_s >= SWEEP_EVERY_S:
            heard, self._swept_s = None, now_s
        await self._desk.do(partial(self._look, heard))

    def _look(self, heard: set[int] | None) -> None:
        now = clock.now()
        self._watch.look(now, heard)
        carry_out_owed(WATCHER, now)
        alarms.attend(WATCHER, now)


async def deliver(desk: Desk) -> None:
    """Sends what is due until cancelled."""
    while True:
        await desk.do(lambda: deliver_due(WATCHER, clock.now()))
        await asyncio.sleep(DELIVER_EVERY_S)


async def mind_silence(desk: Desk) -> None:
    """Looks for what is not heard any more, until cancelled. The network gets its time to speak first."""
    watching_since = clock.now()
    while True:
        await asyncio.sleep(SILENCE_EVERY_S)
        if clock.now() - watching_since > SILENCE_GRACE:
            await desk.do(lambda: look_for_silence(WATCHER, clock.now(), watching_since))


async def mind_health(desk: Desk) -> None:
    """Learns rhythms and coverage from the frame log, until cancelled."""
    while True:
        await desk.do(lambda: refresh(WATCHER, clock.now()))
        await asyncio.sleep(HEALTH_EVERY_S)


async def _run() -> None:
    client: Client = await bus.connect(settings.ENVIRONMENT.nats_url, "rules")
    bell = Bell()
    await client.subscribe(LIVE_OBSERVATIONS, cb=bell.ring)
    watching, mail, health = Desk(), Desk(), Desk()
    try:
        work = (Watchman(bell, watching).run(), mind_silence(health), mind_health(health), deliver(mail))
        await until_terminated(*work)
    finally:
        for desk in (watching, mail, health):
            await desk.close()
        await client.close()
