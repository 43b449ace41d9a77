"""Delivers the events of one webhook, in order, from its own place in the log; and keeps one courier for each.

Nothing is shared but a few database connections, held for the time of a statement: a receiver that answers slowly, or
not at all, delays its own messages alone. A courier that dies with its process goes on from what the database says.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import TypeVar
from uuid import UUID

from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Unavailable
from maillage.lorawan.integrations.webhooks.retries import Next, Outcome, delay, judge
from maillage.lorawan.integrations.webhooks.sender import Sender
from maillage.lorawan.integrations.webhooks.store import HookStore
from maillage.lorawan.integrations.webhooks.values import Attempt, Hook, Message

RETRY_S = 2.0
LOOK_EVERY_S = 30.0
_AT_ONCE = 50
_LOG = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")


class Courier:
    """Serves one webhook until it is cancelled, or until it is no longer active."""

    def __init__(self, hook_id: UUID, store: HookStore, sender: Sender, chance: Callable[[], float]) -> None:
        self._id = hook_id
        self._store = store
        self._sender = sender
        self._chance = chance
        self._fed = asyncio.Event()
        self._changed = asyncio.Event()
        self._seen_id = 0
        self._generation = -1

    def feed(self) -> None:
        """There are new events. A receiver that is being waited for is waited for all the same."""
        self._fed.set()

    def change(self) -> None:
        """A person has changed the webhook: look again at once."""
        self._changed.set()
        self._fed.set()

    async def run(self) -> None:
        """Deliver."""
        while (hook := await _patiently(self._look)) is not None:
            if hook.generation != self._generation:  # a replay may have taken the place back
                self._generation, self._seen_id = hook.generation, 0
            if not await self._deliver_next(hook):
                return

    async def _look(self) -> Hook | None:
        """What is told from here on is news again: forgotten before anything is read, so that none is lost."""
        self._changed.clear()
        self._fed.clear()
        return await self._store.hook(self._id)

    async def _deliver_next(self, hook: Hook) -> bool:
        """Whatever is next; False when there is nothing more to do for ever."""
        for letter in await _patiently(lambda: self._store.letters(hook, _AT_ONCE)):
            await self._send_letter(hook, letter)
        if hook.next_attempt_at is not None and hook.next_attempt_at > clock.now():
            await _heard(self._changed, (hook.next_attempt_at - clock.now()).total_seconds())
            return True
        after = max(hook.cursor_id, self._seen_id)
        messages, last = await _patiently(lambda: self._store.messages(hook, after, _AT_ONCE))
        if not messages:
            self._seen_id = last
            await _heard(self._fed, LOOK_EVERY_S)
            return True
        return await self._send_all(hook, messages)

    async def _send_all(self, hook: Hook, messages: list[Message]) -> bool:
        """In order; stops at the first that does not get through, and when a person has changed the webhook."""
        for number, message in enumerate(messages):
            failed_before = hook.attempts if number == 0 else 0
            attempt = await self._sender.send(hook, message)
            outcome = Outcome(attempt.status, attempt.problem, attempt.retry_after_s)
            verdict = judge(outcome, failed_before)
            again_at = attempt.at + delay(outcome, failed_before, self._chance())
            is_current = await _patiently(partial(self._note, hook, message, attempt, verdict, again_at))
            if verdict is Next.STOP:
                return False
            if verdict is Next.RETRY or not is_current or self._changed.is_set():
                return True
        return True

    async def _note(self, hook: Hook, message: Message, attempt: Attempt, verdict: Next, again_at: datetime) -> bool:
        match verdict:
            case Next.DONE:
                return await self._store.delivered(hook, message, attempt)
            case Next.RETRY:
                return await self._store.failed(hook, message, attempt, again_at)
            case Next.GIVE_UP:
                return await self._store.gave_up(hook, message, attempt)
            case Next.STOP:
                return await self._store.gone(hook, message, attempt)

    async def _send_letter(self, hook: Hook, letter: Message) -> None:
        attempt = await self._sender.send(hook, letter)
        is_sent = judge(Outcome(attempt.status), 0) is Next.DONE
        note = self._store.letter_sent if is_sent else self._store.letter_failed
        await _patiently(lambda: note(hook, letter, attempt))


class Couriers:
    """One courier a webhook, each a task of its own."""

    def __init__(self, store: HookStore, sender: Sender, chance: Callable[[], float] = random.random) -> None:
        self._store = store
        self._sender = sender
        self._chance = chance
        self._couriers: dict[UUID, tuple[UUID, Courier, asyncio.Task[None]]] = {}
        self._look = asyncio.Event()

    def feed(self, application_ids: set[UUID]) -> None:
        """These applications have new events."""
        for application_id, courier, _task in self._couriers.values():
            if application_id in application_ids:
                courier.feed()

    def change(self, application_id: UUID | None) -> None:
        """Webhooks of an application, or of any, have been made or changed."""
        for owner_id, courier, _task in self._couriers.values():
            if application_id in {None, owner_id}:
                courier.change()
        self._look.set()

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                self._look.clear()
                self._settle(await _patiently(self._store.active))
                await _heard(self._look, LOOK_EVERY_S)
        finally:
            tasks = [task for _owner, _courier, task in self._couriers.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _settle(self, active: dict[UUID, UUID]) -> None:
        """Begin what is new, begin again what has stopped; what is no longer active ends by itself."""
        for hook_id, (_owner, _courier, task) in list(self._couriers.items()):
            if task.done():
                if not task.cancelled() and task.exception() is not None:
                    _LOG.error("the courier of webhook %s failed: %r", hook_id, task.exception())
                del self._couriers[hook_id]
        for hook_id, application_id in active.items():
            if hook_id not in self._couriers:
                courier = Courier(hook_id, self._store, self._sender, self._chance)
                task = asyncio.create_task(courier.run(), name=f"webhook {hook_id}")
                self._couriers[hook_id] = (application_id, courier, task)


def _stop_if_told() -> None:
    """Raises ``CancelledError`` when somebody below has dropped one: a database's pool and a bus's client may."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def _heard(event: asyncio.Event, within_s: float) -> None:
    _stop_if_told()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(within_s):
            await event.wait()


async def _patiently(ask: Callable[[], Awaitable[_Answer]]) -> _Answer:
    """Until the database answers."""
    while True:
        _stop_if_told()
        try:
            return await ask()
        except Unavailable as problem:
            _LOG.warning("the database does not answer: %s", problem)
        except Conflict as problem:  # the key-encryption key is missing: somebody has to put it back
            _LOG.error("a webhook's secret cannot be read: %s", problem)
        await asyncio.sleep(RETRY_S)
