import pytest

from maillage.kernel.errors import Unavailable
from maillage.lorawan.simulator.flash import Flash


def test_a_restarted_device_never_repeats_a_dev_nonce(tmp_path):
    file, used = tmp_path / "flash.jsonl", []
    for _ in range(3):
        flash = Flash(file)
        used += [flash.next_dev_nonce("a"), flash.next_dev_nonce("a"), flash.next_dev_nonce("b")]
        flash.close()
    assert used == [0, 1, 0, 2, 3, 1, 4, 5, 2]


def test_a_nonce_is_on_disk_before_it_is_used(tmp_path):
    killed = Flash(tmp_path / "flash.jsonl")
    last = killed.next_dev_nonce("a")  # never closed
    after = Flash(tmp_path / "flash.jsonl")
    assert after.next_dev_nonce("a") == last + 1
    killed.close()
    after.close()


def test_a_line_cut_by_a_kill_is_left_out(tmp_path):
    file = tmp_path / "flash.jsonl"
    flash = Flash(file)
    flash.keep("a", {"target_c": 21.0})
    flash.close()
    file.write_bytes(file.read_bytes() + b'{"device":"a","kep')
    again = Flash(file)
    assert again.kept("a") == {"target_c": 21.0}
    assert again.kept("b") is None
    again.close()


def test_the_file_is_private_and_shrinks_at_each_start(tmp_path):
    file = tmp_path / "flash.jsonl"
    flash = Flash(file)
    for _ in range(100):
        flash.next_dev_nonce("a")
    flash.close()
    Flash(file).close()
    assert file.read_bytes().count(b"\n") == 1
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_device_that_joined_65536_times_can_join_no_more(tmp_path):
    file = tmp_path / "flash.jsonl"
    file.write_text('{"device":"a","nonce":65535}\n')
    flash = Flash(file)
    with pytest.raises(Unavailable):
        flash.next_dev_nonce("a")
    flash.close()
