"""Keeping one child alive: started again when it ends, later and later, until that is hopeless."""

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from maillage.kernel import clock
from maillage.processes.child import Command, run
from maillage.processes.problems import CannotStart

_LAST_LINES = 15


class Voice(Protocol):
    """Where a keeper speaks: ``relay`` passes a child's line on, ``complain`` tells of a crash."""

    def relay(self, name: str, text: str) -> None: ...

    def complain(self, text: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Patience:
    """How a crash is answered. A child that ran for ``steady_s`` is forgiven its earlier crashes."""

    first_delay_s: float = 0.5
    longest_delay_s: float = 10.0
    crashes_in_a_row: int = 5
    steady_s: float = 30.0

    def delay_s(self, crashes: int) -> float:
        """How long to wait after the ``crashes``-th crash in a row, doubling."""
        return min(self.first_delay_s * 2.0 ** (crashes - 1), self.longest_delay_s)


class Keeper:
    """Keeps one command running. ``before`` runs ahead of each start (clearing what a crash left)."""

    def __init__(
        self, command: Command, voice: Voice, patience: Patience, before: Callable[[], None] | None = None
    ) -> None:
        self.command = command
        self._voice = voice
        self._patience = patience
        self._before = before
        self._task: asyncio.Task[None] | None = None

    def start(self) -> asyncio.Task[None]:
        """Begin; the task ends only by ``stop`` or, having given up, with ``CannotStart``."""
        self._task = asyncio.create_task(self._keep(), name=self.command.name)
        return self._task

    async def stop(self) -> None:
        """Stop the child, gently first."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _keep(self) -> None:
        crashes = 0
        while True:
            started_s = clock.monotonic_s()
            code = await self._run_once()
            steady = clock.monotonic_s() - started_s >= self._patience.steady_s
            crashes = 1 if steady else crashes + 1
            if crashes >= self._patience.crashes_in_a_row:
                raise self._given_up(crashes, code)
            delay_s = self._patience.delay_s(crashes)
            self._voice.complain(f"{self.command.name} ended ({meaning(code)}); starting it again in {delay_s:g} s")
            await asyncio.sleep(delay_s)

    async def _run_once(self) -> int:
        if self._before is not None:
            self._before()
        return await run(self.command, self._voice.relay)

    def _given_up(self, crashes: int, code: int) -> CannotStart:
        sentence = f"{self.command.name} ended {crashes} times in a row ({meaning(code)}); giving up."
        return CannotStart("child-keeps-crashing", sentence + last_words(self.command), name=self.command.name)


def meaning(code: int) -> str:
    """An exit code in words."""
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"


def last_words(command: Command) -> str:
    """The end of the command's log file, if it has one."""
    if command.log is None or not command.log.exists():
        return ""
    lines = command.log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:]
    return "\n".join([f" The end of {command.log}:", *(f"    {line}" for line in lines)])
