"""Everything from one command: started in order, kept alive, stopped in the reverse order, never left behind."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.fixtures.programs import wait_until

from maillage.kernel import clock
from maillage.processes import leftovers
from maillage.processes.child import Command
from maillage.processes.keeper import Patience
from maillage.processes.problems import CannotStart
from maillage.processes.supervisor import Plan, Server, Supervisor, Task

HURRIED = Patience(first_delay_s=0.01, longest_delay_s=0.02, crashes_in_a_row=4, steady_s=30)
SLEEPS = "import time; time.sleep(60)"


class Ear:
    """Hears what a supervisor says."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self.complaints: list[str] = []

    def relay(self, name: str, text: str) -> None:
        self.lines.append((name, text))

    def complain(self, text: str) -> None:
        self.complaints.append(text)


def child(name: str, argv: tuple[str, ...], grace_s: float = 5.0) -> Command:
    return Command(name, argv, {"PATH": os.environ["PATH"]}, grace_s=grace_s)


async def run_until(plan: Plan, ear: Ear, holds) -> None:
    """Run ``plan`` and ask it to stop, as a person would, once ``holds``."""
    running = asyncio.create_task(Supervisor(plan, ear).run())
    end_s = clock.monotonic_s() + 10
    while not holds() and not running.done():
        assert clock.monotonic_s() < end_s
        await asyncio.sleep(0.01)
    if not running.done():
        os.kill(os.getpid(), signal.SIGTERM)
    await running


async def test_a_crashed_child_is_started_again_and_it_is_said(program):
    ear = Ear()
    plan = Plan(processes=[child("radio", program("print('hello'); raise SystemExit(3)"))], patience=HURRIED)
    await run_until(plan, ear, lambda: ear.lines.count(("radio", "hello")) >= 2)
    assert ear.complaints[0] == "radio ended (exit code 3); starting it again in 0.01 s"


async def test_a_child_that_keeps_crashing_is_given_up_and_the_others_are_stopped(program):
    ear = Ear()
    steady = child("steady", program(f"import os; print(os.getpid()); {SLEEPS}"))
    broken = child("broken", program("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"))
    with pytest.raises(CannotStart, match=r"broken ended 4 times in a row \(killed by SIGKILL\); giving up"):
        await Supervisor(Plan(processes=[steady, broken], patience=HURRIED), ear).run()
    [pid] = [int(text) for name, text in ear.lines if name == "steady"]
    assert not leftovers.is_alive(pid)


async def test_children_stop_in_the_reverse_order_with_what_they_started(program):
    ear = Ear()
    source = (
        "import signal, subprocess, sys, time\n"
        "def leave(*_):\n    print('bye'); sys.exit()\n"
        "signal.signal(signal.SIGTERM, leave)\n"
        "print('grandchild', subprocess.Popen(['sleep', '60']).pid)\ntime.sleep(60)"
    )
    plan = Plan(processes=[child(name, program(source)) for name in ("one", "two", "three")])
    await run_until(plan, ear, lambda: len(ear.lines) == 3)
    assert [name for name, text in ear.lines if text == "bye"] == ["three", "two", "one"]
    grandchildren = [int(text.split()[1]) for _, text in ear.lines if text.startswith("grandchild")]
    assert len(grandchildren) == 3
    wait_until(lambda: not any(leftovers.is_alive(pid) for pid in grandchildren), 2)


async def test_a_child_deaf_to_sigterm_is_killed(program):
    ear = Ear()
    deaf = program(f"import os, signal; signal.signal(15, signal.SIG_IGN); print(os.getpid()); {SLEEPS}")
    await run_until(Plan(processes=[child("deaf", deaf, grace_s=0.2)]), ear, lambda: ear.lines)
    assert not leftovers.is_alive(int(ear.lines[0][1]))


async def test_a_line_without_end_does_not_fill_the_memory(program):
    ear = Ear()
    endless = program("import sys\nfor _ in range(300): sys.stdout.write('x' * 1000)\nraise SystemExit(1)")
    await run_until(Plan(processes=[child("endless", endless)], patience=HURRIED), ear, lambda: ear.complaints)
    assert 60_000 < max(len(text) for _, text in ear.lines) < 200_000


async def test_servers_and_tasks_come_before_processes(program, tmp_path):
    ear = Ear()
    order: list[str] = []
    ready = tmp_path / "ready"
    server = Server(
        "Starting",
        child("server", program(f"open({str(ready)!r}, 'w').close(); {SLEEPS}")),
        is_ready=ready.exists,
        before=lambda: order.append("before"),
        complete=lambda: order.append("complete"),
    )
    task = Task("Migrating", child("task", program("print('task')")))
    plan = Plan(
        servers=[server],
        tasks=[task],
        processes=[child("process", program(f"print('process'); {SLEEPS}"))],
        started=lambda: order.append("started"),
    )
    await run_until(plan, ear, lambda: len(ear.lines) == 2)
    assert order == ["before", "complete", "started"]
    assert ear.lines == [("task", "task"), ("process", "process")]


async def test_a_task_that_fails_stops_everything_and_is_named(program):
    plan = Plan(tasks=[Task("Bringing tables up to date", child("migrate", program("raise SystemExit(2)")))])
    with pytest.raises(CannotStart, match=r"Bringing tables up to date failed \(exit code 2\)"):
        await Supervisor(plan, Ear()).run()


async def test_a_server_that_never_answers_is_said_to_be_silent(program):
    server = Server("Starting", child("mute", program(SLEEPS)), lambda: False, ready_within_s=0.2)
    with pytest.raises(CannotStart, match="mute does not answer"):
        await Supervisor(Plan(servers=[server]), Ear()).run()


async def test_a_server_that_dies_shows_the_end_of_its_log(program, tmp_path):
    log = tmp_path / "log" / "server.log"
    argv = program("print('No space left on device'); raise SystemExit(1)")
    command = Command("server", argv, {"PATH": os.environ["PATH"]}, log=log)
    plan = Plan(servers=[Server("Starting", command, lambda: False)], patience=HURRIED)
    with pytest.raises(CannotStart, match="No space left on device"):
        await Supervisor(plan, Ear()).run()


SUPERVISING = """
import asyncio, os, signal, sys
from maillage.processes import console
from maillage.processes.child import Command
from maillage.processes.privileges import leashed
from maillage.processes.supervisor import Plan, Supervisor
source = "import os, signal, time; signal.signal(15, signal.SIG_IGN); print(os.getpid(), flush=True); time.sleep(60)"
argv = leashed((sys.executable, "-S", "-c", source), signal.SIGKILL)
env = dict(os.environ)
asyncio.run(Supervisor(Plan(processes=[Command(n, argv, env) for n in ("one", "two")]), console).run())
"""


@pytest.mark.system
def test_kill_9_of_the_supervisor_leaves_nobody():
    source = Path(leftovers.__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-u", "-c", SUPERVISING],
        env={**os.environ, "PYTHONPATH": str(source)},
        stdout=subprocess.PIPE,
        text=True,
    ) as supervisor:
        assert supervisor.stdout is not None
        pids = [int(supervisor.stdout.readline().rpartition("│")[2]) for _ in range(2)]
        assert all(leftovers.is_alive(pid) for pid in pids)
        supervisor.kill()
    wait_until(lambda: not any(leftovers.is_alive(pid) for pid in pids), 2)
