"""What goes back to a device, built and counted but not yet sent. Pure; LoRaWAN L2 1.0.4, §4.3 and §5."""

from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from maillage.lorawan.protocol.build import DataContent, build_data_downlink
from maillage.lorawan.protocol.mac.command import MacCommand
from maillage.lorawan.protocol.mac.device_time import DeviceTimeAns, DeviceTimeReq
from maillage.lorawan.protocol.mac.link_check import LinkCheckAns, LinkCheckReq
from maillage.lorawan.protocol.mac.stream import encode_commands
from maillage.lorawan.protocol.types import MType
from maillage.lorawan.regions.data_rate import DataRate, LoRaDataRate
from maillage.lorawan.server.downlinks import DownlinkBook, FailureCause, WaitingDownlink
from maillage.lorawan.server.downlinks import DownlinkState as State
from maillage.lorawan.server.duty import DutyLedger
from maillage.lorawan.server.opportunities import Opportunity, RadioPlan
from maillage.lorawan.server.registry import DeviceState, SessionState
from maillage.lorawan.server.stages import Verified, ranked
from maillage.lorawan.server.verify import mac_commands

_F_CNT_MAX = 0xFFFF_FFFF
_MARGIN_MAX_DB = 254
_GATEWAYS_MAX = 255
_FRAME_OVERHEAD_BYTES = 13
# Demodulation floor of a LoRa receiver by spreading factor: Semtech SX1276 datasheet, table 13.
_FLOOR_DB = {5: -5.0, 6: -5.0, 7: -7.5, 8: -10.0, 9: -12.5, 10: -15.0, 11: -17.5, 12: -20.0}


class Answer(Struct, frozen=True):
    """A frame whose counter is reserved. ``opportunities`` are tried in order, once the reservation is durable."""

    device: DeviceState
    dev_addr: int | None
    phy_payload: bytes
    m_type: int
    f_cnt: int | None
    f_port: int | None
    payload: bytes | None
    opportunities: list[Opportunity]
    downlink: WaitingDownlink | None


class Answering:
    """Decides what a device gets, and takes its downlink counter. ``reaches`` tells of a gateway's EUI."""

    def __init__(self, plan: RadioPlan, ledger: DutyLedger, book: DownlinkBook, reaches: Callable[[str], bool]) -> None:
        self._plan = plan
        self._ledger = ledger
        self._book = book
        self._reaches = reaches

    def to_uplink(self, uplink: Verified, at: datetime, now_s: float) -> Answer | None:
        """ACK, answers to MAC commands and the next downlink of the queue in one frame; None when nothing is due."""
        session, device = uplink.session, uplink.session.device
        commands = encode_commands(answers_to(uplink))
        downlink = self._book.next_of(device.dev_eui)
        must = uplink.frame.confirmed or uplink.frame.adr_ack_req or bool(commands)
        if downlink is None and not must:
            return None
        chances = self._plan.class_a(uplink.received, session.rx1_delay_s)
        downlink = self._fitting(downlink, chances, len(commands), at)
        if downlink is None and not must:
            return None
        return self._build(session, downlink, commands, chances, now_s, at, ack=uplink.frame.confirmed)

    def at_once(self, device: DeviceState, at: datetime, now_s: float) -> Answer | None:
        """The next downlink of a class C device; None when there is none, or no way to it at the moment."""
        downlink, session = self._book.next_of(device.dev_eui), device.session
        if downlink is None or session is None or not self._reaches(device.best_gateway_eui):
            return None
        chances = [self._plan.class_c(device.best_gateway_eui)]
        downlink = self._fitting(downlink, chances, 0, at)
        if downlink is None:
            return None
        return self._build(session, downlink, b"", chances, now_s, at, ack=False)

    def _fitting(
        self, downlink: WaitingDownlink | None, chances: list[Opportunity], commands_bytes: int, at: datetime
    ) -> WaitingDownlink | None:
        """The downlink if a window can carry it; it fails for good when no window of the region ever could."""
        if downlink is None or downlink.payload is None:
            return None
        size = len(downlink.payload)
        if size + commands_bytes <= self._plan.longest_payload(chances):
            return downlink
        longest = max(limit.frm_payload_bytes for limit in self._plan.region.max_payloads)
        if size > longest:
            detail = f"{size} bytes; the longest that {self._plan.region.name} carries is {longest}"
            self._book.end(downlink, State.FAILED, at, FailureCause.PAYLOAD_TOO_LONG, detail)
        return None

    def _build(
        self,
        session: SessionState,
        downlink: WaitingDownlink | None,
        commands: bytes,
        chances: list[Opportunity],
        now_s: float,
        at: datetime,
        *,
        ack: bool,
    ) -> Answer | None:
        content = _content(session, downlink, commands, ack=ack)
        size = _FRAME_OVERHEAD_BYTES + len(content.payload) + len(commands)
        chance = self._plan.first_possible(chances, size, self._ledger, now_s)
        if chance is None or session.f_cnt_down > _F_CNT_MAX:
            return None
        pending = self._book.is_more_than(session.device.dev_eui, downlink)
        phy_payload = build_data_downlink(session.crypto, content, f_pending=pending)
        session.f_cnt_down += 1
        if downlink is not None:
            self._book.sent(downlink, content.f_cnt, chance.gateway_eui, at, now_s)
        return _answer(session, content, phy_payload, chances[chances.index(chance) :], downlink)


def answers_to(uplink: Verified) -> list[MacCommand]:
    """LinkCheckAns and DeviceTimeAns, once each: nine bytes at most. The other commands of a device are reports."""
    if not uplink.commands:
        return []
    asked = {type(command) for command in mac_commands(uplink.frame, uplink.payload).commands}
    found: list[MacCommand] = []
    if LinkCheckReq in asked:
        found.append(_link_check(uplink))
    if DeviceTimeReq in asked:
        found.append(DeviceTimeAns.at(uplink.received.at))
    return found


def link_margin_db(snr_db: float, data_rate: DataRate) -> int:
    """Above the demodulation floor, 0..254 (LoRaWAN L2 1.0.4, §5.1)."""
    floor_db = _FLOOR_DB[data_rate.spreading_factor] if isinstance(data_rate, LoRaDataRate) else 0.0
    return min(max(round(snr_db - floor_db), 0), _MARGIN_MAX_DB)


def _link_check(uplink: Verified) -> LinkCheckAns:
    best = ranked(uplink.received.receptions)[0]
    count = min(len(uplink.received.receptions), _GATEWAYS_MAX)
    return LinkCheckAns(link_margin_db(best.snr_db, uplink.received.data_rate), count)


def _content(session: SessionState, downlink: WaitingDownlink | None, commands: bytes, *, ack: bool) -> DataContent:
    if downlink is None or downlink.payload is None:
        return DataContent(session.dev_addr, session.f_cnt_down, f_opts=commands, ack=ack)
    return DataContent(
        session.dev_addr,
        session.f_cnt_down,
        downlink.f_port,
        downlink.payload,
        commands,
        confirmed=downlink.confirmed,
        ack=ack,
    )


def _answer(
    session: SessionState,
    content: DataContent,
    phy_payload: bytes,
    chances: list[Opportunity],
    downlink: WaitingDownlink | None,
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
        downlink,
    )
