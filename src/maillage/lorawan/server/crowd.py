"""Many sessions on one DevAddr, in the order in which one of them may have sent a frame. Pure.

A MIC costs microseconds, and only the MIC tells sessions of one address apart. So those are tried first whose next
counter the frame carries, of them the one first that has not been heard for longest: devices speak in turn. Then the
frame sent last once more, then those that have lost a frame, two, and so on.
"""

from collections.abc import Iterable, Iterator
from typing import Generic, Protocol, TypeVar

_MASK = 0xFFFF


class Counting(Protocol):
    """``f_cnt_up`` is the last accepted counter, -1 before the first."""

    f_cnt_up: int


S = TypeVar("S", bound=Counting)


class Crowd(Generic[S]):
    """The sessions by the 16 bits of the counter that each sends next, those heard longest ago first."""

    def __init__(self, sessions: Iterable[S] = ()) -> None:
        self._by_next: dict[int, dict[S, None]] = {}
        self._next_of: dict[S, int] = {}
        for session in sessions:
            self.put(session)

    def put(self, session: S) -> None:
        """Add it, or note that its counter has moved: it is then the one heard last."""
        self.drop(session)
        following = session.f_cnt_up + 1 & _MASK
        self._next_of[session] = following
        self._by_next.setdefault(following, {})[session] = None

    def drop(self, session: S) -> None:
        before = self._next_of.pop(session, None)
        if before is None:
            return
        found = self._by_next[before]
        del found[session]
        if not found:
            del self._by_next[before]

    @property
    def sessions(self) -> tuple[S, ...]:
        return tuple(self._next_of)

    def in_order(self, f_cnt_16: int) -> Iterator[S]:
        """All of them, the likeliest first. Nothing may be put while it is read."""
        repeated = f_cnt_16 + 1 & _MASK
        for following in (f_cnt_16, repeated):
            yield from self._by_next.get(following, ())
        for following in sorted(self._by_next, key=lambda one: f_cnt_16 - one & _MASK):
            if following not in (f_cnt_16, repeated):
                yield from self._by_next[following]
