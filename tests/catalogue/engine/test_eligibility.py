"""Who may order, and where."""

from hypothesis import given
from hypothesis import strategies as st

from maillage.catalogue.engine.eligibility import Audience, Eligibility, Obstacle, Situation, is_open_to, obstacles

MEMBERS_ON_FIBRE = Eligibility(frozenset({Audience.MEMBER}), needs_fibre=True)
eligibilities = st.builds(Eligibility, st.frozensets(st.sampled_from(Audience)), st.booleans(), st.booleans())


def test_a_member_on_the_fibre_is_served():
    assert obstacles(MEMBERS_ON_FIBRE, Situation(Audience.MEMBER, has_fibre=True)) == ()


def test_a_business_is_told_that_it_is_for_members():
    assert obstacles(MEMBERS_ON_FIBRE, Situation(Audience.BUSINESS, has_fibre=True)) == (Obstacle.AUDIENCE,)


def test_what_nobody_knows_yet_is_said_and_forbids_nothing():
    situation = Situation(Audience.MEMBER)
    assert obstacles(MEMBERS_ON_FIBRE, situation) == (Obstacle.FIBRE_UNKNOWN,)
    assert is_open_to(MEMBERS_ON_FIBRE, situation)
    assert not is_open_to(MEMBERS_ON_FIBRE, Situation(Audience.MEMBER, has_fibre=False))


@given(eligibilities, st.sampled_from(Audience), st.booleans(), st.booleans())
def test_better_coverage_never_closes_an_offering(wanted, audience, has_fibre, has_lora):
    if is_open_to(wanted, Situation(audience, has_fibre, has_lora)):
        assert is_open_to(wanted, Situation(audience, has_fibre=True, has_lora=True))
