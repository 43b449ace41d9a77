"""Decided uplinks and sent downlinks as the rows of one commit. Pure."""

from collections.abc import Iterable, Iterator

import msgspec
from msgspec.structs import replace

from maillage.lorawan.protocol.types import MType
from maillage.lorawan.regions.data_rate import DataRate
from maillage.lorawan.server.registry import SessionState
from maillage.lorawan.server.rows import CounterRow, FrameRow
from maillage.lorawan.server.stages import Reception, Verified, ranked
from maillage.lorawan.server.transmitter import Sent

_ENCODER = msgspec.json.Encoder()


class _ReceptionJson(msgspec.Struct, frozen=True):
    eui: str
    rssi_dbm: float
    snr_db: float


class _SenderJson(msgspec.Struct, frozen=True):
    eui: str
    power_dbm: int


def counter_rows(uplinks: Iterable[Verified], sessions_down: Iterable[CounterRow]) -> list[CounterRow]:
    """One row a session: its highest accepted counter of the group, its next downlink counters."""
    rows = {row.dev_eui: row for row in sessions_down}
    for uplink in uplinks:
        row = counter_row(uplink)
        known = rows.get(row.dev_eui)
        if known is None or row.dev_addr != known.dev_addr or row.restarted or row.f_cnt_up > known.f_cnt_up:
            restarted = row.restarted or (known is not None and known.dev_addr == row.dev_addr and known.restarted)
            rows[row.dev_eui] = replace(row, restarted=restarted)
    return list(rows.values())


def counter_row(uplink: Verified) -> CounterRow:
    """The uplink's own counter, not the session's: the next frame may already be in its window, not in this group."""
    return _row(uplink.session, uplink.f_cnt, restarted=uplink.restarted)


def reserved_row(session: SessionState) -> CounterRow:
    """What answers have reserved; -1 leaves the uplink counter as it is."""
    return _row(session, -1, restarted=False)


def _row(session: SessionState, f_cnt_up: int, *, restarted: bool) -> CounterRow:
    return CounterRow(
        session.device.dev_eui,
        session.dev_addr,
        f_cnt_up,
        session.f_cnt_down,
        session.a_f_cnt_down,
        session.conf_f_cnt,
        restarted,
    )


def uplink_row(uplink: Verified) -> FrameRow:
    received, frame, device = uplink.received, uplink.frame, uplink.session.device
    return FrameRow(
        uplink.frame_id,
        received.at,
        "up",
        device.dev_eui,
        device.organisation_id,
        frame.dev_addr,
        MType.CONFIRMED_DATA_UP if frame.confirmed else MType.UNCONFIRMED_DATA_UP,
        uplink.f_cnt,
        frame.f_port,
        received.frequency_hz,
        data_rate_text(received.data_rate),
        received.phy_payload,
        uplink.payload,
        receptions_json(received.receptions),
        (uplink.decoding.decoded or None) if uplink.decoding else None,
        _f_opts(uplink),
    )


def _f_opts(uplink: Verified) -> bytes | None:
    """In clear, for the log: in 1.1 the frame itself has them encrypted."""
    if not uplink.session.version.is_1_1:
        return None
    return uplink.commands if uplink.frame.f_opts else b""


def downlink_row(sent: Sent, frame_id: int) -> FrameRow:
    answer, chance = sent.answer, sent.opportunity
    return FrameRow(
        frame_id,
        sent.at,
        "down",
        answer.device.dev_eui,
        answer.device.organisation_id,
        answer.dev_addr,
        answer.m_type,
        answer.f_cnt,
        answer.f_port,
        chance.frequency_hz,
        data_rate_text(chance.data_rate),
        answer.phy_payload,
        answer.payload,
        _ENCODER.encode([_SenderJson(chance.gateway_eui, chance.power_dbm)]),
        None,
        answer.f_opts,
    )


def receptions_json(receptions: list[Reception]) -> bytes:
    """Best first."""
    return _ENCODER.encode(list(_reception_values(receptions)))


def data_rate_text(data_rate: DataRate) -> str:
    return str(data_rate.datr)


def _reception_values(receptions: list[Reception]) -> Iterator[_ReceptionJson]:
    for found in ranked(receptions):
        yield _ReceptionJson(found.gateway.eui, found.rssi_dbm, found.snr_db)
