"""What goes back to a device, built and counted but not yet sent. Pure; LoRaWAN L2 1.0.4, §4.3 and §5."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from maillage.lorawan.mac_exchange.planning import fitting
from maillage.lorawan.protocol.build import DataContent, build_data_downlink
from maillage.lorawan.protocol.exchange.sticky import confirmation
from maillage.lorawan.protocol.mac.command import MacCommand
from maillage.lorawan.protocol.mac.device_mode import DeviceModeConf, DeviceModeInd
from maillage.lorawan.protocol.mac.device_time import DeviceTimeAns, DeviceTimeReq
from maillage.lorawan.protocol.mac.link_check import LinkCheckAns, LinkCheckReq
from maillage.lorawan.protocol.mac.ping_slot_info import PingSlotInfoAns, PingSlotInfoReq
from maillage.lorawan.protocol.mac.rekey import RekeyConf, RekeyInd
from maillage.lorawan.protocol.mac.reset import ResetConf, ResetInd
from maillage.lorawan.protocol.mac.stream import encode_commands
from maillage.lorawan.protocol.types import F_OPTS_MAX_BYTES, MType
from maillage.lorawan.regions.data_rate import DataRate, LoRaDataRate
from maillage.lorawan.regions.demodulation import required_snr_db
from maillage.lorawan.server.downlinks import DownlinkBook, FailureCause, WaitingDownlink
from maillage.lorawan.server.downlinks import DownlinkState as State
from maillage.lorawan.server.opportunities import Opportunity
from maillage.lorawan.server.registry import DeviceState, SessionState
from maillage.lorawan.server.scheduler import Scheduler
from maillage.lorawan.server.stages import Verified, ranked

_ANSWERS = (LinkCheckAns, DeviceTimeAns, PingSlotInfoAns, RekeyConf, ResetConf, DeviceModeConf)
_MARGIN_MAX_DB = 254
_GATEWAYS_MAX = 255
_FRAME_OVERHEAD_BYTES = 13
_MAC_SHARE = 0.5
"""Of the hour's airtime: what frames that carry nothing but the network's own questions may use up to."""


class Answer(Struct, frozen=True):
    """A frame whose counter is reserved. ``opportunities`` are tried when the reservation is durable, the chosen first.

    ``requests`` are the network's own questions that it carries; ``f_opts`` its commands in clear in a session of 1.1,
    where they are encrypted on the air, else None. ``tag`` names a multicast frame whose fate is told.
    """

    device: DeviceState
    dev_addr: int | None
    phy_payload: bytes
    m_type: int
    f_cnt: int | None
    f_port: int | None
    payload: bytes | None
    opportunities: list[Opportunity]
    downlink: WaitingDownlink | None
    requests: tuple[MacCommand, ...] = ()
    f_opts: bytes | None = None
    tag: str = ""


class Answering:
    """Decides what a device gets, and takes its downlink counter. ``reaches`` tells of a gateway's EUI."""

    def __init__(self, scheduler: Scheduler, book: DownlinkBook, reaches: Callable[[str], bool]) -> None:
        self._plan = scheduler.plan
        self._scheduler = scheduler
        self._book = book
        self._reaches = reaches

    def to_uplink(
        self, uplink: Verified, at: datetime, now_s: float, requests: Sequence[MacCommand] = ()
    ) -> Answer | None:
        """ACK, answers to MAC commands, the next downlink of the queue and ``requests`` in one frame; None for nothing.

        What does not fit is left out: requests first, then answers; the application's payload has the room it needs.
        """
        session, device = uplink.session, uplink.session.device
        answers = answers_to(uplink)
        downlink = self._book.next_of(device.dev_eui)
        must = uplink.frame.confirmed or uplink.frame.adr_ack_req
        owes = bool(session.mac.settling)  # the device repeats its answer until it hears a downlink, be it empty
        if downlink is None and not (must or owes or answers or requests):
            return None
        chances = self._plan.class_a(uplink.received, session.rx1_delay_s, session.mac)
        downlink = self._fitting(downlink, chances, at)
        share = 1.0 if must or answers or downlink else _MAC_SHARE
        for commands in _choices(answers, requests):
            if not (commands or downlink or must or owes):
                break
            frame = _Frame(downlink, commands, uplink.f_cnt if uplink.frame.confirmed else None, share)
            answer = self._build(session, frame, chances, now_s, at)
            if answer is not None:
                return answer
        return None

    def at_once(self, device: DeviceState, at: datetime, now_s: float) -> Answer | None:
        """The next downlink of a class C device; None when there is none, or no way to it at the moment."""
        downlink, session = self._book.next_of(device.dev_eui), device.session
        if downlink is None or session is None or not self._reaches(device.best_gateway_eui):
            return None
        chances = [self._plan.class_c(device.best_gateway_eui, session.mac)]
        downlink = self._fitting(downlink, chances, at)
        if downlink is None:
            return None
        return self._build(session, _Frame(downlink), chances, now_s, at)

    def in_ping_slot(self, device: DeviceState, ways: list[Opportunity], at: datetime, now_s: float) -> Answer | None:
        """The next downlink of a class B device, in one of those slots; None when there is none, or no way to it."""
        downlink, session = self._book.next_of(device.dev_eui), device.session
        reached = [way for way in ways if self._reaches(way.gateway_eui)]
        if downlink is None or session is None or not reached:
            return None
        downlink = self._fitting(downlink, reached, at)
        return None if downlink is None else self._build(session, _Frame(downlink), reached, now_s, at)

    def _fitting(
        self, downlink: WaitingDownlink | None, chances: list[Opportunity], at: datetime
    ) -> WaitingDownlink | None:
        """The downlink if a window can carry it; it fails for good when no window of the region ever could."""
        if downlink is None or downlink.payload is None:
            return None
        size = len(downlink.payload)
        if size <= self._plan.longest_payload(chances):
            return downlink
        longest = max(limit.frm_payload_bytes for limit in self._plan.region.max_payloads)
        if size > longest:
            detail = f"{size} bytes; the longest that {self._plan.region.name} carries is {longest}"
            self._book.end(downlink, State.FAILED, at, FailureCause.PAYLOAD_TOO_LONG, detail)
        return None

    def _build(
        self, session: SessionState, frame: "_Frame", chances: list[Opportunity], now_s: float, at: datetime
    ) -> Answer | None:
        content, downlink = _content(session, frame), frame.downlink
        size = _FRAME_OVERHEAD_BYTES + len(content.payload) + len(content.f_opts)
        chance = self._scheduler.choose(chances, size, now_s, frame.share)
        if chance is None:
            if downlink is not None:
                downlink.held_back = self._scheduler.why_not(chances, size, now_s, frame.share)
            return None
        f_cnt = session.reserve(content.f_port, confirmed=content.confirmed)
        if f_cnt is None:
            return None
        content = replace(content, f_cnt=f_cnt)
        pending = self._book.is_more_than(session.device.dev_eui, downlink)
        conf_f_cnt = 0 if frame.acked_f_cnt is None else frame.acked_f_cnt
        phy_payload = build_data_downlink(session.crypto, content, f_pending=pending, conf_f_cnt=conf_f_cnt)
        if downlink is not None:
            self._book.sent(downlink, content.f_cnt, chance.gateway_eui, at, now_s)
        return _answer(session, content, phy_payload, [chance, *(way for way in chances if way is not chance)], frame)


