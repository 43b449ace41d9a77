"""The stages of an uplink, one type each: what a stage knows, the next one need not ask again."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from maillage.lorawan.gateways.context import StationContext
from maillage.lorawan.protocol.frames import DataUplink, JoinRequest, RejoinRequest
from maillage.lorawan.protocol.mac.command import MacCommand
from maillage.lorawan.protocol.mac.stream import parse_commands
from maillage.lorawan.protocol.types import Direction
from maillage.lorawan.regions.data_rate import DataRate
from maillage.lorawan.server.registry import DeviceState, GatewayState, SessionState


class Reception(Struct, frozen=True):
    """How one gateway heard a frame. ``tmst_us`` is that gateway's own counter, the reference of its downlinks;
    ``context`` what a Basics Station wants back.
    """

    gateway: GatewayState
    rssi_dbm: float
    snr_db: float
    tmst_us: int
    frequency_hz: int
    context: StationContext | None = None


class Received(Struct):
    """The first copy of a frame. ``at`` is the wall clock, ``heard_s`` the monotonic one; copies join the list."""

    phy_payload: bytes
    data_rate: DataRate
    receptions: list[Reception]
    at: datetime
    heard_s: float

    @property
    def frequency_hz(self) -> int:
        """Of the first copy. Another may differ: strong signals are also heard on a channel beside."""
        return self.receptions[0].frequency_hz


class Identified(Struct, frozen=True):
    """Sessions whose DevAddr the frame carries, in the order to try."""

    frame: DataUplink
    candidates: Iterable[SessionState]
    received: Received


class Signed(Struct, frozen=True):
    """The session that signed the frame, and its full counter. ``repeated``: the last accepted frame once more.

    ``restarted``: the counter of a relaxed ABP device has begun again.
    """

    session: SessionState
    f_cnt: int
    repeated: bool
    restarted: bool = False


class Decoding(Struct, frozen=True):
    """What the codec made of a payload. ``decoded`` is the JSON kept in the frame log: the data or the error."""

    decoded: bytes
    measures: dict[str, float]
    problem: str = ""


class Verified(Struct):
    """An accepted uplink whose window is open. ``decoding`` arrives when the codec pool has answered.

    ``commands`` are its MAC commands in clear, encoded.
    """

    received: Received
    frame: DataUplink
    session: SessionState
    f_cnt: int
    repeated: bool
    payload: bytes | None
    commands: bytes
    decoding: Decoding | None = None
    frame_id: int = 0
    restarted: bool = False

    def mac_commands(self) -> tuple[MacCommand, ...]:
        """What the device says beside its payload, as far as it can be read."""
        return parse_commands(Direction.UPLINK, self.commands, self.session.version).commands


class JoinAsked(Struct, frozen=True):
    """A join request whose MIC is the device's and whose DevNonce memory has nothing against.

    ``by_nwk_key``: NwkKey signed it, so that the device speaks 1.1.
    """

    received: Received
    frame: JoinRequest
    device: DeviceState
    by_nwk_key: bool = False


class RejoinAsked(Struct, frozen=True):
    """A rejoin request of 1.1 whose MIC and counter are right. ``session`` signed it; None for type 1."""

    received: Received
    frame: RejoinRequest
    device: DeviceState
    session: SessionState | None


def ranked(receptions: list[Reception]) -> list[Reception]:
    """Best first: SNR, then RSSI."""
    if len(receptions) == 1:
        return receptions
    return sorted(receptions, key=_quality, reverse=True)


def _quality(reception: Reception) -> tuple[float, float]:
    return reception.snr_db, reception.rssi_dbm
