"""Processes of ours that outlived their supervisor (kill -9, a crash), found in ``/proc``."""

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

from maillage.kernel import clock

_PROC = Path("/proc")
_POLL_S = 0.05


def working_in(folder: Path, program: str) -> tuple[int, ...]:
    """Pids of the processes called ``program`` whose working directory is ``folder``.

    A postmaster and all its backends work in their cluster's folder, so that this names one cluster's
    processes and nobody else's, whatever a stale pid file says.
    """
    wanted = str(folder.resolve())
    return tuple(pid for pid in _pids() if _works_in(pid, wanted) and _name(pid) == program)


def started_with(argument: str, program: str) -> tuple[int, ...]:
    """Pids of the processes called ``program`` that were given exactly ``argument``."""
    wanted = os.fsencode(argument)
    return tuple(pid for pid in _pids() if _name(pid) == program and wanted in _arguments(pid))


def stop_all(pids: Sequence[int], signals: Sequence[signal.Signals], grace_s: float) -> tuple[int, ...]:
    """Send each of ``signals`` in turn, ``grace_s`` apart, until all ``pids`` are gone; return those left."""
    left = tuple(pids)
    for number in signals:
        for pid in left:
            _send(pid, number)
        left = _wait_gone(left, grace_s)
        if not left:
            break
    return left


def is_alive(pid: int) -> bool:
    """Whether ``pid`` still runs; one that only waits to be reaped does not."""
    try:
        state = (_PROC / str(pid) / "stat").read_text(encoding="ascii", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state.rpartition(")")[2].split()[0] not in {"Z", "X"}


def _wait_gone(pids: tuple[int, ...], within_s: float) -> tuple[int, ...]:
    end_s = clock.monotonic_s() + within_s
    while left := tuple(pid for pid in pids if is_alive(pid)):
        if clock.monotonic_s() > end_s:
            return left
        time.sleep(_POLL_S)
    return ()


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return  # it ended by itself meanwhile


def _pids() -> list[int]:
    return [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]


def _works_in(pid: int, folder: str) -> bool:
    try:
        return str((_PROC / str(pid) / "cwd").readlink()) == folder
    except OSError:
        return False  # it ended, or belongs to somebody else


def _name(pid: int) -> str:
    try:
        return (_PROC / str(pid) / "comm").read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _arguments(pid: int) -> list[bytes]:
    try:
        return (_PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return []
