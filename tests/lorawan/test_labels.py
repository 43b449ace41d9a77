"""Everything the network server may refuse or fail at has its words."""

import pytest
from django.utils import translation

from maillage.lorawan import labels
from maillage.lorawan.gateways.semtech_udp.values import TxStatus
from maillage.lorawan.protocol.types import MType
from maillage.lorawan.queries import Hearing
from maillage.lorawan.server.downlinks import FailureCause
from maillage.lorawan.server.joins import Mismatch
from maillage.lorawan.server.refusals import Cause
from maillage.telemetry.engine.intake import ABSURD_TIME, NOT_A_NUMBER, UNKNOWN_DEVICE, UNKNOWN_QUANTITY

NOT_STORED = {UNKNOWN_DEVICE, UNKNOWN_QUANTITY, NOT_A_NUMBER, ABSURD_TIME}


@pytest.mark.parametrize("cause", [*Cause, *sorted(NOT_STORED)])
def test_every_refusal_has_a_name_and_a_remedy(cause):
    assert str(labels.REFUSALS[cause])
    assert str(labels.REFUSAL_REMEDIES[cause])


def test_no_words_are_kept_for_refusals_that_do_not_exist():
    assert set(labels.REFUSALS) == set(labels.REFUSAL_REMEDIES) == {cause.value for cause in Cause} | NOT_STORED


@pytest.mark.parametrize(
    "cause", [*FailureCause, *(error.value.lower() for error in TxStatus if error.value != "NONE")]
)
def test_every_failed_downlink_has_its_words(cause):
    assert str(labels.DOWNLINK_CAUSES[cause])


def test_every_mismatch_has_its_words():
    assert set(labels.MISMATCHES) == {one.value for one in Mismatch} - {""}


def test_message_types_and_hearings_are_complete():
    assert set(labels.MESSAGE_TYPES) == set(MType)
    assert set(labels.HEARINGS) == set(Hearing)


@pytest.mark.parametrize(
    "table", ["REFUSALS", "REFUSAL_REMEDIES", "DOWNLINK_CAUSES", "MISMATCHES", "SENTENCES", "ACTIONS"]
)
def test_every_word_has_its_english(table):
    words = getattr(labels, table)
    with translation.override("en"):
        english = {code: str(text) for code, text in words.items()}
    with translation.override("fr"):
        same = [code for code, text in words.items() if str(text) == english[code]]
    assert not same
