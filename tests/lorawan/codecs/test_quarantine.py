import pytest

from maillage.lorawan.codecs.quarantine import Quarantine


def test_three_excesses_within_a_minute_mean_five_minutes():
    quarantine = Quarantine()
    for second in (0, 10, 20):
        assert quarantine.remaining_s("m", second) == 0
        quarantine.note("m", "time_limit", second)
    assert quarantine.remaining_s("m", 20) == 300
    assert quarantine.remaining_s("m", 320) == 0


def test_excesses_far_apart_are_forgiven():
    quarantine = Quarantine()
    for second in (0, 61, 122, 183):
        quarantine.note("m", "memory_limit", second)
    assert quarantine.remaining_s("m", 183) == 0


def test_two_kills_are_enough():
    quarantine = Quarantine()
    quarantine.note("m", "killed", 0)
    assert quarantine.remaining_s("m", 0) == 0
    quarantine.note("m", "killed", 1)
    assert quarantine.remaining_s("m", 1) == 300


@pytest.mark.parametrize("code", ["threw", "refused", "bad_result", "quarantined"])
def test_what_costs_the_others_nothing_is_no_strike(code):
    quarantine = Quarantine()
    for second in range(20):
        quarantine.note("m", code, second)
    assert quarantine.remaining_s("m", 20) == 0


def test_a_model_does_not_pay_for_another():
    quarantine = Quarantine()
    for _ in range(3):
        quarantine.note("bad", "stack_limit", 0)
    assert quarantine.remaining_s("bad", 0) > 0
    assert quarantine.remaining_s("good", 0) == 0
