"""What in a schedule contradicts itself, found before it is saved."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from maillage.command.engine.spans import Span

SHORT_LIVED = timedelta(minutes=15)
"""A state that holds for less than that is hardly what anybody meant; a battery device does not even notice it."""
Kind = Literal["same_instant", "short_lived", "within_exception"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What one line wants at an instant; ``state`` is equal for equal wishes."""

    at: datetime
    key: int
    state: tuple[str, float | None]


@dataclass(frozen=True, slots=True)
class Conflict:
    """``key`` and ``other`` name the two lines; ``times`` is how often it comes in the days looked at, first ``at``."""

    kind: Kind
    key: int
    other: int
    at: datetime
    times: int


def conflicts(wishes: Iterable[Wish], exceptions: Sequence[tuple[int, Span]] = ()) -> list[Conflict]:
    """The contradictions among ``wishes`` that drive one state: each pair once, with its first instant.

    ``exceptions`` are spans, each with its key, during which no line is carried out.
    """
    ordered = sorted(wishes, key=lambda wish: (wish.at, wish.key))
    found = [_between(one, two) for one, two in pairwise(ordered)]
    inside: list[tuple[Kind, int, int, datetime]] = [
        ("within_exception", wish.key, key, wish.at) for wish in ordered for key, span in exceptions if wish.at in span
    ]
    return _counted([*(each for each in found if each is not None), *inside])


def _between(one: Wish, two: Wish) -> tuple[Kind, int, int, datetime] | None:
    if one.key == two.key or one.state == two.state or two.at - one.at >= SHORT_LIVED:
        return None
    return ("same_instant" if one.at == two.at else "short_lived", one.key, two.key, one.at)


def _counted(found: Iterable[tuple[Kind, int, int, datetime]]) -> list[Conflict]:
    times: dict[tuple[Kind, int, int], list[datetime]] = {}
    for kind, key, other, at in found:
        times.setdefault((kind, key, other), []).append(at)
    return [Conflict(kind, key, other, min(each), len(each)) for (kind, key, other), each in times.items()]
