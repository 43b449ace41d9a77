"""The measurement's end of the load process."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from benchmarks.installation import BenchmarkError, Installation
from maillage.lorawan.simulator.load import LoadPlan, Sent
from maillage.processes.privileges import leashed

_PROJECT = Path(__file__).parent.parent


class Load:
    """Sends on demand. ``begin`` returns at once, ``finish`` with the running totals."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def begin(self, uplinks_per_s: float, duration_s: float) -> None:
        if self._process.stdin is None:
            raise BenchmarkError("the load process has no input")
        self._process.stdin.write(json.dumps({"uplinks_per_s": uplinks_per_s, "duration_s": duration_s}) + "\n")
        self._process.stdin.flush()

    def finish(self) -> Sent:
        """Waits for the end of the step."""
        return msgspec.json.decode(self._line(), type=Sent)

    def wait_until_ready(self) -> None:
        """Keys are derived, sockets are open."""
        self._line()

    def _line(self) -> str:
        line = self._process.stdout.readline() if self._process.stdout is not None else ""
        if not line:
            raise BenchmarkError(f"the load process ended with {self._process.wait()}")
        return line


@contextmanager
def load_process(place: Installation, plan: LoadPlan) -> Iterator[Load]:
    """One process, one thread, for the devices of ``plan``."""
    argv = (sys.executable, "-m", "benchmarks.load_process", place.lorawan_port, plan.devices, plan.copies)
    command = leashed(tuple(map(str, argv)), signal.SIGKILL)
    with subprocess.Popen(command, cwd=_PROJECT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        place.pids["simulator"] = process.pid
        load = Load(process)
        load.wait_until_ready()
        try:
            yield load
        finally:
            process.terminate()
