"""Everything on one machine from one command: servers, then steps, then processes; stopped in the reverse order."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from maillage.kernel import clock
from maillage.processes import console
from maillage.processes.child import Command, run
from maillage.processes.keeper import Keeper, Patience, Voice, meaning
from maillage.processes.problems import CannotStart

_POLL_S = 0.05
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class Server:
    """A child that others need. ``complete`` runs once it answers; ``before`` ahead of each of its starts."""

    summary: str
    command: Command
    is_ready: Callable[[], bool]
    before: Callable[[], None] | None = None
    complete: Callable[[], None] | None = None
    ready_within_s: float = 300.0  # a database that recovers from a power cut takes its time


@dataclass(frozen=True, slots=True)
class Task:
    """A child that must end well before the next thing starts."""

    summary: str
    command: Command


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run, in order; ``started`` is called once every process has been started."""

    servers: Sequence[Server] = ()
    tasks: Sequence[Task] = ()
    processes: Sequence[Command | Server] = ()
    started: Callable[[], None] | None = None
    patience: Patience = field(default_factory=Patience)


class Supervisor:
    """Runs a ``Plan`` until SIGINT, SIGTERM or SIGHUP, or until a child is given up."""

    def __init__(self, plan: Plan, voice: Voice) -> None:
        self._plan = plan
        self._voice = voice
        self._keepers: list[Keeper] = []
        self._running: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Returns after a stop that was asked for. Raises ``CannotStart`` after one that was not."""
        body = asyncio.create_task(self._body())
        loop = asyncio.get_running_loop()
        for number in _SIGNALS:
            loop.add_signal_handler(number, body.cancel)
        try:
            await asyncio.wait([body])
        finally:
            for number in _SIGNALS:  # from here on we are stopping already
                loop.add_signal_handler(number, console.say, "Stopping already, please wait.")
            await self._stop()
        if not body.cancelled():
            body.result()

    async def _body(self) -> None:
        for server in self._plan.servers:
            await self._start_server(server)
        for task in self._plan.tasks:
            await self._run_task(task)
        for process in self._plan.processes:
            if isinstance(process, Server):
                await self._start_server(process)
            else:
                self._keep(process, None)
        if self._plan.started is not None:
            self._plan.started()
        await self._until_one_is_given_up()

    def _keep(self, command: Command, before: Callable[[], None] | None) -> None:
        keeper = Keeper(command, self._voice, self._plan.patience, before)
        self._keepers.append(keeper)
        self._running[command.name] = keeper.start()

    async def _start_server(self, server: Server) -> None:
        with console.working(server.summary):
            self._keep(server.command, server.before)
            end_s = clock.monotonic_s() + server.ready_within_s
            while not server.is_ready():
                self._raise_if_given_up()
                if clock.monotonic_s() > end_s:
                    sentence = f"{server.command.name} does not answer after {server.ready_within_s:.0f} s."
                    raise CannotStart("server-silent", sentence, name=server.command.name)
                await asyncio.sleep(_POLL_S)
            if server.complete is not None:
                await asyncio.to_thread(server.complete)

    async def _run_task(self, task: Task) -> None:
        with console.working(task.summary):
            code = await run(task.command, self._voice.relay)
        if code != 0:
            sentence = f"{task.summary} failed ({meaning(code)}); its own words are above."
            raise CannotStart("task-failed", sentence, name=task.command.name)

    async def _until_one_is_given_up(self) -> None:
        if self._running:
            await asyncio.wait(self._running.values(), return_when=asyncio.FIRST_COMPLETED)
        self._raise_if_given_up()

    def _raise_if_given_up(self) -> None:
        for task in self._running.values():
            if task.done():
                task.result()

    async def _stop(self) -> None:
        if self._keepers:
            console.say("Stopping…")
        for keeper in reversed(self._keepers):
            with console.working(f"Stopping {keeper.command.name}"):
                await keeper.stop()
