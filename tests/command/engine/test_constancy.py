"""Since when a gate has been open."""

from datetime import UTC, datetime, timedelta

from maillage.command.engine.constancy import Since, unchanged_since
from maillage.telemetry.engine.curve import Point

NOON = datetime(2026, 3, 3, 12, tzinfo=UTC)


def points(*values):
    return [Point(NOON + timedelta(minutes=10 * index), value, value, value) for index, value in enumerate(values)]


def test_it_has_been_open_since_the_first_report_of_it():
    assert unchanged_since(points(0, 0, 1, 1)) == Since(NOON + timedelta(minutes=20), is_known=True)


def test_a_silence_does_not_close_it():
    assert unchanged_since(points(0, 1, None, 1)) == Since(NOON + timedelta(minutes=10), is_known=True)


def test_a_state_as_old_as_the_reports_may_be_older():
    assert unchanged_since(points(1, 1)) == Since(NOON, is_known=False)


def test_without_reports_nothing_is_known():
    assert unchanged_since(points(None)) is None
