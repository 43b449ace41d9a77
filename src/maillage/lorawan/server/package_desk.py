"""What members of multicast groups say on the ports of the application packages. No I/O.

Two questions are answered at once, in the windows of the very uplink: the time (TS003) and the report of a whole block
(TS004), which the device repeats until it hears that it was heard. Everything else waits for the driver.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from maillage.lorawan.packages import clock_sync as ts003
from maillage.lorawan.packages import fragmentation as ts004
from maillage.lorawan.packages import multicast_setup as ts005
from maillage.lorawan.packages.command import PackageCommand, parse_message
from maillage.lorawan.protocol.gps_time import to_gps
from maillage.lorawan.protocol.types import Direction
from maillage.lorawan.server.downlinks import DownlinkBook, WaitingDownlink
from maillage.lorawan.server.stages import Verified

_TABLES = {ts003.PORT: ts003.COMMANDS, ts004.PORT: ts004.COMMANDS, ts005.PORT: ts005.COMMANDS}
_SECOND = timedelta(seconds=1)
_WORTH_SENDING = timedelta(minutes=2)


class PackageUplink(Struct, frozen=True):
    """An accepted message of a member."""

    dev_eui: str
    f_port: int
    commands: tuple[PackageCommand, ...]
    at: datetime


class PackageDesk:
    """``watched`` are the devices whose ports these are; others may use them as they like."""

    def __init__(self, book: DownlinkBook, new_id: Callable[[], UUID]) -> None:
        self._book = book
        self._new_id = new_id
        self.watched: set[str] = set()
        self.heard_at: dict[str, datetime] = {}
        self._messages: list[PackageUplink] = []

    def takes(self, uplink: Verified) -> bool:
        """Nothing for a codec to decode."""
        return uplink.frame.f_port in _TABLES and uplink.session.device.dev_eui in self.watched

    def heard(self, uplink: Verified, at: datetime) -> None:
        """An accepted uplink, once, before it is answered."""
        dev_eui = uplink.session.device.dev_eui
        if dev_eui in self.watched:
            self.heard_at[dev_eui] = uplink.received.at
        if self.takes(uplink):
            f_port = uplink.frame.f_port or 0
            for command in _commands(uplink):
                answer = _immediate(command, uplink.received.at)
                if answer is not None:
                    self._book.add(self._downlink(dev_eui, f_port, answer, at))

    def committed(self, uplinks: Iterable[Verified]) -> None:
        """Their counters are durable: what they said counts."""
        for uplink in uplinks:
            if self.takes(uplink):
                device, f_port = uplink.session.device, uplink.frame.f_port or 0
                said = PackageUplink(device.dev_eui, f_port, _commands(uplink), uplink.received.at)
                self._messages.append(said)

    def take(self) -> list[PackageUplink]:
        taken, self._messages = self._messages, []
        return taken

    def give_back(self, messages: list[PackageUplink]) -> None:
        """They could not be worked off."""
        self._messages = messages + self._messages

    def watch(self, dev_euis: set[str]) -> None:
        self.watched = dev_euis
        self.heard_at = {dev_eui: at for dev_eui, at in self.heard_at.items() if dev_eui in dev_euis}

    def _downlink(self, dev_eui: str, f_port: int, answer: PackageCommand, at: datetime) -> WaitingDownlink:
        """Of no row: what it answers is asked again if it is lost."""
        expires_at = at + _WORTH_SENDING
        return WaitingDownlink(str(self._new_id()), "", dev_eui, None, f_port, answer.encode(), False, expires_at)


def _commands(uplink: Verified) -> tuple[PackageCommand, ...]:
    return parse_message(_TABLES[uplink.frame.f_port or 0], Direction.UPLINK, uplink.payload or b"").commands


def _immediate(command: PackageCommand, at: datetime) -> PackageCommand | None:
    if isinstance(command, ts003.AppTimeReq):
        return ts003.answer(command, to_gps(at) // _SECOND)
    if isinstance(command, ts004.FragDataBlockReceivedReq):
        return ts004.FragDataBlockReceivedAns(command.frag_index)
    return None
