"""When a message that was not taken is sent again, and when it is given up. Pure.

A receiver that is away or overwhelmed (no answer, 408, 425, 429, 5xx) is waited for, longer and longer, for about a day
and a half; one that refuses this very message (any other answer) is asked a few times, because a bug may be mended, and
then the message is put aside so that those behind it get through. 410 means that the receiver wants no more at all.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from http import HTTPStatus

_PASSING = frozenset({408, 425, 429})
_FIRST_S = 1.0
_LONGEST_S = 4 * 3600.0
ATTEMPTS_WHEN_AWAY = 26
ATTEMPTS_WHEN_REFUSED = 5


class Next(StrEnum):
    """What follows an attempt."""

    DONE = "done"
    RETRY = "retry"
    GIVE_UP = "give_up"
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Outcome:
    """``status`` of HTTP, or None and a ``problem``. ``retry_after_s`` as the receiver asked, None when it did not."""

    status: int | None
    problem: str = ""
    retry_after_s: float | None = None


def judge(outcome: Outcome, failed_before: int) -> Next:
    """What to do after this outcome, ``failed_before`` attempts of the same message having failed."""
    status = outcome.status
    if status is not None and HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return Next.DONE
    if status == HTTPStatus.GONE:
        return Next.STOP
    is_away = status is None or status in _PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return (
        Next.GIVE_UP if failed_before + 1 >= (ATTEMPTS_WHEN_AWAY if is_away else ATTEMPTS_WHEN_REFUSED) else Next.RETRY
    )


def delay(outcome: Outcome, failed_before: int, chance: float) -> timedelta:
    """How long to wait: doubling from a second to four hours, of which ``chance`` (0 to 1) takes off up to half, so
    that receivers of one outage do not all hear us at the same instant. ``Retry-After`` is obeyed within those four
    hours.
    """
    longest_s = min(_FIRST_S * 2.0 ** min(failed_before, 20), _LONGEST_S)
    wait_s = longest_s * (1.0 - 0.5 * chance)
    if outcome.retry_after_s is not None:
        wait_s = max(wait_s, min(outcome.retry_after_s, _LONGEST_S))
    return timedelta(seconds=wait_s)
