"""When a command is sent again by itself."""

from datetime import UTC, datetime, timedelta

import pytest

from maillage.command.engine.retry import NEVER, Retry, tries_again

ASKED = datetime(2026, 11, 22, 8, tzinfo=UTC)
POLICY = Retry(3, timedelta(hours=3))


@pytest.mark.parametrize(
    ("cause", "attempt", "after_h", "expected"),
    [
        ("gateway_silent", 1, 0, True),
        ("gateway_silent", 2, 3, True),
        ("gateway_silent", 3, 1, False),
        ("gateway_silent", 1, 3.1, False),
        ("device_silent", 1, 0, False),
        ("codec_threw", 1, 0, False),
        ("superseded", 1, 0, False),
    ],
)
def test_only_what_may_pass_by_is_tried_again_and_not_for_ever(cause, attempt, after_h, expected):
    assert tries_again(POLICY, cause, attempt, ASKED, ASKED + timedelta(hours=after_h)) is expected


def test_a_use_that_says_nothing_tries_once():
    assert not tries_again(NEVER, "gateway_silent", 1, ASKED, ASKED)
