"""The ``maillage`` command."""

import sys
import types

import click
import pytest
from click.testing import CliRunner

from maillage import cli
from maillage.processes.children import PROCESSES, Process
from maillage.processes.lock import only_one


@pytest.fixture
def maillage(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("MAILLAGE_DATA", str(tmp_path))

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["maillage", *arguments])
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = int(end.code or 0)
        return code, capsys.readouterr().err

    return run


def test_a_second_up_is_refused_in_one_sentence(maillage, tmp_path):
    with only_one(tmp_path / "maillage.lock"):
        code, said = maillage("up")
    assert code == 1
    assert said.startswith("Maillage already runs on")
    assert "Traceback" not in said


def test_a_bad_variable_is_named_in_one_sentence(maillage, monkeypatch):
    monkeypatch.setenv("MAILLAGE_LORAWAN_PORT", "lots")
    assert maillage("up") == (1, "MAILLAGE_LORAWAN_PORT is 'lots'; it must be a port, 1 to 65535.\n")


def test_a_process_that_does_not_exist_is_refused_with_those_that_do(maillage):
    code, said = maillage("run", "teleporter")
    assert code == 2
    assert all(process.name in said for process in PROCESSES)


def test_a_process_of_its_own_is_a_command_and_gets_its_arguments(monkeypatch):
    given: list[tuple[str, ...]] = []
    module = types.ModuleType("maillage_trial_process")
    module.main = given.append
    monkeypatch.setitem(sys.modules, module.__name__, module)
    group = click.Group()
    trial = Process("trial", module.__name__, "the trial", takes_arguments=True, uses_django=False, own_command=True)
    cli.add_own_commands(group, [trial, *PROCESSES])
    result = CliRunner().invoke(group, ["trial", "--devices", "3"])
    assert (result.exit_code, given) == (0, [("--devices", "3")])
    assert "web" not in group.commands
