"""What the database says happened: the only proof that counts."""

from dataclasses import dataclass

import psycopg

_COUNTERS = "SELECT coalesce(sum(f_cnt_up + 1), 0)::bigint FROM lorawan_session"
_FRAMES = "SELECT count(*) FROM lorawan_frame WHERE direction = 'up'"
_OBSERVATIONS = "SELECT count(*) FROM telemetry_observation"
_REFUSALS = "SELECT coalesce(sum(count), 0)::bigint FROM lorawan_refusal"


@dataclass(frozen=True, slots=True)
class Books:
    """Totals. ``counted`` is the sum of what the sessions' uplink counters say was accepted."""

    counted: int
    frames: int
    observations: int
    refusals: int

    def since(self, earlier: "Books") -> "Books":
        return Books(
            self.counted - earlier.counted,
            self.frames - earlier.frames,
            self.observations - earlier.observations,
            self.refusals - earlier.refusals,
        )


def read_books(connection: psycopg.Connection) -> Books:
    """As committed now."""
    counted, frames, observations, refusals = (
        connection.execute(query).fetchone() for query in (_COUNTERS, _FRAMES, _OBSERVATIONS, _REFUSALS)
    )
    if counted is None or frames is None or observations is None or refusals is None:
        raise RuntimeError("an aggregate without a row")
    return Books(counted[0], frames[0], observations[0], refusals[0])
