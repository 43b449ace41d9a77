from datetime import UTC, datetime

import pytest

from maillage.web.life import life_steps

AT = datetime(2025, 3, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("state", "drawn"),
    [
        ("requested", ["done", "current", "todo", "todo"]),
        ("sent", ["done", "done", "current", "todo"]),
        ("acknowledged", ["done", "done", "done", "current"]),
        ("confirmed", ["done", "done", "done", "done"]),
    ],
)
def test_a_command_waits_for_its_next_step(state, drawn):
    assert [step.state for step in life_steps(state, {"requested": AT})] == drawn


def test_a_command_that_stopped_shows_where_and_why():
    steps = life_steps("expired", {"requested": AT, "sent": AT, "expired": AT}, "La vanne est muette.")
    assert [step.state for step in steps] == ["done", "done", "failed"]
    assert steps[-1].cause == "La vanne est muette."


def test_a_refused_command_never_left():
    steps = life_steps("refused", {"requested": AT, "refused": AT}, "Gel")
    assert [(step.state, step.at) for step in steps] == [("done", AT), ("failed", AT)]


def test_an_unknown_state_is_a_programming_error():
    with pytest.raises(ValueError, match="lost"):
        life_steps("lost", {})
