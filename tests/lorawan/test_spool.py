"""The spool: bounded, in order, and whole after a crash."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.lorawan.spool import Spool


def everything(spool):
    found = []
    while records := spool.take():
        found += records
        spool.discard()
    return found


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "spool"


def test_what_waits_comes_back_in_order(folder):
    spool = Spool(folder, segment_bytes=64)
    records = [str(number).encode() * 5 for number in range(50)]
    for record in records:
        spool.append(record)

    assert everything(spool) == records
    assert spool.is_empty
    assert not list(folder.iterdir())


def test_a_fresh_process_finds_what_the_killed_one_left(folder):
    killed = Spool(folder)
    killed.append(b"heard")

    assert everything(Spool(folder)) == [b"heard"]
    killed.close()


def test_what_was_taken_and_not_discarded_comes_again(folder):
    spool = Spool(folder)
    spool.append(b"heard")
    assert spool.take() == [b"heard"]

    assert spool.take() == [b"heard"]


def test_appending_after_taking_loses_nothing(folder):
    spool = Spool(folder)
    spool.append(b"one")
    spool.take()
    spool.append(b"two")
    spool.discard()

    assert everything(spool) == [b"two"]


def test_the_oldest_goes_first_when_there_is_too_much_and_is_counted(folder):
    spool = Spool(folder, segment_bytes=1, segments=3)
    for number in range(10):
        spool.append(bytes([number]))

    assert spool.dropped == 7
    assert everything(spool) == [b"\x07", b"\x08", b"\x09"]


def test_a_record_cut_off_by_a_crash_is_left_out(folder):
    spool = Spool(folder)
    spool.append(b"whole")
    spool.append(b"cut off")
    spool.close()
    (path,) = folder.iterdir()
    path.write_bytes(path.read_bytes()[:-3])

    assert everything(Spool(folder)) == [b"whole"]


def test_a_disk_that_cannot_be_written_drops_and_counts(tmp_path):
    (tmp_path / "file").touch()
    spool = Spool(tmp_path / "file" / "spool")
    spool.append(b"lost")

    assert spool.dropped == 1
    assert spool.take() == []


def test_a_segment_that_cannot_be_made_loses_what_comes_and_keeps_what_was_there(folder):
    spool = Spool(folder, segment_bytes=20)
    spool.append(b"before the disk was full")
    (folder / "000000000001.spool").symlink_to("/dev/full")
    spool.append(b"lost")
    (folder / "000000000001.spool").unlink()
    spool.append(b"after")

    assert spool.dropped == 1
    assert everything(spool) == [b"before the disk was full", b"after"]


@given(records=st.lists(st.binary(max_size=30), max_size=40), segment_bytes=st.integers(1, 200))
def test_whatever_is_appended_is_taken_once(tmp_path_factory, records, segment_bytes):
    spool = Spool(tmp_path_factory.mktemp("spool"), segment_bytes)
    for record in records:
        spool.append(record)

    assert everything(spool) == records
