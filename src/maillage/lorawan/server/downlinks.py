"""The downlinks that wait, device by device, and every change of their state. Pure; rows are written by ``store``.

::

    queued → sent → acknowledged          (acknowledged: confirmed downlinks only)
    queued | sent → queued                (refused by the gateway, or not acknowledged, and tried again)
    queued | sent → failed | expired      (always with a cause)
"""

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class DownlinkState(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    ACKNOWLEDGED = "acknowledged"
    FAILED = "failed"
    EXPIRED = "expired"


class FailureCause(StrEnum):
    """Codes the network itself gives; a codec's or a gateway's own code is kept as it is (lower case)."""

    NOT_ACKNOWLEDGED = "not_acknowledged"
    PAYLOAD_TOO_LONG = "payload_too_long"
    NO_OPPORTUNITY = "no_opportunity"
    NO_GATEWAY = "no_gateway"
    NOT_HEARD_IN_TIME = "not_heard_in_time"
    INVALID_PORT = "invalid_port"
    GATEWAY_SILENT = "gateway_silent"
    DUTY_CYCLE = "duty_cycle"
    AIR_TAKEN = "air_taken"


@dataclass(slots=True, eq=False)
class WaitingDownlink:
    """A row of the queue. ``payload`` None: the codec has yet to encode ``data``. ``held_back``: why it could not leave
    although the device listened.
    """

    id: str
    reference: str
    dev_eui: str
    data: dict[str, object] | None
    f_port: int | None
    payload: bytes | None
    confirmed: bool
    expires_at: datetime
    state: DownlinkState = DownlinkState.QUEUED
    attempts: int = 0
    f_cnt_down: int | None = None
    gateway_eui: str = ""
    sent_at: datetime | None = None
    sent_s: float = float("-inf")
    held_back: str = ""

    @property
    def is_ready(self) -> bool:
        return self.payload is not None and self.f_port is not None


class DownlinkChange(Struct, frozen=True):
    """A new state, to be stored and then published."""

    id: str
    reference: str
    dev_eui: str
    state: DownlinkState
    at: datetime
    cause: str
    detail: str
    attempts: int
    f_cnt_down: int | None
    gateway_eui: str
    sent_at: datetime | None
    ended_at: datetime | None


class DownlinkBook:
    """Queues in order of arrival; at most one confirmed downlink of a device awaits its acknowledgement."""

    def __init__(self, max_attempts: int) -> None:
        self._max_attempts = max_attempts
        self._open: dict[str, WaitingDownlink] = {}
        self._queues: dict[str, deque[WaitingDownlink]] = {}
        self._awaiting: dict[str, WaitingDownlink] = {}
        self._changes: list[DownlinkChange] = []
        self._unsettled: Counter[str] = Counter()
        self._touched: set[str] = set()

    def __contains__(self, downlink_id: str) -> bool:
        return downlink_id in self._open

    def __iter__(self) -> Iterator[WaitingDownlink]:
        return iter(list(self._open.values()))

    def known_ids(self) -> set[str]:
        """Those open, and those whose last change the queue table may not show yet: not to be taken from it again."""
        return {*self._open, *self._unsettled}

    def add(self, downlink: WaitingDownlink) -> None:
        """A new row, or at start one that was sent, confirmed, and not acknowledged yet."""
        self._open[downlink.id] = downlink
        self._touched.add(downlink.dev_eui)
        if downlink.state is DownlinkState.SENT:
            self._awaiting[downlink.dev_eui] = downlink
        else:
            self._queues.setdefault(downlink.dev_eui, deque()).append(downlink)

    def encoded(self, downlink: WaitingDownlink, f_port: int, payload: bytes) -> None:
        """The codec has answered; without effect on one that has ended meanwhile."""
        downlink.f_port, downlink.payload = f_port, payload
        self._touched.add(downlink.dev_eui)

    def take_touched(self) -> set[str]:
        """Devices for which something new may be sent: looked at at once when they are class C."""
        taken, self._touched = self._touched, set()
        return taken

    def touch_waiting(self) -> None:
        """Look again at all that wait: what a class C device could not be sent at once may have become possible."""
        self._touched.update(self._queues)

    def next_of(self, dev_eui: str) -> WaitingDownlink | None:
        """What to send to a device now; nothing while one awaits its acknowledgement or its encoding."""
        queue = self._queues.get(dev_eui)
        if not queue or dev_eui in self._awaiting or not queue[0].is_ready:
            return None
        return queue[0]

    def is_more_than(self, dev_eui: str, downlink: WaitingDownlink | None) -> bool:
        """Whether others wait behind it: FPending."""
        return len(self._queues.get(dev_eui, ())) > (0 if downlink is None else 1)

    def sent(self, downlink: WaitingDownlink, f_cnt_down: int, gateway_eui: str, at: datetime, now_s: float) -> None:
        """It leaves with the commit of this change."""
        self._queues[downlink.dev_eui].remove(downlink)
        downlink.state, downlink.attempts = DownlinkState.SENT, downlink.attempts + 1
        downlink.f_cnt_down, downlink.gateway_eui = f_cnt_down, gateway_eui
        downlink.sent_at, downlink.sent_s = at, now_s
        if downlink.confirmed:
            self._awaiting[downlink.dev_eui] = downlink
            self._note(downlink, at, ended_at=None)
        else:
            self._open.pop(downlink.id, None)
            self._note(downlink, at, ended_at=at)

    def heard(self, dev_eui: str, at: datetime, heard_s: float, *, ack: bool) -> None:
        """An uplink tells whether the confirmed downlink before it arrived; one that had left before it cannot."""
        downlink = self._awaiting.get(dev_eui)
        if downlink is None:
            return
        if ack:
            self.end(downlink, DownlinkState.ACKNOWLEDGED, at)
        elif heard_s > downlink.sent_s:
            self.try_again(downlink, FailureCause.NOT_ACKNOWLEDGED, "", at)

    def try_again(self, downlink: WaitingDownlink, cause: str, detail: str, at: datetime) -> None:
        """Back to the head of the queue, or failed when it has been tried often enough."""
        if downlink.attempts >= self._max_attempts:
            self.end(downlink, DownlinkState.FAILED, at, cause, detail)
            return
        self._withdraw(downlink)
        downlink.state = DownlinkState.QUEUED
        self._open[downlink.id] = downlink
        self._queues.setdefault(downlink.dev_eui, deque()).appendleft(downlink)
        self._note(downlink, at, cause, detail, ended_at=None)

    def end(
        self, downlink: WaitingDownlink, state: DownlinkState, at: datetime, cause: str = "", detail: str = ""
    ) -> None:
        self._withdraw(downlink)
        self._open.pop(downlink.id, None)
        downlink.state = state
        self._note(downlink, at, cause, detail, ended_at=at)

    def forget(self, downlink: WaitingDownlink) -> None:
        """Its asker called it back in the queue table, which already says so."""
        self._withdraw(downlink)
        self._open.pop(downlink.id, None)

    def expire(self, at: datetime) -> None:
        """End all whose time has passed: never heard, or sent and never acknowledged."""
        for downlink in [found for found in self._open.values() if found.expires_at <= at]:
            unheard = downlink.state is DownlinkState.QUEUED
            cause = (downlink.held_back or FailureCause.NOT_HEARD_IN_TIME) if unheard else FailureCause.NOT_ACKNOWLEDGED
            self.end(downlink, DownlinkState.EXPIRED, at, cause)

    def awaiting_since(self, then_s: float) -> list[WaitingDownlink]:
        """Confirmed downlinks sent before ``then_s`` and not acknowledged."""
        return [downlink for downlink in self._awaiting.values() if downlink.sent_s <= then_s]

    def take_changes(self) -> list[DownlinkChange]:
        """Changes since the last call; whoever takes them commits them, and then says so by :meth:`settled`."""
        taken, self._changes = self._changes, []
        return taken

    def settled(self, changes: list[DownlinkChange]) -> None:
        """The queue table shows them."""
        for change in changes:
            self._unsettled[change.id] -= 1
            if not self._unsettled[change.id]:
                del self._unsettled[change.id]

    def _withdraw(self, downlink: WaitingDownlink) -> None:
        if self._awaiting.get(downlink.dev_eui) is downlink:
            del self._awaiting[downlink.dev_eui]
        queue = self._queues.get(downlink.dev_eui)
        if queue is not None:
            if downlink in queue:
                queue.remove(downlink)
            if not queue:
                del self._queues[downlink.dev_eui]

    def _note(
        self,
        downlink: WaitingDownlink,
        at: datetime,
        cause: str = "",
        detail: str = "",
        *,
        ended_at: datetime | None,
    ) -> None:
        self._touched.add(downlink.dev_eui)
        self._unsettled[downlink.id] += 1
        self._changes.append(
            DownlinkChange(
                downlink.id,
                downlink.reference,
                downlink.dev_eui,
                downlink.state,
                at,
                cause[:64],
                detail[:300],
                downlink.attempts,
                downlink.f_cnt_down,
                downlink.gateway_eui,
                downlink.sent_at,
                ended_at,
            )
        )
