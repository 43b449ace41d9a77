"""The basket: lines in the visitor's session, the same before and after logging in. No personal data.

``lines_of`` and ``clear`` are what an order is made from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from django.contrib.sessions.backends.base import SessionBase

from maillage.kernel.errors import Conflict

KEY = "basket"
MOST_LINES = 50


@dataclass(frozen=True, slots=True)
class BasketLine:
    """So many of each unit of a version's prices; ``answers`` are those of the simulation it comes from."""

    code: str
    number: int
    quantities: Mapping[str, int]
    answers: Mapping[str, int] = field(default_factory=dict)


def lines_of(session: SessionBase) -> Sequence[BasketLine]:
    """What is in the basket, in the order it was put there."""
    return [BasketLine(**line) for line in session.get(KEY, [])]


def add(session: SessionBase, line: BasketLine) -> None:
    """Put a line into the basket. Raises ``Conflict`` when it is full."""
    lines = [*lines_of(session), line]
    if len(lines) > MOST_LINES:
        raise Conflict("basket_full", most=MOST_LINES)
    _keep(session, lines)


def remove(session: SessionBase, position: int) -> None:
    """Take the line at ``position`` (from 0) out; nothing when there is none."""
    _keep(session, [line for index, line in enumerate(lines_of(session)) if index != position])


def clear(session: SessionBase) -> None:
    """Empty the basket."""
    _keep(session, [])


def _keep(session: SessionBase, lines: Sequence[BasketLine]) -> None:
    session[KEY] = [asdict(line) for line in lines]
