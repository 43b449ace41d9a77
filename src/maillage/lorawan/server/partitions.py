"""Which daily partitions of the frame log must exist, and which are too old. Pure; days are UTC."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

_NAME = re.compile(r"lorawan_frame_(\d{4})(\d{2})(\d{2})")
_DAYS_AHEAD = 2


@dataclass(frozen=True, slots=True)
class Partition:
    """The frames of one day."""

    day: date

    @property
    def name(self) -> str:
        return f"lorawan_frame_{self.day:%Y%m%d}"


def wanted(today: date) -> list[Partition]:
    """Yesterday's too: a frame heard before midnight may be committed after."""
    return [Partition(today + timedelta(days=ahead)) for ahead in range(-1, _DAYS_AHEAD + 1)]


def too_old(names: Iterable[str], today: date, retention_days: int) -> list[str]:
    """Partitions whose last frame is older than the retention. Tables of other names are left alone."""
    oldest = today - timedelta(days=retention_days)
    return [name for name in names if (day := _day_of(name)) is not None and day < oldest]


def _day_of(name: str) -> date | None:
    found = _NAME.fullmatch(name)
    return date(int(found[1]), int(found[2]), int(found[3])) if found else None
