"""Whether a command that did not get through is sent again by itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta

# The radio was busy, deaf or late: another time it is not. What a codec, a length or a device's absence hinders stays.
TRANSIENT = frozenset(
    {
        "gateway_silent",
        "no_opportunity",
        "too_late",
        "too_early",
        "collision_packet",
        "collision_beacon",
        "tx_freq",
        "tx_power",
        "gps_unlocked",
        "not_sent_in_time",
        "not_confirmed_in_time",
    }
)


@dataclass(frozen=True, slots=True)
class Retry:
    """At most ``attempts`` sendings, the last begun no later than ``within`` after the request.

    Only for verbs that may be said twice: a setpoint, open, close.
    """

    attempts: int = 1
    within: timedelta = timedelta(0)


NEVER = Retry()


def tries_again(policy: Retry, cause: str, attempt: int, requested_at: datetime, now: datetime) -> bool:
    """True when attempt number ``attempt``, ended by ``cause``, is followed by another."""
    return cause in TRANSIENT and attempt < policy.attempts and now - requested_at <= policy.within
