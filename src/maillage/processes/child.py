"""One running child process: started, listened to, stopped."""

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

_CHUNK_BYTES = 65536
_LINE_MAX_BYTES = 65536
_LAST_WORDS_S = 1.0
_LOG_MAX_BYTES = 10 * 1024**2

Hearer = Callable[[str, str], None]


@dataclass(frozen=True, slots=True)
class Command:
    """How to run and stop a child. With ``log`` its words go to that file, else to who listens.

    ``stop`` signals are sent in turn, ``grace_s`` apart; SIGKILL follows them.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    stop: tuple[signal.Signals, ...] = (signal.SIGTERM,)
    grace_s: float = 10.0
    log: Path | None = None
    working_folder: Path | None = None


class Child:
    """A started ``Command``, in a session of its own: Ctrl-C at the terminal reaches only its supervisor."""

    def __init__(self, command: Command, process: Process, hearing: asyncio.Task[None] | None) -> None:
        self._command = command
        self._process = process
        self._hearing = hearing

    @classmethod
    async def start(cls, command: Command, hear: Hearer) -> Self:
        """Start it; ``hear(name, line)`` is told what it writes. Raises ``OSError`` when there is no such program."""
        if command.log is not None:
            with open_log(command.log) as log:
                return cls(command, await _spawn(command, log), None)
        # Our own pipe: with asyncio's, waiting for a child would wait for whoever inherited its output, too.
        reading, writing = os.pipe()
        hearing = asyncio.create_task(_listen(command.name, os.fdopen(reading, "rb", buffering=0), hear))
        with os.fdopen(writing, "wb", buffering=0) as output:
            return cls(command, await _spawn(command, output), hearing)

    @property
    def pid(self) -> int:
        return self._process.pid

    async def wait(self) -> int:
        """Its exit code, once it has ended and said its last words; minus the signal that killed it."""
        code = await self._process.wait()
        self._kill_group()
        if self._hearing is not None:
            await asyncio.wait([self._hearing], timeout=_LAST_WORDS_S)
            self._hearing.cancel()
        return code

    async def stop(self) -> None:
        """End it, gently first."""
        for number in (*self._command.stop, signal.SIGKILL):
            if self._process.returncode is None:
                self._process.send_signal(number)
            try:
                async with asyncio.timeout(self._command.grace_s):
                    await self.wait()
                    return
            except TimeoutError:
                continue

    def _kill_group(self) -> None:
        """What the child itself started and left behind goes too."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return  # nobody is left, as it should be


async def run(command: Command, hear: Hearer) -> int:
    """Start ``command`` and return its exit code; when cancelled, at whatever moment, stop it first."""
    starting = asyncio.create_task(Child.start(command, hear))
    try:
        child = await asyncio.shield(starting)
        return await child.wait()
    except asyncio.CancelledError:
        # Cancelled while it was being started, it may run already: nobody else would stop it.
        await (await starting).stop()
        raise


def open_log(path: Path) -> IO[bytes]:
    """Append to ``path``; one that has grown past 10 MB is set aside first."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > _LOG_MAX_BYTES:
        path.replace(path.with_suffix(".1"))
    return path.open("ab")


async def _spawn(command: Command, output: IO[bytes]) -> Process:
    return await asyncio.create_subprocess_exec(
        *command.argv,
        stdin=DEVNULL,
        stdout=output,
        stderr=STDOUT,
        env=dict(command.env),
        cwd=command.working_folder,
        start_new_session=True,
    )


async def _listen(name: str, ear: IO[bytes], hear: Hearer) -> None:
    stream = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(stream)
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, ear)
    try:
        await _relay_lines(name, stream, hear)
    finally:
        transport.close()


async def _relay_lines(name: str, stream: asyncio.StreamReader, hear: Hearer) -> None:
    rest = b""
    while chunk := await stream.read(_CHUNK_BYTES):
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > _LINE_MAX_BYTES:  # a child that never ends its line must not fill our memory
            lines, rest = [*lines, rest], b""
        for line in lines:
            hear(name, line.decode(errors="replace").rstrip())
    if rest:
        hear(name, rest.decode(errors="replace").rstrip())
