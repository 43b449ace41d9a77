"""An end device of LoRaWAN 1.0.x as its radio sees the world: joins, uplinks, windows, downlinks. Sans-I/O.

Instants are seconds of any one clock. What a device hears outside its windows, or that is not for it, does not exist.
"""

import random
from dataclasses import dataclass
from enum import StrEnum

from maillage.lorawan.protocol.build import (
    DataContent,
    build_data_uplink,
    build_join_request,
    open_join_accept,
)
from maillage.lorawan.protocol.counters import Accepted, judge_counter
from maillage.lorawan.protocol.crypto import SessionCrypto, derive_session_keys
from maillage.lorawan.protocol.errors import FrameError
from maillage.lorawan.protocol.eui import EUI64
from maillage.lorawan.protocol.frames import DataDownlink, JoinAccept
from maillage.lorawan.protocol.mac.rx_param_setup import RXParamSetupAns
from maillage.lorawan.protocol.mac.rx_timing_setup import RXTimingSetupAns
from maillage.lorawan.protocol.mac.stream import parse_commands
from maillage.lorawan.protocol.parse import parse_frame
from maillage.lorawan.protocol.types import F_OPTS_MAX_BYTES, Direction
from maillage.lorawan.regions.airtime import airtime_us
from maillage.lorawan.regions.data_rate import DataRate, LoRaDataRate
from maillage.lorawan.regions.region import Channel, ReceiveWindow, Region
from maillage.lorawan.simulator.packages import PackageClient
from maillage.lorawan.simulator.ping import PingListener
from maillage.lorawan.simulator.radio import backed_off, factory_settings, joined_settings, obey

_MAC_PORT = 0
_BATTERY_GOOD = 230
_ADR_ACK_LIMIT, _ADR_ACK_DELAY = 64, 32  # LoRaWAN L2 1.0.4, §4.3.1.1; RP002-1.0.4, §1
_PREAMBLE_SYMBOLS_MISSED = 3  # a receiver locks with five of the eight preamble symbols


@dataclass(frozen=True, slots=True)
class Identity:
    """EUIs most significant byte first."""

    dev_eui: EUI64
    join_eui: EUI64
    app_key: bytes


@dataclass(frozen=True, slots=True)
class Transmission:
    """A frame on the air from ``start_s`` to ``end_s``."""

    phy_payload: bytes
    frequency_hz: int
    data_rate: DataRate
    power_dbm: float
    start_s: float
    end_s: float


class Ignored(StrEnum):
    """Why a frame on the air changed nothing for a device."""

    NOT_LISTENING = "not_listening"
    NOT_FOR_US = "not_for_us"
    MALFORMED = "malformed"
    WRONG_MIC = "wrong_mic"
    REPLAYED = "replayed"


@dataclass(frozen=True, slots=True)
class Joined:
    """The join was accepted; a session began."""

    dev_addr: int


@dataclass(frozen=True, slots=True)
class Heard:
    """A genuine downlink: port and clear payload of the application (none on port 0), and the bits of FCtrl."""

    f_port: int | None
    data: bytes
    confirmed: bool
    acknowledges: bool
    more_pending: bool
    multicast: bool = False


Outcome = Joined | Heard | Ignored


@dataclass(slots=True)
class Session:
    """Counters are the next uplink's and the last accepted downlink's."""

    dev_addr: int
    crypto: SessionCrypto
    f_cnt_up: int = 0
    f_cnt_down: int | None = None


@dataclass(frozen=True, slots=True)
class OpenWindow:
    """A receive window as an instant; ``slack_s`` is how far off a preamble may start and still be caught."""

    at_s: float
    frequency_hz: int
    data_rate: DataRate
    slack_s: float

    def hears(self, start_s: float, frequency_hz: int, data_rate: DataRate) -> bool:
        matches = self.frequency_hz == frequency_hz and self.data_rate == data_rate
        return matches and abs(start_s - self.at_s) <= self.slack_s


