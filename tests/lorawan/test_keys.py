"""Keys at rest."""

import pytest

from maillage.kernel.errors import Conflict, Invalid
from maillage.lorawan.keys import WRAPPED_KEY_BYTES, KeyRing, Purpose, kek_id

OLD, NEW = b"o" * 32, b"n" * 32
KEY = bytes(range(16))
EUI, OTHER = "70b3d52dd3000001", "70b3d52dd3000002"


def test_a_key_is_read_back_and_does_not_show_in_what_is_stored():
    ring = KeyRing([OLD])
    wrapped = ring.wrap(KEY, EUI, Purpose.APP_KEY)
    assert ring.unwrap(wrapped, EUI, Purpose.APP_KEY) == KEY
    assert KEY not in wrapped
    assert len(wrapped) == WRAPPED_KEY_BYTES


def test_the_same_key_is_never_stored_twice_the_same():
    ring = KeyRing([OLD])
    assert ring.wrap(KEY, EUI, Purpose.APP_KEY) != ring.wrap(KEY, EUI, Purpose.APP_KEY)


@pytest.mark.parametrize(("eui", "purpose"), [(OTHER, Purpose.APP_KEY), (EUI, Purpose.NWK_S_KEY)])
def test_a_key_moved_to_another_row_or_column_does_not_open(eui, purpose):
    ring = KeyRing([OLD])
    with pytest.raises(Conflict, match=r"lorawan\.key_damaged"):
        ring.unwrap(ring.wrap(KEY, EUI, Purpose.APP_KEY), eui, purpose)


@pytest.mark.parametrize("place", [0, 6, 20, WRAPPED_KEY_BYTES - 1])
def test_a_damaged_key_does_not_open(place):
    ring = KeyRing([OLD])
    wrapped = bytearray(ring.wrap(KEY, EUI, Purpose.APP_KEY))
    wrapped[place] ^= 1
    with pytest.raises(Conflict, match=r"lorawan\.key_damaged"):
        ring.unwrap(bytes(wrapped), EUI, Purpose.APP_KEY)


@pytest.mark.parametrize("stored", [b"", KEY, bytes(WRAPPED_KEY_BYTES)])
def test_what_was_never_wrapped_does_not_open(stored):
    with pytest.raises(Conflict, match=r"lorawan\.key_damaged"):
        KeyRing([OLD]).unwrap(stored, EUI, Purpose.APP_KEY)


def test_a_new_kek_wraps_while_the_old_one_still_opens():
    before = KeyRing([OLD]).wrap(KEY, EUI, Purpose.APP_KEY)
    both = KeyRing([NEW, OLD])
    assert both.unwrap(before, EUI, Purpose.APP_KEY) == KEY
    assert not both.is_current(before)
    after = both.wrap(KEY, EUI, Purpose.APP_KEY)
    assert both.is_current(after)
    assert kek_id(after) == both.current_id == KeyRing([NEW]).current_id


def test_a_missing_kek_is_named():
    wrapped = KeyRing([OLD]).wrap(KEY, EUI, Purpose.APP_KEY)
    with pytest.raises(Conflict) as refused:
        KeyRing([NEW]).unwrap(wrapped, EUI, Purpose.APP_KEY)
    assert (refused.value.code, refused.value.facts["kek"]) == ("lorawan.kek_unknown", KeyRing([OLD]).current_id)


@pytest.mark.parametrize("keks", [[], [b"short"], [OLD, b""]])
def test_a_kek_has_256_bits(keks):
    with pytest.raises(Invalid):
        KeyRing(keks)
