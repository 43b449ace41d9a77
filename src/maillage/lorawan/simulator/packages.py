"""The device's side of the application packages: clock (TS003), multicast groups (TS005), fragments (TS004). Sans-I/O.

A device whose clock is wrong opens its session at the wrong time, a group whose key it cannot unwrap says nothing to
it, and a block whose MIC is wrong is not kept: the server's side has to be right.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from maillage.lorawan.packages import clock_sync as ts003
from maillage.lorawan.packages import fragmentation as ts004
from maillage.lorawan.packages import multicast_setup as ts005
from maillage.lorawan.packages.command import (
    Message,
    PackageCommand,
    PackageVersionAns,
    PackageVersionReq,
    encode_message,
    parse_message,
)
from maillage.lorawan.packages.data_block import data_block_int_key
from maillage.lorawan.packages.multicast import (
    MulticastGroup,
    decrypt_mc_key,
    mc_ke_key,
    mc_root_key,
    mc_root_key_1_1,
    mc_session_keys,
    open_multicast,
)
from maillage.lorawan.packages.reassembly import Reassembly, verified_block
from maillage.lorawan.protocol.crypto import SessionCrypto
from maillage.lorawan.protocol.errors import FrameError
from maillage.lorawan.protocol.frames import DataDownlink
from maillage.lorawan.protocol.gps_time import to_gps
from maillage.lorawan.protocol.types import Direction
from maillage.lorawan.regions.data_rate import DataRate
from maillage.lorawan.regions.region import Region
from maillage.lorawan.simulator.ping import in_ping_slot

Replies = list[tuple[int, bytes]]
_GPS_S = 1 << 32
_HALF = 1 << 31
_MAX_GROUPS = 4
_BOOT_CLOCK_OFF_S = -37
"""How wrong a clock is that was never set."""


@dataclass(slots=True)
class _Group:
    group: MulticastGroup
    crypto: SessionCrypto
    session: ts005.McClassCSessionReq | ts005.McClassBSessionReq | None = None


@dataclass(slots=True)
class _Block:
    setup: ts004.FragSessionSetupReq
    reassembly: Reassembly
    is_kept: bool = False


@dataclass(slots=True)
class PackageClient:
    """``origin`` is the true instant of second 0 of the simulation; ``blocks`` are the data blocks received whole.

    ``root_key`` is the GenAppKey of a 1.0.x device, the AppKey of a 1.1 one.
    """

    root_key: bytes
    region: Region
    origin: datetime
    clock_off_s: int = _BOOT_CLOCK_OFF_S
    blocks: list[bytes] = field(default_factory=list)
    _groups: dict[int, _Group] = field(default_factory=dict)
    _sessions: dict[int, _Block] = field(default_factory=dict)
    is_1_1: bool = False
    _token: int = 0
    _has_beacon: bool = False

    # --- the radio

    def listens(self, start_s: float, frequency_hz: int, data_rate: DataRate, slack_s: float) -> bool:
        """Whether a session of some group has the radio open there and then."""
        return any(self._is_open(one, start_s, frequency_hz, data_rate, slack_s) for one in self._groups.values())

    @property
    def wants_beacon(self) -> bool:
        """A clock set by TS003 is right to a second; ping slots need the beacon's time."""
        return any(isinstance(one.session, ts005.McClassBSessionReq) for one in self._groups.values())

    def hear_beacon(self) -> None:
        """It was found about when the clock said."""
        self._has_beacon = True

    def open(self, frame: DataDownlink) -> tuple[int, bytes] | None:
        """A frame of a group: its port and clear payload; None when it is none, or was heard before."""
        for one in self._groups.values():
            try:
                found = open_multicast(one.group, one.crypto, frame)
            except FrameError:
                continue
            if found is not None:
                payload, one.group = found
                return frame.f_port or 0, payload
        return None

    # --- the packages

    def obey(self, f_port: int, data: bytes, now_s: float) -> Replies:
        """The messages to answer with; none on another port."""
        if f_port == ts003.PORT:
            return self._clock(parse_message(ts003.COMMANDS, Direction.DOWNLINK, data), now_s)
        if f_port == ts005.PORT:
            found = parse_message(ts005.COMMANDS, Direction.DOWNLINK, data)
            return _message(f_port, [one for command in found.commands for one in self._multicast(command, now_s)])
        if f_port == ts004.PORT:
            found = parse_message(ts004.COMMANDS, Direction.DOWNLINK, data)
            return _message(f_port, [one for command in found.commands for one in self._fragments(command)])
        return []

    def _clock(self, message: Message, now_s: float) -> Replies:
        replies: Replies = []
        for command in message.commands:
            match command:
                case ts003.ForceDeviceResync(transmissions) if transmissions:
                    self._token = (self._token + 1) & 0x0F
                    request = ts003.AppTimeReq(self._gps_s(now_s) % _GPS_S, self._token, answer_required=True)
                    replies.append((ts003.PORT, request.encode()))
                case ts003.AppTimeAns(correction_s, token) if token == self._token:
                    self.clock_off_s += correction_s
                case _:
                    pass
        return replies

    def _multicast(self, command: PackageCommand, now_s: float) -> list[PackageCommand]:
        match command:
            case PackageVersionReq():
                return [PackageVersionAns(ts005.PACKAGE_IDENTIFIER, 2)]
            case ts005.McGroupSetupReq():
                self._groups[command.group] = self._made(command)
                return [ts005.McGroupSetupAns(command.group, failed=False)]
            case ts005.McGroupDeleteReq(group):
                return [ts005.McGroupDeleteAns(group, failed=self._groups.pop(group, None) is None)]
            case ts005.McClassCSessionReq():
                return [self._class_c(command, now_s)]
            case ts005.McClassBSessionReq():
                return [self._class_b(command, now_s)]
            case _:
                return []

    def _class_c(self, command: ts005.McClassCSessionReq, now_s: float) -> ts005.McClassCSessionAns:
        wait_s, known = self._takes(command, now_s)
        if not known:
            return ts005.McClassCSessionAns(command.group, group_undefined=True)
        return ts005.McClassCSessionAns(command.group, time_to_start_s=wait_s)

    def _class_b(self, command: ts005.McClassBSessionReq, now_s: float) -> ts005.McClassBSessionAns:
        wait_s, known = self._takes(command, now_s)
        if not known:
            return ts005.McClassBSessionAns(command.group, group_undefined=True)
        return ts005.McClassBSessionAns(command.group, time_to_start_s=wait_s)

    def _takes(self, command: ts005.McClassCSessionReq | ts005.McClassBSessionReq, now_s: float) -> tuple[int, bool]:
        one = self._groups.get(command.group)
        if one is None:
            return 0, False
        one.session = command
        return max(_apart(command.session_time_s, self._gps_s(now_s)), 0), True

    def _fragments(self, command: PackageCommand) -> list[PackageCommand]:
        match command:
            case PackageVersionReq():
                return [PackageVersionAns(ts004.PACKAGE_IDENTIFIER, 2)]
            case ts004.FragSessionSetupReq():
                return [self._set_up(command)]
            case ts004.FragSessionStatusReq(frag_index, everybody):
                return self._status(frag_index, everybody=everybody)
            case ts004.FragSessionDeleteReq(frag_index):
                return [ts004.FragSessionDeleteAns(frag_index, failed=self._sessions.pop(frag_index, None) is None)]
            case ts004.DataFragment():
                return self._take(command)
            case _:
                return []

    def _set_up(self, setup: ts004.FragSessionSetupReq) -> ts004.FragSessionSetupAns:
        """The same setup once more is an answer that was lost; an older counter is a replay."""
        known = self._sessions.get(setup.frag_index)
        if known is not None and setup.session_cnt < known.setup.session_cnt:
            return ts004.FragSessionSetupAns(setup.frag_index, session_cnt_replayed=True)
        if known is None or known.setup != setup:
            self._sessions[setup.frag_index] = _Block(setup, Reassembly(setup))
        return ts004.FragSessionSetupAns(setup.frag_index)

    def _status(self, frag_index: int, *, everybody: bool) -> list[PackageCommand]:
        one = self._sessions.get(frag_index)
        if one is None:
            return [ts004.FragSessionStatusAns(frag_index, 0, 0, no_session=True)]
        return [one.reassembly.status()] if everybody or one.reassembly.missing else []

    def _take(self, fragment: ts004.DataFragment) -> list[PackageCommand]:
        one = self._sessions.get(fragment.frag_index)
        if one is None or one.is_kept:
            return []
        one.reassembly.receive(fragment)
        if not one.reassembly.is_complete:
            return []
        one.is_kept = True
        try:
            self.blocks.append(verified_block(one.reassembly, one.setup, data_block_int_key(self.root_key)))
        except FrameError:
            return [ts004.FragDataBlockReceivedReq(fragment.frag_index, failed=True)]
        return [ts004.FragDataBlockReceivedReq(fragment.frag_index, failed=False)]

    def _made(self, setup: ts005.McGroupSetupReq) -> _Group:
        root = mc_root_key_1_1(self.root_key) if self.is_1_1 else mc_root_key(self.root_key)
        mc_key = decrypt_mc_key(mc_ke_key(root), setup.mc_key_encrypted)
        keys = mc_session_keys(mc_key, setup.mc_addr)
        group = MulticastGroup(setup.mc_addr, keys, setup.min_f_cnt, setup.max_f_cnt)
        return _Group(group, group.crypto())

    def _is_open(self, one: _Group, start_s: float, frequency_hz: int, data_rate: DataRate, slack_s: float) -> bool:
        session = one.session
        if session is None or not 0 <= -_apart(session.session_time_s, self._gps_s(start_s)) < session.longest_s:
            return False
        if isinstance(session, ts005.McClassBSessionReq):
            instant = self.origin + timedelta(seconds=start_s)
            if not self._has_beacon:
                return False
            who = one.group.mc_addr, session.periodicity
            return in_ping_slot(self.region, who, instant, (frequency_hz, data_rate), slack_s)
        return frequency_hz == session.frequency_hz and data_rate == self.region.data_rate(session.data_rate)

    def _gps_s(self, now_s: float) -> int:
        return int(to_gps(self.origin + timedelta(seconds=now_s)).total_seconds()) + self.clock_off_s


def _apart(gps_s: int, now_gps_s: int) -> int:
    """Seconds from now, the shorter way round."""
    return (gps_s - now_gps_s + _HALF) % _GPS_S - _HALF


def _message(f_port: int, answers: list[PackageCommand]) -> Replies:
    return [(f_port, encode_message(answers))] if answers else []
