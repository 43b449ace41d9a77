"""What a schedule wants a thing to be at an instant: to what it returns when an exception ends."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from maillage.command.engine.schedule import Entry, Occurrence, Place, merged

LOOK_BACK = timedelta(days=8)
LOOK_FURTHER_BACK = timedelta(days=120)
_INSTANT = timedelta(microseconds=1)


def standing(entries: Sequence[Entry], place: Place, at: datetime) -> Occurrence | None:
    """The last occurrence at or before ``at`` of entries that drive one state; None when there was none in 120 days."""
    for span in (LOOK_BACK, LOOK_FURTHER_BACK):
        found = merged(entries, place, at - span, at + _INSTANT)
        if found:
            return found[-1]
    return None