class EndDevice:
    """One device. Its application decides when; this decides how and what is heard.

    ``ping`` makes it go to class B; ``packages`` let it hear groups.
    """

    def __init__(
        self,
        identity: Identity,
        region: Region,
        data_rate: int,
        chance: random.Random,
        *,
        class_c: bool = False,
        ping: PingListener | None = None,
        packages: PackageClient | None = None,
    ) -> None:
        self.identity = identity
        self.class_c = class_c
        self.ping = ping
        self.packages = packages
        self.session: Session | None = None
        self.settings = factory_settings(region, data_rate)
        self._start_data_rate = data_rate
        self._chance = chance
        self._dev_nonce = 0
        self._windows: tuple[OpenWindow, ...] = ()
        self._on_air_until_s = float("-inf")
        self._band_free_s: dict[str, float] = {}
        self._ack_due = False
        self._answers: list[bytes] = []
        self._sticky: list[bytes] = []
        self._unheard = 0

    @property
    def deaf_from_s(self) -> float:
        """The instant after which nothing more can come in answer to the last uplink."""
        return max((window.at_s + window.slack_s for window in self._windows), default=self._on_air_until_s)

    @property
    def is_answered(self) -> bool:
        """A downlink came in answer to the last uplink: it need not be sent again."""
        return not self._windows

    def ready_s(self, now_s: float) -> float:
        """The first instant from ``now_s`` on at which the duty cycle leaves a channel free (ETSI EN 300 220-2)."""
        return max(now_s, min(self._free_s(channel) for channel in self.settings.usable_channels))

    def join(self, dev_nonce: int, now_s: float) -> Transmission:
        """Ask to join with a DevNonce never used before (the caller keeps count); the old session ends here."""
        self.session = None
        region = self.settings.region
        self.settings = factory_settings(region, self._start_data_rate)
        self._dev_nonce = dev_nonce
        self._ack_due, self._answers, self._sticky, self._unheard = False, [], [], 0
        if self.ping is not None:
            self.ping.start_anew()
        who = self.identity
        sent = self._send(build_join_request(who.join_eui, who.dev_eui, dev_nonce, who.app_key), now_s)
        first = region.rx1(sent.frequency_hz, self.settings.data_rate, 0, region.join_accept_delay1_s)
        self._open(sent.end_s, first, region.rx2(region.join_accept_delay1_s))
        return sent

    def uplink(self, f_port: int | None, data: bytes, now_s: float, *, confirmed: bool = False) -> Transmission:
        """A new frame of the session, with whatever acknowledgement and MAC answers are due."""
        session, adr_ack_req = self._joined(), self._miss_the_network()
        content = DataContent(
            session.dev_addr,
            session.f_cnt_up,
            f_port,
            data,
            f_opts=self._take_answers() if f_port != _MAC_PORT else b"",
            confirmed=confirmed,
            ack=self._ack_due,
            adr=True,
        )
        session.f_cnt_up += 1
        self._ack_due = False
        class_b = self.ping is not None and self.ping.is_active
        frame = build_data_uplink(session.crypto, content, adr_ack_req=adr_ack_req, class_b=class_b)
        return self.repeat(frame, now_s)

    def repeat(self, phy_payload: bytes, now_s: float) -> Transmission:
        """Send a frame, or the same one again (an unanswered confirmed uplink), on a channel of its choice."""
        sent = self._send(phy_payload, now_s)
        self._open(sent.end_s, self.settings.rx1(sent.frequency_hz, self.settings.data_rate), self.settings.rx2())
        return sent

    def listens(self, start_s: float, frequency_hz: int, data_rate: DataRate) -> bool:
        """Whether a frame whose preamble starts then is received at all."""
        if start_s < self._on_air_until_s:
            return False
        if any(window.hears(start_s, frequency_hz, data_rate) for window in self._windows):
            return True
        if self.class_c and self.session is not None and self._on_rx2(frequency_hz, data_rate):
            return True
        return self._listens_by_the_clock(start_s, frequency_hz, data_rate)

    def hear(
        self, phy_payload: bytes, start_s: float, frequency_hz: int, data_rate: DataRate, snr_db: float = 5.0
    ) -> Outcome:
        """A frame of a gateway passes by; what it means to this device."""
        if not self.listens(start_s, frequency_hz, data_rate):
            return Ignored.NOT_LISTENING
        try:
            frame = parse_frame(phy_payload)
        except FrameError:
            return Ignored.MALFORMED
        match frame:
            case JoinAccept():
                return self._accepted(frame)
            case DataDownlink():
                return self._downlink(frame, snr_db)
            case _:
                return Ignored.NOT_FOR_US

    def _accepted(self, frame: JoinAccept) -> Outcome:
        if self.session is not None:
            return Ignored.NOT_FOR_US
        try:
            content = open_join_accept(frame, self.identity.app_key)
        except FrameError:
            return Ignored.WRONG_MIC
        keys = derive_session_keys(self.identity.app_key, content.join_nonce, content.net_id, self._dev_nonce)
        self.session = Session(content.dev_addr, SessionCrypto(*keys))
        self.settings = joined_settings(self.settings.region, self._start_data_rate, content)
        self._windows = ()
        return Joined(content.dev_addr)

    def _downlink(self, frame: DataDownlink, snr_db: float) -> Outcome:
        session = self.session
        if session is None or frame.dev_addr != session.dev_addr:
            return self._multicast(frame)
        verdict = judge_counter(frame.f_cnt_16, session.f_cnt_down)
        if not isinstance(verdict, Accepted):
            return Ignored.REPLAYED
        if not session.crypto.signs_downlink(frame, verdict.f_cnt):
            return Ignored.WRONG_MIC
        session.f_cnt_down = verdict.f_cnt
        self._windows = ()  # §3.3.3: a device that demodulated its frame in RX1 does not open RX2
        self._sticky, self._unheard = [], 0
        self._ack_due = frame.confirmed
        data = b""
        if frame.f_port is not None:
            data = session.crypto.crypt(
                Direction.DOWNLINK, session.dev_addr, verdict.f_cnt, frame.frm_payload, frame.f_port
            )
        self._obey(data if frame.f_port == _MAC_PORT else frame.f_opts, snr_db)
        return Heard(frame.f_port or None, data if frame.f_port else b"", frame.confirmed, frame.ack, frame.f_pending)

    def _multicast(self, frame: DataDownlink) -> Outcome:
        """A group's frame carries no commands and acknowledges nothing (LoRaWAN L2 1.0.4, §17.3)."""
        found = None if self.packages is None else self.packages.open(frame)
        if found is None:
            return Ignored.NOT_FOR_US
        return Heard(*found, confirmed=False, acknowledges=False, more_pending=False, multicast=True)

    def _listens_by_the_clock(self, start_s: float, frequency_hz: int, data_rate: DataRate) -> bool:
        """In a ping slot of its own, or in a session of a group."""
        slack_s, session = _slack_s(data_rate), self.session
        if self.packages is not None and self.packages.listens(start_s, frequency_hz, data_rate, slack_s):
            return True
        if self.ping is None or session is None:
            return False
        return self.ping.hears(session.dev_addr, start_s, frequency_hz, data_rate, slack_s)

    def _miss_the_network(self) -> bool:
        """One uplink more without a word from it: steps back in time, and whether to ask for a word."""
        self._unheard += 1
        late = self._unheard - _ADR_ACK_LIMIT
        if late >= _ADR_ACK_DELAY and late % _ADR_ACK_DELAY == 0:
            self.settings = backed_off(self.settings)
        return late >= 0 and backed_off(self.settings) != self.settings

    def _obey(self, commands: bytes, snr_db: float) -> None:
        for command in parse_commands(Direction.DOWNLINK, commands).commands:
            if self.ping is not None:
                self.ping.told(command, self._on_air_until_s)
            self.settings, answer = obey(self.settings, command, _BATTERY_GOOD, round(snr_db))
            if answer is None:
                continue
            sticky = isinstance(answer, RXParamSetupAns | RXTimingSetupAns)
            (self._sticky if sticky else self._answers).append(answer.encode())

    def _take_answers(self) -> bytes:
        """As many answers as FOpts holds; sticky ones stay until a downlink is heard (§5.4, §5.7)."""
        taken = b""
        questions = [] if self.ping is None else [one.encode() for one in self.ping.questions()]
        for answer in (*self._sticky, *self._answers, *questions):
            if len(taken) + len(answer) > F_OPTS_MAX_BYTES:
                break
            taken += answer
        self._answers = []
        return taken

    def _send(self, phy_payload: bytes, now_s: float) -> Transmission:
        """Takes the air on a free channel, then keeps off its sub-band for as long as the duty cycle asks."""
        usable = self.settings.usable_channels
        channel = self._chance.choice([one for one in usable if self._free_s(one) <= now_s] or usable)
        data_rate = self.settings.region.data_rate(self.settings.data_rate)
        power_dbm = self.settings.region.tx_power_dbm(self.settings.tx_power)
        airtime_s = airtime_us(data_rate, len(phy_payload)) / 1e6
        band = self.settings.region.sub_band(channel.frequency_hz)
        if band is not None:
            share = min(band.duty_cycle, self.settings.duty_cycle)
            self._band_free_s[band.name] = now_s + airtime_s / share
        self._on_air_until_s = now_s + airtime_s
        return Transmission(phy_payload, channel.frequency_hz, data_rate, power_dbm, now_s, now_s + airtime_s)

    def _free_s(self, channel: Channel) -> float:
        band = self.settings.region.sub_band(channel.frequency_hz)
        return self._band_free_s.get(band.name, float("-inf")) if band else float("inf")

    def _open(self, end_s: float, *windows: ReceiveWindow) -> None:
        self._windows = tuple(self._opened(end_s, window) for window in windows)

    def _opened(self, end_s: float, window: ReceiveWindow) -> OpenWindow:
        data_rate = self.settings.region.data_rate(window.data_rate)
        return OpenWindow(end_s + window.delay_s, window.frequency_hz, data_rate, _slack_s(data_rate))

    def _on_rx2(self, frequency_hz: int, data_rate: DataRate) -> bool:
        window = self.settings.rx2()
        return frequency_hz == window.frequency_hz and data_rate == self.settings.region.data_rate(window.data_rate)

    def _joined(self) -> Session:
        if self.session is None:
            raise RuntimeError(f"{self.identity.dev_eui.hex()} has no session: join first")
        return self.session


def _slack_s(data_rate: DataRate) -> float:
    if isinstance(data_rate, LoRaDataRate):
        return _PREAMBLE_SYMBOLS_MISSED * (1 << data_rate.spreading_factor) / data_rate.bandwidth_hz
    return 0.0005
