"""What an installation may choose from outside."""

import dataclasses
import os
import stat
from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from maillage.config import environment
from maillage.config.database import django_connection
from maillage.kernel.errors import Invalid, Unavailable


def read(folder: Path, **variables: str) -> environment.Environment:
    return environment.read({"MAILLAGE_DATA": str(folder), **variables})


class Recorder(dict[str, str]):
    """A mapping that remembers what it was asked."""

    def __init__(self, folder: Path) -> None:
        super().__init__(MAILLAGE_DATA=str(folder))
        self.asked: set[str] = set()

    def get(self, key: str, default: str = "") -> str:
        self.asked.add(key)
        return super().get(key, default)

    def __getitem__(self, key: str) -> str:
        self.asked.add(key)
        return super().__getitem__(key)


def test_every_variable_that_is_read_is_documented(tmp_path):
    recorder = Recorder(tmp_path)
    environment.read(recorder)
    documented = {line.split()[0] for line in environment.__doc__.splitlines() if line.startswith("MAILLAGE_")}
    assert recorder.asked == documented


def test_without_any_choice_everything_is_private_and_local():
    env = read(Path("/srv/maillage"), MAILLAGE_SECRET_KEY="given")
    assert (env.embedded_database, env.embedded_nats, env.debug) == (True, True, False)
    assert env.lorawan_port == 1700
    assert (env.station_port, env.station_plain) == (3001, False)
    assert env.allowed_hosts == ("localhost", "127.0.0.1", "[::1]")
    assert conninfo_to_dict(env.database_conninfo) == {
        "host": "/srv/maillage/postgresql/socket",
        "port": "5432",
        "user": "maillage",
        "dbname": "maillage",
    }


def test_the_environment_cannot_be_changed(tmp_path):
    with pytest.raises(dataclasses.FrozenInstanceError):
        read(tmp_path).debug = True


def test_the_secret_key_is_made_once_and_only_its_owner_reads_it(tmp_path):
    first = read(tmp_path).secret_key
    assert len(first) >= 50
    assert read(tmp_path).secret_key == first
    assert stat.S_IMODE((tmp_path / "secret.key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret.key"]


def test_two_installations_have_different_secrets(tmp_path):
    assert read(tmp_path / "a").secret_key != read(tmp_path / "b").secret_key


def test_a_given_secret_key_writes_nothing(tmp_path):
    assert read(tmp_path / "new", MAILLAGE_SECRET_KEY="given").secret_key == "given"
    assert not (tmp_path / "new").exists()


def test_a_given_database_and_nats_are_not_ours_to_start(tmp_path):
    env = read(tmp_path, MAILLAGE_DATABASE="postgresql://u:p@db/m", MAILLAGE_NATS_URL="nats://t@bus:4222")
    assert (env.embedded_database, env.embedded_nats) == (False, False)
    assert env.database_conninfo == "postgresql://u:p@db/m"
    assert env.nats_url == "nats://t@bus:4222"


@pytest.mark.parametrize("port", ["0", "65536", "-1", "mille", "17e2", "१७"])
def test_a_port_that_is_none_is_refused_by_name(tmp_path, port):
    with pytest.raises(Invalid) as refusal:
        read(tmp_path, MAILLAGE_LORAWAN_PORT=port)
    assert refusal.value.facts["variable"] == "MAILLAGE_LORAWAN_PORT"


def test_the_first_of_three_station_ports_leaves_room_for_the_others(tmp_path):
    assert read(tmp_path, MAILLAGE_STATION_PORT="65533").station_port == 65533
    with pytest.raises(Invalid, match="MAILLAGE_STATION_PORT"):
        read(tmp_path, MAILLAGE_STATION_PORT="65534")


def test_a_debug_switch_that_is_neither_on_nor_off_is_refused(tmp_path):
    with pytest.raises(Invalid, match="MAILLAGE_DEBUG"):
        read(tmp_path, MAILLAGE_DEBUG="maybe")


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unavailable) as refusal:
        read(tmp_path / "file" / "data")
    assert refusal.value.facts["folder"] == str(tmp_path / "file" / "data")


def test_a_long_path_gets_a_short_socket(tmp_path):
    env = read(tmp_path / ("x" * 90))
    host = str(conninfo_to_dict(env.database_conninfo)["host"])
    assert len(host) < 60
    assert env.data.digest in host


def test_a_path_with_a_quote_survives_the_conninfo():
    env = read(Path("/srv/l'école"), MAILLAGE_SECRET_KEY="given")
    assert conninfo_to_dict(env.database_conninfo)["host"] == "/srv/l'école/postgresql/socket"


def test_django_gets_every_part_of_an_address():
    assert django_connection("postgresql://u:p@db:5433/m?sslmode=require") == {
        "NAME": "m",
        "USER": "u",
        "PASSWORD": "p",
        "HOST": "db",
        "PORT": "5433",
        "OPTIONS": {"sslmode": "require"},
    }


def test_children_get_the_full_path_of_the_data_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    variables = environment.for_children(environment.read({"MAILLAGE_DATA": "here"}))
    assert variables["MAILLAGE_DATA"] == str(tmp_path / "here")
    assert variables["PATH"] == os.environ["PATH"]


def test_the_lorawan_region_is_europe_unless_another_is_chosen(tmp_path):
    assert read(tmp_path).lorawan_region.name == "EU863-870"
    assert read(tmp_path, MAILLAGE_REGION=" us915/2 ").lorawan_region.name == "US902-928"


def test_a_region_that_is_none_is_refused_by_name(tmp_path):
    with pytest.raises(Invalid, match="EU868, IN865, US915") as refusal:
        read(tmp_path, MAILLAGE_REGION="FR868")
    assert refusal.value.facts["variable"] == "MAILLAGE_REGION"


def test_the_key_encryption_key_is_made_once_and_only_its_owner_reads_it(tmp_path):
    keys = read(tmp_path).key_encryption_keys
    assert [len(key) for key in keys] == [32]
    assert read(tmp_path).key_encryption_keys == keys
    assert stat.S_IMODE((tmp_path / "kek").stat().st_mode) == 0o600


def test_given_key_encryption_keys_are_used_in_their_order_and_none_is_made(tmp_path):
    env = read(tmp_path, MAILLAGE_KEK=f"{'0a' * 32}, {'0B' * 32}")
    assert env.key_encryption_keys == (b"\n" * 32, b"\x0b" * 32)
    assert not (tmp_path / "kek").exists()
    assert "0a0a" not in repr(env)


@pytest.mark.parametrize("kek", ["short", "zz" * 32, "0a" * 31])
def test_a_key_encryption_key_that_is_none_is_refused_without_being_told(tmp_path, kek):
    with pytest.raises(Invalid, match="MAILLAGE_KEK") as refused:
        read(tmp_path, MAILLAGE_KEK=kek)
    assert kek not in str(refused.value)
