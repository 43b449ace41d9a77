"""Where an installation keeps what it creates."""

import stat
import threading

from maillage.config.data_folder import DataFolder, secret_kept_in, write_private


def test_processes_that_race_for_a_secret_get_the_same(tmp_path):
    start = threading.Barrier(8)
    secrets: list[str] = []

    def ask() -> None:
        start.wait()
        secrets.append(secret_kept_in(tmp_path / "secret"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(secrets) == 8
    assert len(set(secrets)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


def test_a_private_file_is_only_its_owners_and_replaces_the_old_one(tmp_path):
    path = tmp_path / "nats.url"
    write_private(path, "old")
    write_private(path, "new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_starting_over_may_delete_only_what_lies_in_our_own_places(tmp_path):
    data = DataFolder(tmp_path)
    assert all(tmp_path in path.parents or path == data.system_postgres_home for path in data.owned_paths())
