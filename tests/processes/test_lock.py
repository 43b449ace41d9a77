"""One supervisor a data folder."""

import os
import subprocess
import sys

import pytest

from maillage.processes.lock import holder_of, only_one
from maillage.processes.problems import CannotStart


def test_a_second_supervisor_is_refused_and_told_the_pid_of_the_first(tmp_path):
    path = tmp_path / "maillage.lock"
    with only_one(path):
        assert holder_of(path) == os.getpid()
        with pytest.raises(CannotStart, match=rf"already runs on .*pid {os.getpid()}"), only_one(path):
            pytest.fail("two supervisors on one folder")
    assert holder_of(path) is None


def test_the_lock_of_a_killed_supervisor_is_free_again(tmp_path):
    path = tmp_path / "maillage.lock"
    source = (
        "import sys, time; from pathlib import Path; from maillage.processes.lock import only_one\n"
        f"with only_one(Path({str(path)!r})):\n    print('held', flush=True); time.sleep(60)"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, "-c", source], env=env, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert holder_of(path) == holder.pid
        holder.kill()
    with only_one(path):
        assert holder_of(path) == os.getpid()


def test_nobody_holds_a_lock_that_was_never_taken(tmp_path):
    assert holder_of(tmp_path / "maillage.lock") is None
