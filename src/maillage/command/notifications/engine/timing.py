"""When a person is told: at once, with the others of the day, or not at all; when a failed message is tried again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from maillage.command.engine.window import Window

RANKS: Mapping[str, int] = {"info": 0, "warning": 1, "critical": 2}
MOST_AN_HOUR = 20
_PAUSE = timedelta(hours=1)
_RETRIES = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))


class Fate(StrEnum):
    """``NOW``: a message of its own. ``TOGETHER``: one message with all that waits until then. ``NEVER``: not sent."""

    NOW = "now"
    TOGETHER = "together"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Wish:
    """How a person wants to be told. ``digest_at`` is local; ``quiet`` the hours of rest."""

    severity: str
    zone: ZoneInfo
    digest_at: time | None = None
    quiet: Window | None = None
    critical_wakes: bool = True


@dataclass(frozen=True, slots=True)
class Timing:
    """What becomes of a message, when, and why it is not now."""

    fate: Fate
    at: datetime
    cause: str = ""


def timing(wish: Wish, severity: str, now: datetime, told_last_hour: int) -> Timing:
    """When this person is told of something this severe."""
    if RANKS[severity] < RANKS[wish.severity]:
        if wish.digest_at is None:
            return Timing(Fate.NEVER, now, "below_severity")
        return Timing(Fate.TOGETHER, _next(wish.digest_at, wish.zone, now), "digest")
    wakes = severity == "critical" and wish.critical_wakes
    if wish.quiet is not None and wish.quiet.is_open(now) and not wakes:
        return Timing(Fate.TOGETHER, wish.quiet.next_change(now), "quiet_hours")
    if told_last_hour >= MOST_AN_HOUR:
        return Timing(Fate.TOGETHER, now + _PAUSE, "too_many")
    return Timing(Fate.NOW, now)


def retry_at(attempts: int, now: datetime) -> datetime | None:
    """When a message that has failed ``attempts`` times is tried again; None: it is given up."""
    return now + _RETRIES[attempts - 1] if 0 < attempts <= len(_RETRIES) else None


def _next(moment: time, zone: ZoneInfo, now: datetime) -> datetime:
    today = now.astimezone(zone).date()
    coming = (datetime.combine(today + timedelta(days=days), moment, zone).astimezone(UTC) for days in (0, 1, 2))
    return next(at for at in coming if at > now)
