from hypothesis import given
from hypothesis import strategies as st

from maillage.lorawan.adr.history import EMPTY, KEPT_UPLINKS, is_full, lost_share, max_snr_db, remembered


def history(*uplinks):
    kept = EMPTY
    for f_cnt, snr_db in uplinks:
        kept = remembered(kept, f_cnt, snr_db)
    return kept


def test_the_best_of_the_last_twenty_counts():
    kept = history((0, 9.0), *((number, -5.25) for number in range(1, 21)))
    assert is_full(kept)
    assert max_snr_db(kept) == -5.25


def test_less_than_twenty_is_not_full():
    assert not is_full(history(*((number, 0.0) for number in range(19))))


def test_loss_is_what_is_missing_between_the_first_and_the_last():
    assert lost_share(history((7, 0.0))) == 0.0
    assert lost_share(history((0, 0.0), (1, 0.0), (3, 0.0))) == 0.25


def test_an_absurd_level_is_bounded():
    assert max_snr_db(history((0, 500.0))) == 31.75
    assert max_snr_db(history((0, -500.0))) == -32.0


@given(st.lists(st.floats(-32, 31.75), min_size=1, max_size=60))
def test_levels_come_back_to_an_eighth_of_a_decibel_and_memory_is_bounded(levels):
    kept = history(*enumerate(levels))
    assert abs(max_snr_db(kept) - max(levels[-KEPT_UPLINKS:])) <= 0.125
    assert len(kept) <= 5 * KEPT_UPLINKS
    assert lost_share(kept) == 0.0
