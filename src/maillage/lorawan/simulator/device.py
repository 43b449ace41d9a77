"""An end device of LoRaWAN 1.0.x or 1.1 as its radio sees the world: joins, uplinks, windows, downlinks. Sans-I/O.

Instants are seconds of any one clock. What a device hears outside its windows, or that is not for it, does not exist.
"""

import random
from dataclasses import dataclass, field
from enum import StrEnum

from maillage.lorawan.protocol.build import DataContent, build_data_uplink
from maillage.lorawan.protocol.counters import Accepted, judge_counter
from maillage.lorawan.protocol.crypto import SessionCrypto
from maillage.lorawan.protocol.crypto_1_1 import SessionCrypto11
from maillage.lorawan.protocol.down_counters import DownCounters
from maillage.lorawan.protocol.errors import FrameError
from maillage.lorawan.protocol.exchange.device import DeviceExchange, hear, insist, uplink
from maillage.lorawan.protocol.frames import DataDownlink, JoinAccept
from maillage.lorawan.protocol.join_1_1 import JoinReqType
from maillage.lorawan.protocol.mac.rekey import RekeyInd
from maillage.lorawan.protocol.mac.stream import encode_commands, parse_commands
from maillage.lorawan.protocol.parse import parse_frame
from maillage.lorawan.protocol.rejoin import RejoinType
from maillage.lorawan.protocol.session import UplinkRadio
from maillage.lorawan.protocol.types import F_OPTS_MAX_BYTES, Direction
from maillage.lorawan.protocol.version import Version
from maillage.lorawan.regions.airtime import airtime_us
from maillage.lorawan.regions.data_rate import DataRate, LoRaDataRate
from maillage.lorawan.regions.region import Channel, ReceiveWindow, Region
from maillage.lorawan.simulator.activation import Activation, Asked, Identity
from maillage.lorawan.simulator.packages import PackageClient
from maillage.lorawan.simulator.ping import PingListener
from maillage.lorawan.simulator.radio import backed_off, factory_settings, joined_settings, obey

__all__ = ["Activation", "EndDevice", "Heard", "Identity", "Ignored", "Joined", "Outcome", "Session", "Transmission"]
_MAC_PORT = 0
_BATTERY_GOOD = 230
_ADR_ACK_LIMIT, _ADR_ACK_DELAY = 64, 32  # LoRaWAN L2 1.0.4, §4.3.1.1; RP002-1.0.4, §1
_PREAMBLE_SYMBOLS_MISSED = 3  # a receiver locks with five of the eight preamble symbols


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
    """``f_cnt_up`` is the next uplink's, ``down`` the lowest that are accepted. ``acked`` is the counter of the last
    confirmed downlink, which 1.1 binds into the uplink that acknowledges it.
    """

    dev_addr: int
    crypto: SessionCrypto | SessionCrypto11
    net_id: int = 0
    f_cnt_up: int = 0
    down: DownCounters = field(default_factory=DownCounters)
    acked: int = 0

    @property
    def is_1_1(self) -> bool:
        return isinstance(self.crypto, SessionCrypto11)


