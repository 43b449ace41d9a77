"""What each gateway has been told to send and when: it has one transmitter. Pure; times are monotonic seconds."""

from msgspec import Struct

_GUARD_S = 0.005
"""Between two frames: what a concentrator needs to load the next one, and what we do not know of its clock."""


class Span(Struct, frozen=True):
    """A frame on the air."""

    start_s: float
    end_s: float


class AirBook:
    def __init__(self) -> None:
        self._spans: dict[str, list[Span]] = {}

    def is_free(self, gateway_eui: str, span: Span) -> bool:
        return not any(_overlap(known, span) for known in self._spans.get(gateway_eui, ()))

    def free_from_s(self, gateway_eui: str, from_s: float, duration_s: float) -> float:
        """The first instant at which so long a frame disturbs no other: when a gateway sends what may go at once."""
        start_s = from_s
        for known in sorted(self._spans.get(gateway_eui, ()), key=lambda one: one.start_s):
            if _overlap(known, Span(start_s, start_s + duration_s)):
                start_s = known.end_s + _GUARD_S
        return start_s

    def book(self, gateway_eui: str, span: Span, now_s: float) -> None:
        """What has passed is forgotten on the way."""
        kept = [known for known in self._spans.get(gateway_eui, ()) if known.end_s > now_s]
        self._spans[gateway_eui] = [*kept, span]

    def release(self, gateway_eui: str, span: Span) -> None:
        """The gateway has not taken it."""
        self._spans[gateway_eui] = [known for known in self._spans.get(gateway_eui, ()) if known != span]


def _overlap(one: Span, other: Span) -> bool:
    return one.start_s < other.end_s + _GUARD_S and other.start_s < one.end_s + _GUARD_S
