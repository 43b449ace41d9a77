"""One child process."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from maillage.processes import leftovers
from maillage.processes.child import Command, run

SLEEPS = "import os, time; print(os.getpid()); time.sleep(60)"


@pytest.mark.parametrize("turns", [0, 1, 2, 3, 4, 8, 16, 64])
async def test_cancelled_at_any_moment_of_its_start_it_is_stopped(program, turns, tmp_path):
    marker = f"marker-{tmp_path}"
    running = asyncio.create_task(
        run(Command("child", (*program(SLEEPS), marker), dict(os.environ)), lambda _name, _line: None)
    )
    for _ in range(turns):
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert leftovers.started_with(marker, Path(sys.executable).name) == ()


async def test_words_longer_than_its_life_are_heard(program):
    heard: list[str] = []
    code = await run(
        Command("child", program("print('one'); print('two', end='')"), dict(os.environ)),
        lambda _name, line: heard.append(line),
    )
    assert (code, heard) == (0, ["one", "two"])
