"""Setting a machine up: done once, resumed after a failure, clear about what it lacks."""

import os

import pytest

from tools import bootstrap


@pytest.fixture
def project(tmp_path, monkeypatch):
    for name, folder in (("PROJECT", tmp_path), ("STAMPS", tmp_path / "stamps"), ("LOGS", tmp_path / "logs")):
        folder.mkdir(exist_ok=True)
        monkeypatch.setattr(bootstrap, name, folder)
    return tmp_path


def test_a_step_is_done_until_one_of_its_inputs_changes(project):
    lock = project / "requirements.lock"
    lock.write_text("a==1")
    assert not bootstrap.is_done("requirements", bootstrap.digest([lock]))
    bootstrap.mark_done("requirements", bootstrap.digest([lock]))
    assert bootstrap.is_done("requirements", bootstrap.digest([lock]))
    lock.write_text("a==2")
    assert not bootstrap.is_done("requirements", bootstrap.digest([lock]))


def test_a_command_that_fails_is_named_with_its_last_words(project):
    with pytest.raises(bootstrap.Failed, match=r"trial failed \(exit code 4\)(.|\n)*no route to host"):
        bootstrap.run("trial", ["sh", "-c", "echo no route to host >&2; exit 4"])


def test_a_command_that_lasts_shows_its_last_line(project, monkeypatch, capsys):
    monkeypatch.setattr(bootstrap, "TICK_S", 0.05)
    bootstrap.run("trial", ["sh", "-c", "echo fetching; sleep 0.3"])
    assert "trial 0 s  fetching" in capsys.readouterr().out


def test_without_root_and_sudo_the_person_is_told_what_to_run(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(bootstrap, "found", lambda *_: False)
    with pytest.raises(bootstrap.Failed, match="apt-get install -y --no-install-recommends gettext"):
        bootstrap.as_root("msgfmt", ["gettext"])


def test_an_ordinary_user_with_sudo_uses_it(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(bootstrap, "found", lambda program: program == "sudo")
    assert bootstrap.as_root("msgfmt", ["gettext"]) == ["sudo"]


def test_no_cluster_is_made_by_the_installation_and_the_habit_comes_back(tmp_path, monkeypatch):
    setting = tmp_path / "postgresql-common" / "createcluster.d" / "maillage.conf"
    monkeypatch.setattr(bootstrap, "NO_MAIN_CLUSTER", setting)
    monkeypatch.setattr(bootstrap, "found", lambda *_: False)
    seen = []
    bootstrap.with_no_main_cluster([], lambda: seen.append(setting.read_text()))
    assert seen == ["create_main_cluster = false\n"]
    assert list(tmp_path.iterdir()) == []


def test_a_machine_with_postgresql_keeps_its_settings(tmp_path, monkeypatch):
    setting = tmp_path / "createcluster.d" / "maillage.conf"
    monkeypatch.setattr(bootstrap, "NO_MAIN_CLUSTER", setting)
    monkeypatch.setattr(bootstrap, "found", lambda program: program == "pg_createcluster")
    bootstrap.with_no_main_cluster([], lambda: None)
    assert not setting.parent.exists()


def test_changed_translations_are_compiled_and_unchanged_ones_left_alone(project):
    po = project / "src/maillage/web/locale/en/LC_MESSAGES/django.po"
    po.parent.mkdir(parents=True)
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
    po.write_text(header + 'msgid "École"\nmsgstr "School"\n')
    bootstrap.compile_translations()
    mo = po.with_suffix(".mo")
    assert b"School" in mo.read_bytes()
    mo.write_bytes(b"left alone")
    bootstrap.compile_translations()
    assert mo.read_bytes() == b"left alone"
