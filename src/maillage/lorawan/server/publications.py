"""Which frames of the log the event bus has taken. Pure."""

from collections import deque
from collections.abc import Iterable


class _Group:
    __slots__ = ("last_id", "left")

    def __init__(self, last_id: int, left: int) -> None:
        self.last_id = last_id
        self.left = left


class PublicationTracker:
    """The cursor never passes a frame that has not been published: a late codec holds it back."""

    def __init__(self, cursor: int) -> None:
        self.cursor = cursor
        self._groups: deque[_Group] = deque()
        self._group_of: dict[int, _Group] = {}

    def __len__(self) -> int:
        """Frames committed and not published yet."""
        return len(self._group_of)

    def committed(self, frame_ids: list[int]) -> None:
        """Uplinks of one commit: identifiers rising, all above those before."""
        if not frame_ids:
            return
        group = _Group(frame_ids[-1], len(frame_ids))
        self._groups.append(group)
        self._group_of.update(dict.fromkeys(frame_ids, group))

    def is_outstanding(self, frame_id: int) -> bool:
        return frame_id in self._group_of

    def published(self, frame_ids: Iterable[int]) -> None:
        for frame_id in frame_ids:
            group = self._group_of.pop(frame_id, None)
            if group is not None:
                group.left -= 1
        while self._groups and self._groups[0].left == 0:
            self.cursor = self._groups.popleft().last_id

    def caught_up(self, frame_id: int) -> None:
        """Everything up to this frame was read back from the log and published."""
        self.published([known for known in self._group_of if known <= frame_id])
        self.cursor = max(self.cursor, frame_id)
