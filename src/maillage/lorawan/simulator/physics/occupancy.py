"""Who is in a classroom: the French primary week of four days, with breaks, and people who vary a little."""

from datetime import datetime

_SCHOOL_DAYS = frozenset({1, 2, 4, 5})  # ISO: no class on Wednesday (Code de l'éducation, art. D521-10 and D521-12)
_LESSONS_H = ((8.5, 10.0), (10.25, 11.5), (13.5, 15.0), (15.25, 16.5))
_CLEANING_H = (17.0, 17.25)
_ABSENCES = 5


def occupants(local: datetime, capacity: int, seed: int = 0) -> int:
    """People in the room at a *local* time; ``seed`` varies the absences from room to room and day to day."""
    if local.isoweekday() not in _SCHOOL_DAYS:
        return 0
    hour = local.hour + local.minute / 60
    if any(start <= hour < end for start, end in _LESSONS_H):
        return max(1, capacity - (seed * 7919 + local.toordinal() * 104_729) % _ABSENCES)
    return 1 if _CLEANING_H[0] <= hour < _CLEANING_H[1] else 0
