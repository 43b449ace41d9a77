"""The plan of one installation, and starting over."""

import importlib
import json
import os
import subprocess
import sys

import pytest

from maillage.config import environment
from maillage.config.data_folder import DataFolder
from maillage.processes import leftovers
from maillage.processes.children import DEMO_STEPS, PROCESSES, STEPS, chosen_processes
from maillage.processes.installation import Site, plan_of, start_over


@pytest.fixture
def env(tmp_path):
    """An installation whose servers somebody else runs."""
    return environment.read(
        {
            "MAILLAGE_DATA": str(tmp_path),
            "MAILLAGE_DATABASE": "postgresql://db/maillage",
            "MAILLAGE_NATS_URL": "nats://bus",
        }
    )


def test_every_process_that_is_listed_can_be_run():
    assert all(callable(importlib.import_module(process.module).main) for process in PROCESSES)
    assert len({process.name for process in PROCESSES}) == len(PROCESSES)


def test_servers_that_somebody_else_runs_are_not_started(env):
    plan = plan_of(env, {}, Site("127.0.0.1", 8000), demo=False)
    assert [server.command.name for server in plan.servers] == ["mqtt"], "the customers' broker is always ours"
    assert [task.command.name for task in plan.tasks] == [step.command[0] for step in STEPS]
    assert len(plan.processes) == len([one for one in PROCESSES if not (one.only_in_demo or one.sharded)])


def test_the_demonstration_loads_its_data_and_runs_everything(env):
    plan = plan_of(env, {}, Site("127.0.0.1", 8000), demo=True)
    assert len(plan.tasks) == len(STEPS) + len(DEMO_STEPS)
    assert len(plan.processes) == len([one for one in PROCESSES if not one.sharded])


def test_a_network_of_four_shards_has_one_process_for_gateways_and_four_for_sessions():
    names = [name for name, _ in chosen_processes(demo=False, shards=4)]
    servers = [f"lorawan-server-{number}" for number in (1, 2, 3, 4)]
    assert [name for name in names if name.startswith("lorawan")] == ["lorawan-gateways", *servers]


def test_the_welcome_says_the_address_and_the_log_ins(env, capsys):
    logins = [{"role": "maire", "login": "claire", "password": "un mot de passe"}]
    env.data.demo_logins.write_text(json.dumps(logins))
    plan = plan_of(env, {}, Site("0.0.0.0", 8003), demo=True)  # noqa: S104
    assert plan.started is not None
    plan.started()
    said = capsys.readouterr().out
    assert "http://127.0.0.1:8003/" in said
    assert all(word in said for word in ("maire", "claire", "un mot de passe"))


def test_an_ipv6_address_is_written_as_browsers_want_it():
    assert Site("::1", 8000).address == "http://[::1]:8000/"


def test_starting_over_deletes_what_is_ours_and_nothing_else(tmp_path):
    data = DataFolder(tmp_path)
    (data.own_postgres_home / "cluster").mkdir(parents=True)
    data.nats_store.mkdir()
    data.secret_key.write_text("secret")
    (tmp_path / "letters.odt").write_text("somebody's")
    start_over(data)
    assert [path.name for path in tmp_path.iterdir()] == ["letters.odt"]


def test_starting_over_stops_the_supervisor_that_runs(tmp_path):
    data = DataFolder(tmp_path)
    source = (
        "import time; from pathlib import Path; from maillage.processes.lock import only_one\n"
        f"with only_one(Path({str(data.lock)!r})):\n    print('held', flush=True); time.sleep(60)"
    )
    path = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, "-c", source], env=path, stdout=subprocess.PIPE) as supervisor:
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline() == b"held\n"
        start_over(data)
        assert not leftovers.is_alive(supervisor.pid)
