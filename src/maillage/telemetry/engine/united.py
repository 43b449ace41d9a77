"""Which of several stored rows counts, where a file and a partition both hold one for the same instant."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

CORRECTED, WITHDRAWN = 8, 9
"""``Observation.Source`` of what a person decided: it outranks what was measured."""


class Sourced(NamedTuple):
    """A stored row: instant, value, ``Observation.Source``."""

    at: datetime
    value: float
    source: int


def united(archived: Iterable[Sourced], hot: Iterable[Sourced]) -> list[Sourced]:
    """One row an instant, in the order of time, the withdrawn included.

    What a person decided outranks what was measured, and the later decision (the hot one) the earlier. Of two that
    were measured the first counts, as it does within one partition.
    """
    found = {row.at: row for row in archived}
    for row in hot:
        if row.at not in found or row.source >= CORRECTED:
            found[row.at] = row
    return [found[at] for at in sorted(found)]


def in_force(archived: Iterable[Sourced], hot: Iterable[Sourced]) -> list[tuple[datetime, float]]:
    """The values that count, in the order of time."""
    return [(row.at, row.value) for row in united(archived, hot) if row.source != WITHDRAWN]