class _Frame(Struct, frozen=True):
    """What is to go out together; ``share`` is how much of the airtime budget it may use up to.

    ``acked_f_cnt`` is the counter of the confirmed uplink that it acknowledges.
    """

    downlink: WaitingDownlink | None
    commands: tuple[MacCommand, ...] = ()
    acked_f_cnt: int | None = None
    share: float = 1.0

    @property
    def ack(self) -> bool:
        return self.acked_f_cnt is not None

    @property
    def requests(self) -> tuple[MacCommand, ...]:
        return tuple(one for one in self.commands if not isinstance(one, _ANSWERS))


def _choices(answers: Sequence[MacCommand], requests: Sequence[MacCommand]) -> Iterator[tuple[MacCommand, ...]]:
    """Less and less, down to none: FOpts holds 15 bytes, the answers first."""
    if requests:
        yield tuple(fitting([*answers, *requests], F_OPTS_MAX_BYTES))
    if answers:
        yield tuple(answers)
    yield ()


def answers_to(uplink: Verified) -> list[MacCommand]:
    """What a device of 1.1 insists on is confirmed; LinkCheckAns, DeviceTimeAns and PingSlotInfoAns, once each.

    The other commands of a device are reports.
    """
    if not uplink.commands:
        return []
    said = uplink.mac_commands()
    asked = {type(command) for command in said}
    found = _confirmations(uplink, said)
    if LinkCheckReq in asked:
        found.append(_link_check(uplink))
    if DeviceTimeReq in asked:
        found.append(DeviceTimeAns.at(uplink.received.at))
    if PingSlotInfoReq in asked:
        found.append(PingSlotInfoAns())
    return found


def _confirmations(uplink: Verified, said: Sequence[MacCommand]) -> list[MacCommand]:
    """Once each. Only an ABP device is ever reset (1.1, §5.1)."""
    is_abp = uplink.session.device.is_abp
    insisted = [
        one for one in said if isinstance(one, RekeyInd | DeviceModeInd) or (is_abp and isinstance(one, ResetInd))
    ]
    return list(dict.fromkeys(found for one in insisted if (found := confirmation(one)) is not None))


def link_margin_db(snr_db: float, data_rate: DataRate) -> int:
    """Above the demodulation floor, 0..254 (LoRaWAN L2 1.0.4, §5.1)."""
    floor_db = required_snr_db(data_rate) if isinstance(data_rate, LoRaDataRate) else 0.0
    return min(max(round(snr_db - floor_db), 0), _MARGIN_MAX_DB)


def _link_check(uplink: Verified) -> LinkCheckAns:
    best = ranked(uplink.received.receptions)[0]
    count = min(len(uplink.received.receptions), _GATEWAYS_MAX)
    return LinkCheckAns(link_margin_db(best.snr_db, uplink.received.data_rate), count)


def _content(session: SessionState, frame: _Frame) -> DataContent:
    """Its counter is taken when it is certain to leave."""
    downlink, commands = frame.downlink, encode_commands(frame.commands)
    if downlink is None or downlink.payload is None:
        return DataContent(session.dev_addr, 0, f_opts=commands, ack=frame.ack)
    return DataContent(
        session.dev_addr,
        0,
        downlink.f_port,
        downlink.payload,
        commands,
        confirmed=downlink.confirmed,
        ack=frame.ack,
    )


def _answer(
    session: SessionState, content: DataContent, phy_payload: bytes, chances: list[Opportunity], frame: _Frame
) -> Answer:
    m_type = MType.CONFIRMED_DATA_DOWN if content.confirmed else MType.UNCONFIRMED_DATA_DOWN
    payload = None if content.f_port is None else content.payload
    return Answer(
        session.device,
        session.dev_addr,
        phy_payload,
        m_type,
        content.f_cnt,
        content.f_port,
        payload,
        chances,
        frame.downlink,
        frame.requests,
        content.f_opts if session.version.is_1_1 else None,
    )