@dataclass(frozen=True, slots=True)
class _Uplink:
    """What was sent last, to be signed again for another channel."""

    content: DataContent
    adr_ack_req: bool
    acked: int


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
        self._activation = Activation(identity)
        self._asked: Asked | None = None
        self._last: _Uplink | None = None
        self._windows: tuple[OpenWindow, ...] = ()
        self._on_air_until_s = float("-inf")
        self._band_free_s: dict[str, float] = {}
        self._ack_due = False
        self.exchange = DeviceExchange(Version.V1_0_4)
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
        self.settings = factory_settings(self.settings.region, self._start_data_rate)
        self.exchange = DeviceExchange(Version.V1_0_4)
        self._ack_due, self._unheard, self._last = False, 0, None
        if self.ping is not None:
            self.ping.start_anew()
        self._asked = self._activation.join(dev_nonce)
        return self._ask(self._asked, now_s)

    def rejoin(self, kind: RejoinType, now_s: float) -> Transmission:
        """Ask for a new session; the one in use goes on until the network answers (1.1, §6.2.4).

        A device without a session of 1.1 can ask for its recovery only (``RejoinType.RECOVERY``).
        """
        net_id, key = 0, b""
        if self.session is not None and isinstance(self.session.crypto, SessionCrypto11):
            net_id, key = self.session.net_id, self.session.crypto.keys.s_nwk_s_int_key
        self._asked = self._activation.rejoin(kind, net_id, key)
        return self._ask(self._asked, now_s)

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
        self._last = _Uplink(content, adr_ack_req, session.acked)
        session.f_cnt_up += 1
        self._ack_due, self._asked = False, None
        return self._send_last(session, self._last, now_s)

    def repeat(self, phy_payload: bytes, now_s: float) -> Transmission:
        """Send a frame, or the same one again (an unanswered confirmed uplink), on a channel of its choice.

        In 1.1 the last uplink is signed again: its MIC names the channel.
        """
        if self.session is not None and self.session.is_1_1 and self._last is not None:
            return self._send_last(self.session, self._last, now_s)
        return self._listening(self._send(phy_payload, self._channel(now_s), now_s))

    def _send_last(self, session: Session, last: _Uplink, now_s: float) -> Transmission:
        channel = self._channel(now_s)
        radio = UplinkRadio(self.settings.data_rate, self.settings.channels.index(channel), last.acked)
        class_b = self.ping is not None and self.ping.is_active
        built = build_data_uplink(
            session.crypto, last.content, adr_ack_req=last.adr_ack_req, class_b=class_b, sent=radio
        )
        return self._listening(self._send(built, channel, now_s))

    def _listening(self, sent: Transmission) -> Transmission:
        self._open(sent.end_s, self.settings.rx1(sent.frequency_hz, self.settings.data_rate), self.settings.rx2())
        return sent

    def _ask(self, asked: Asked, now_s: float) -> Transmission:
        region = self.settings.region
        sent = self._send(asked.phy_payload, self._channel(now_s), now_s)
        first = region.rx1(sent.frequency_hz, self.settings.data_rate, 0, region.join_accept_delay1_s)
        self._open(sent.end_s, first, region.rx2(region.join_accept_delay1_s))
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
                in_window = any(window.hears(start_s, frequency_hz, data_rate) for window in self._windows)
                return self._downlink(frame, snr_db, in_window=in_window)
            case _:
                return Ignored.NOT_FOR_US

    def _accepted(self, frame: JoinAccept) -> Outcome:
        if self._asked is None:
            return Ignored.NOT_FOR_US
        try:
            content, crypto = self._activation.opened(frame, self._asked)
        except FrameError:
            return Ignored.WRONG_MIC
        if not self._activation.takes(content):
            return Ignored.REPLAYED
        is_1_1 = isinstance(crypto, SessionCrypto11)
        self.session = Session(content.dev_addr, crypto, content.net_id, down=DownCounters(is_1_1=is_1_1))
        self.exchange = DeviceExchange(Version.V1_1 if is_1_1 else Version.V1_0_4)
        if is_1_1:
            self.exchange = insist(self.exchange, RekeyInd())
        if self._asked.question.kind is not JoinReqType.REJOIN_2:
            self.settings = joined_settings(self.settings.region, self._start_data_rate, content)
        self._asked, self._last, self._windows, self._ack_due, self._unheard = None, None, (), False, 0
        return Joined(content.dev_addr)

    def _downlink(self, frame: DataDownlink, snr_db: float, *, in_window: bool) -> Outcome:
        session = self.session
        if session is None or frame.dev_addr != session.dev_addr:
            return self._multicast(frame)
        lowest = session.down.next(frame.f_port)
        verdict = judge_counter(frame.f_cnt_16, lowest - 1 if lowest else None)
        if not isinstance(verdict, Accepted):
            return Ignored.REPLAYED
        if not session.crypto.signs_downlink(frame, verdict.f_cnt, session.f_cnt_up - 1 if frame.ack else 0):
            return Ignored.WRONG_MIC
        session.down = session.down.used(frame.f_port, verdict.f_cnt)
        heard = self._genuine(session, frame, verdict.f_cnt)
        clear = heard[1] if frame.f_port == _MAC_PORT else heard[0]
        self._obey(clear, snr_db, in_window=in_window)
        return Heard(
            frame.f_port or None, heard[1] if frame.f_port else b"", frame.confirmed, frame.ack, frame.f_pending
        )

    def _genuine(self, session: Session, frame: DataDownlink, f_cnt: int) -> tuple[bytes, bytes]:
        """FOpts and FRMPayload in clear."""
        self._windows = ()  # §3.3.3: a device that demodulated its frame in RX1 does not open RX2
        self._unheard, self._ack_due = 0, frame.confirmed
        if frame.confirmed:
            session.acked = f_cnt
        data, way = b"", Direction.DOWNLINK
        if frame.f_port is not None:
            data = session.crypto.crypt(way, session.dev_addr, f_cnt, frame.frm_payload, frame.f_port)
        return session.crypto.crypt_f_opts(way, session.dev_addr, f_cnt, frame.f_opts, frame.f_port), data

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

    def _obey(self, octets: bytes, snr_db: float, *, in_window: bool) -> None:
        commands = parse_commands(Direction.DOWNLINK, octets, self.exchange.version).commands
        answers = []
        for command in commands:
            if self.ping is not None:
                self.ping.told(command, self._on_air_until_s)
            self.settings, answer = obey(self.settings, command, _BATTERY_GOOD, round(snr_db))
            if answer is not None:
                answers.append(answer)
        self.exchange = hear(self.exchange, commands, answers, in_rx1_or_rx2=in_window)

    def _take_answers(self) -> bytes:
        """As many answers as FOpts holds; sticky ones stay until a downlink is heard (§5.4, §5.7)."""
        self.exchange, said = uplink(self.exchange)
        octets = encode_commands(said)
        questions = encode_commands(() if self.ping is None else self.ping.questions())
        return octets + questions if len(octets) + len(questions) <= F_OPTS_MAX_BYTES else octets

    def _channel(self, now_s: float) -> Channel:
        """A free one if there is, by chance."""
        usable = self.settings.usable_channels
        return self._chance.choice([one for one in usable if self._free_s(one) <= now_s] or usable)

    def _send(self, phy_payload: bytes, channel: Channel, now_s: float) -> Transmission:
        """Takes the air, then keeps off its sub-band for as long as the duty cycle asks."""
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
