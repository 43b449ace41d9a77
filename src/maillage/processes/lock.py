"""One supervisor a data folder."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from maillage.processes.problems import CannotStart


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold the lock file ``path``. The kernel drops it with the process, however the process ends.

    Raises ``CannotStart`` naming the pid of the one that holds it.
    """
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            pid = file.read().strip() or "unknown"
            raise CannotStart(
                "already-running",
                f"Maillage already runs on {path.parent} (pid {pid}). Stop it first (Ctrl-C in its terminal, "
                f"or `kill {pid}`), or choose another folder with MAILLAGE_DATA.",
                pid=pid,
            ) from error
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def holder_of(path: Path) -> int | None:
    """The pid that holds the lock file ``path``, or ``None`` when it is free."""
    try:
        with path.open("r+") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return int(path.read_text(encoding="ascii"))
    return None
