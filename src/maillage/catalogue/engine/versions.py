"""Versions of an offering follow each other in time: half-open spans of civil dates that never overlap."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from maillage.kernel.errors import Conflict, Invalid


@dataclass(frozen=True, slots=True)
class Span:
    """A version is in force from ``valid_from`` until the day before ``valid_until``; without end if None."""

    number: int
    valid_from: date
    valid_until: date | None = None

    def __post_init__(self) -> None:
        if self.valid_until is not None and self.valid_until <= self.valid_from:
            raise Invalid("validity_reversed", valid_from=self.valid_from.isoformat())

    def holds(self, on: date) -> bool:
        """Whether it is in force on ``on``."""
        return self.valid_from <= on and (self.valid_until is None or on < self.valid_until)


def in_force(spans: Sequence[Span], on: date) -> Span | None:
    """The one version in force on ``on``."""
    return next((span for span in spans if span.holds(on)), None)


def after_publishing(published: Sequence[Span], new: Span, today: date) -> list[Span]:
    """The spans once ``new`` is published: what was in force ends the day ``new`` begins.

    Raises ``Invalid`` when ``new`` begins before ``today`` (nobody rewrites the past) and ``Conflict`` when another
    version already begins on that day or later.
    """
    if new.valid_from < today:
        raise Invalid("validity_in_the_past", valid_from=new.valid_from.isoformat(), today=today.isoformat())
    later = [span for span in published if span.valid_from >= new.valid_from]
    if later:
        raise Conflict("later_version_exists", number=later[0].number, valid_from=later[0].valid_from.isoformat())
    closed = [replace(span, valid_until=new.valid_from) if span.holds(new.valid_from) else span for span in published]
    return [*closed, new]


def after_withdrawing(published: Sequence[Span], on: date, today: date) -> list[Span]:
    """The spans once nothing is sold from ``on``. A version that would begin later is left out."""
    if on < today:
        raise Invalid("validity_in_the_past", valid_from=on.isoformat(), today=today.isoformat())
    kept = [span for span in published if span.valid_from < on]
    return [
        replace(span, valid_until=on) if span.valid_until is None or span.valid_until > on else span for span in kept
    ]
