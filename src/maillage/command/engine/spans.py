"""Spans of time: joined, cut out of each other, and the gaps between them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From ``start`` up to and without ``end``, aware instants; kept in UTC, where lengths are true."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", self.start.astimezone(UTC))
        object.__setattr__(self, "end", self.end.astimezone(UTC))

    def __contains__(self, at: datetime) -> bool:
        return self.start <= at < self.end

    @property
    def length(self) -> timedelta:
        """How long it lasts."""
        return self.end - self.start

    def overlaps(self, other: "Span") -> bool:
        """Whether they have an instant in common."""
        return self.start < other.end and other.start < self.end


def merged_spans(spans: Iterable[Span]) -> list[Span]:
    """The same instants as spans that neither touch nor overlap, in order. Empty and reversed ones are left out."""
    joined: list[Span] = []
    for span in sorted(one for one in spans if one.start < one.end):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined


def without(spans: Iterable[Span], removed: Iterable[Span]) -> list[Span]:
    """``spans`` but for the instants of ``removed``."""
    left = merged_spans(spans)
    for hole in merged_spans(removed):
        left = [part for span in left for part in _cut(span, hole)]
    return left


def gap_around(spans: Sequence[Span], window: Span, at: datetime) -> Span | None:
    """The gap between ``spans``, in order and apart, that ``at`` is in; None when it is in one of them."""
    if any(at in span for span in spans):
        return None
    before = max((span.end for span in spans if span.end <= at), default=window.start)
    after = min((span.start for span in spans if span.start > at), default=window.end)
    return Span(before, after)


def _cut(span: Span, hole: Span) -> list[Span]:
    parts = [Span(span.start, min(span.end, hole.start)), Span(max(span.start, hole.end), span.end)]
    return [part for part in parts if part.start < part.end]
