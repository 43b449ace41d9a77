"""Whatever becomes of a group, a device or a campaign has its words, in both languages."""

import pytest
from django.utils import translation

from maillage.lorawan.fuota.values import CampaignState, ReceiverStep
from maillage.lorawan.multicast import labels
from maillage.lorawan.multicast.values import Cause, MemberStep

TABLES = ["ACTIONS", "FACTS", "SENTENCES", "CAUSES"]


def test_every_cause_and_step_has_its_words():
    assert set(labels.CAUSES) == {cause.value for cause in Cause}
    assert set(labels.MEMBER_STEPS) == {step.value for step in MemberStep}
    assert set(labels.RECEIVER_STEPS) == {step.value for step in ReceiverStep}
    assert set(labels.CAMPAIGN_STATES) == {state.value for state in CampaignState}


@pytest.mark.parametrize("table", TABLES)
def test_every_word_has_its_english(table):
    words = getattr(labels, table)
    with translation.override("en"):
        english = {code: str(text) for code, text in words.items()}
    with translation.override("fr"):
        assert not [code for code, text in words.items() if str(text) == english[code]]
