"""The pool's end of one worker process."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress

import msgspec

from maillage.lorawan.codecs.wire import LENGTH, Outcome, Request, Setup, frame, outcomes_decoder

START_DEADLINE_S = 30.0
END_DEADLINE_S = 2.0


class WorkerLost(Exception):  # noqa: N818 - an event, not a mistake of ours
    """The worker crashed, missed its deadline and was killed, or does not start."""


class WorkerLink:
    """One worker process, one request at a time."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, setup: Setup) -> "WorkerLink":
        """A worker that is ready; raises :class:`WorkerLost` where none can be had."""
        try:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "maillage.lorawan.codecs.worker", stdin=PIPE, stdout=PIPE
            )
        except OSError as problem:
            raise WorkerLost(str(problem)) from problem
        link = cls(process)
        await link._exchange(frame(setup), START_DEADLINE_S)
        return link

    @property
    def pid(self) -> int:
        """The process id, for supervision."""
        return self._process.pid

    async def ask(self, request: Request, deadline_s: float) -> list[Outcome]:
        """The worker's outcomes.

        After :class:`WorkerLost`, or a cancellation, the process is dead and the link of no more use.
        """
        return await self._exchange(frame(request), deadline_s)

    async def close(self) -> None:
        """End the process: by the end of its input, by force where that does not do."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            async with asyncio.timeout(END_DEADLINE_S):
                await self._process.wait()
        except TimeoutError:
            await self._kill()

    async def _exchange(self, message: bytes, deadline_s: float) -> list[Outcome]:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise WorkerLost("no pipes")
        try:  # TimeoutError is an OSError, IncompleteReadError an EOFError
            async with asyncio.timeout(deadline_s):
                stdin.write(message)
                await stdin.drain()
                (length,) = LENGTH.unpack(await stdout.readexactly(LENGTH.size))
                return outcomes_decoder.decode(await stdout.readexactly(length))
        except (OSError, EOFError, msgspec.MsgspecError, RecursionError) as problem:
            await self._kill()
            raise WorkerLost(type(problem).__name__) from problem
        except asyncio.CancelledError:
            await self._kill()
            raise

    async def _kill(self) -> None:
        if self._process.returncode is None:
            with suppress(ProcessLookupError):  # it ended by itself a moment ago
                self._process.kill()
        await self._process.wait()
