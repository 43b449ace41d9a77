"""What one transaction writes, as values: the port between the server and ``store``."""

from datetime import datetime

from msgspec import Struct

from maillage.lorawan.mac_exchange.state import MacState
from maillage.lorawan.server.downlinks import DownlinkChange
from maillage.lorawan.server.refusals import RefusalCount, RefusalKey
from maillage.lorawan.server.registry import GatewayState


class FrameRow(Struct, frozen=True):
    """A line of the frame log; ``receptions`` and ``decoded`` are JSON. ``f_opts`` in clear, None in 1.0.x."""

    id: int
    at: datetime
    direction: str
    dev_eui: str
    organisation_id: int
    dev_addr: int | None
    m_type: int
    f_cnt: int | None
    f_port: int | None
    frequency_hz: int
    data_rate: str
    phy_payload: bytes
    payload: bytes | None
    receptions: bytes
    decoded: bytes | None
    f_opts: bytes | None = None


class CounterRow(Struct, frozen=True):
    """Where a session stands. ``dev_addr`` tells it from the one a join has put in its place.

    ``restarted``: the uplink counter of a relaxed ABP device has begun again; any other never goes back.
    """

    dev_eui: str
    dev_addr: int
    f_cnt_up: int
    f_cnt_down: int
    a_f_cnt_down: int = 0
    conf_f_cnt: int = 0
    restarted: bool = False


class Promotion(Struct, frozen=True):
    """The device has used the session that its rejoin was offered."""

    dev_eui: str
    dev_addr: int


class LateDecoding(Struct, frozen=True):
    """What the codec said after its frame was committed."""

    frame_id: int
    at: datetime
    decoded: bytes


class MacRow(Struct, frozen=True):
    """What a session uses and was told, since this group. ``dev_addr`` as in ``CounterRow``."""

    dev_eui: str
    dev_addr: int
    rx1_delay_s: int
    mac: MacState


class PingRow(Struct, frozen=True):
    """How often a session opens ping slots (class B), and whether it does; ``dev_addr`` as in ``CounterRow``."""

    dev_eui: str
    dev_addr: int
    periodicity: int
    active: bool


class GroupRows(Struct, frozen=True):
    """One commit: all of it or nothing."""

    counters: list[CounterRow]
    frames: list[FrameRow]
    changes: list[DownlinkChange]
    late: list[LateDecoding]
    cursor: int
    mac: list[MacRow] = []
    promotions: list[Promotion] = []
    pings: list[PingRow] = []


class Sighting(Struct, frozen=True):
    """When and how well a device was last heard; gateways best first."""

    dev_eui: str
    at: datetime
    rssi_dbm: float
    snr_db: float
    gateways: list[str]


class StatusReport(Struct, frozen=True):
    """What a device said of itself: ``battery`` 0..255 as in ``DevStatusAns``, and how well it heard the question."""

    dev_eui: str
    at: datetime
    battery: int
    margin_db: int


class Housekeeping(Struct, frozen=True):
    """What may be stored a little later than it is true."""

    sightings: list[Sighting]
    gateways: list[GatewayState]
    refusals: dict[RefusalKey, RefusalCount]
    statuses: list[StatusReport] = []


class LoggedDownlink(Struct, frozen=True):
    """What the duty cycle of a gateway has to know of a frame it was told to transmit."""

    at: datetime
    gateway_eui: str
    frequency_hz: int
    data_rate: str
    phy_bytes: int


class LoggedUplink(Struct, frozen=True):
    """A committed uplink read back from the frame log, to be published again."""

    id: int
    at: datetime
    dev_eui: str
    organisation_id: int
    f_cnt: int
    f_port: int | None
    payload: bytes | None
    receptions: bytes
    is_decoded: bool
