"""The private cluster: made once, taken back after a crash, never confused with somebody else's."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from tests.fixtures.programs import serving, short_folder, wait_until

from maillage.processes import leftovers
from maillage.processes.postgres import Cluster, clear_leftovers
from maillage.processes.postgres_binaries import Binaries, find_binaries
from maillage.processes.postgres_settings import settings_of
from maillage.processes.privileges import database_identity
from maillage.processes.problems import CannotStart

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def cluster():
    with short_folder() as folder:
        home = folder / "pg"
        cluster = Cluster(home, home / "socket", find_binaries(), database_identity(), durable=False)
        cluster.create()
        yield cluster
        clear_leftovers(cluster.folder)


def running(cluster: Cluster, log: Path):
    return serving(cluster.argv(), log, cluster.is_ready, signal.SIGINT)


def test_it_holds_a_database_with_postgis_and_completing_it_again_changes_nothing(cluster, tmp_path):
    with running(cluster, tmp_path / "log"):
        cluster.complete()
        cluster.complete()
        with psycopg.connect(cluster.conninfo()) as connection:
            assert connection.execute("SELECT postgis_lib_version() IS NOT NULL, current_user").fetchone() == (
                True,
                "maillage",
            )
    assert not cluster.is_ready()


def test_only_its_owner_can_enter(cluster):
    assert cluster.home.stat().st_mode & 0o077 == 0
    assert cluster.socket.stat().st_mode & 0o077 == 0


def test_a_server_whose_supervisor_was_killed_stops_by_itself(cluster, tmp_path):
    source = "import subprocess, sys, time; subprocess.Popen(sys.argv[1:], cwd='/'); time.sleep(60)"
    argv = [sys.executable, "-S", "-c", source, *cluster.argv()]
    with (tmp_path / "log").open("wb") as log, subprocess.Popen(argv, stdout=log, stderr=log) as supervisor:
        wait_until(cluster.is_ready, 20)
        supervisor.kill()
    wait_until(lambda: not leftovers.working_in(cluster.folder, "postgres"), 10)


def test_a_leftover_server_is_stopped_before_the_next_start(cluster, tmp_path):
    with (tmp_path / "log").open("wb") as log:
        left = subprocess.Popen(cluster.argv(), cwd="/", stdout=log, stderr=log)
        wait_until(cluster.is_ready, 20)
        cluster.clear()
        assert left.wait(5) == 0
    assert leftovers.working_in(cluster.folder, "postgres") == ()


def test_the_pid_file_of_a_power_cut_does_not_stop_the_next_start(cluster, tmp_path):
    with (tmp_path / "log").open("wb") as log:
        cut = subprocess.Popen(cluster.argv(), cwd="/", stdout=log, stderr=log)
        wait_until(cluster.is_ready, 20)
        cut.kill()
        cut.wait(5)
    pid_file = cluster.folder / "postmaster.pid"
    assert pid_file.exists()
    # the machine gave the old pid to a process of the same user that has nothing to do with us
    pid_file.write_text(pid_file.read_text().replace(str(cut.pid), str(os.getpid()), 1))
    cluster.clear()
    with running(cluster, tmp_path / "log"):
        assert cluster.is_ready()


def test_an_interrupted_creation_is_begun_again(tmp_path):
    with short_folder() as folder:
        home = folder / "pg"
        cluster = Cluster(home, home / "socket", find_binaries(), database_identity(), durable=False)
        (home / "cluster.draft").mkdir(parents=True)
        (home / "cluster.draft" / "half").write_text("written")
        cluster.create()
        assert (cluster.folder / "PG_VERSION").exists()
        assert not (cluster.folder / "half").exists()


def test_missing_programs_are_named_with_the_command_that_installs_them(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CannotStart, match="apt-get install postgresql-15"):
        find_binaries(tmp_path)


def test_the_newest_version_is_chosen(tmp_path):
    for version in ("9", "15", "17", "common"):
        (tmp_path / version / "bin").mkdir(parents=True)
        (tmp_path / version / "bin" / "initdb").touch()
    assert find_binaries(tmp_path) == Binaries(tmp_path / "17" / "bin")


def test_a_real_cluster_survives_a_power_cut(tmp_path):
    settings = settings_of(tmp_path, durable=True)
    assert settings["synchronous_commit"] == "on"
    assert not {"fsync", "full_page_writes"} & settings.keys()
    assert settings["listen_addresses"] == ""
