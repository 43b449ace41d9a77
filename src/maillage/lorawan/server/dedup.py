"""One frame heard by several gateways is one frame: copies are collected for a short window from the first one."""

from collections import deque
from typing import Generic, TypeVar

Entry = TypeVar("Entry")


class DedupWindow(Generic[Entry]):
    """Keyed on the PHYPayload's bytes. ``None`` as entry remembers a refused frame, so that copies cost nothing."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._open: dict[bytes, Entry | None] = {}
        self._due: deque[tuple[float, bytes]] = deque()

    def __len__(self) -> int:
        return len(self._open)

    def __contains__(self, phy_payload: bytes) -> bool:
        return phy_payload in self._open

    def get(self, phy_payload: bytes) -> Entry | None:
        return self._open.get(phy_payload)

    def open(self, phy_payload: bytes, entry: Entry | None, now_s: float) -> None:
        self._open[phy_payload] = entry
        self._due.append((now_s + self._window_s, phy_payload))

    def close_due(self, now_s: float) -> list[Entry]:
        """The entries whose window has ended, oldest first; refused ones are dropped."""
        closed: list[Entry] = []
        while self._due and self._due[0][0] <= now_s:
            entry = self._open.pop(self._due.popleft()[1])
            if entry is not None:
                closed.append(entry)
        return closed
