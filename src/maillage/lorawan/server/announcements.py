"""Messages of the bus out of the server's values. Pure."""

import msgspec

from maillage.lorawan.events import DownlinkUpdate, FrameEvent, Uplink
from maillage.lorawan.server.downlinks import DownlinkChange
from maillage.lorawan.server.rows import FrameRow, LoggedUplink
from maillage.lorawan.server.stages import Verified, ranked

_DECODER = msgspec.json.Decoder()
_RECEPTIONS = msgspec.json.Decoder(list[dict[str, str | float]])


def uplink_message(uplink: Verified) -> Uplink:
    receptions, device = uplink.received.receptions, uplink.session.device
    best = ranked(receptions)[0]
    measures = uplink.decoding.measures if uplink.decoding else {}
    return Uplink(
        uplink.frame_id,
        device.dev_eui,
        device.organisation_id,
        uplink.received.at,
        uplink.f_cnt,
        measures,
        best.rssi_dbm,
        best.snr_db,
        len(receptions),
    )


def logged_message(logged: LoggedUplink, measures: dict[str, float]) -> Uplink:
    """The same message, out of the frame log."""
    receptions = _RECEPTIONS.decode(logged.receptions)
    return Uplink(
        logged.id,
        logged.dev_eui,
        logged.organisation_id,
        logged.at,
        logged.f_cnt,
        measures,
        float(receptions[0]["rssi_dbm"]),
        float(receptions[0]["snr_db"]),
        len(receptions),
    )


def frame_event(row: FrameRow) -> FrameEvent:
    return FrameEvent(
        row.id,
        row.dev_eui,
        row.organisation_id,
        row.at,
        row.direction,
        row.m_type,
        row.f_cnt,
        row.f_port,
        row.frequency_hz,
        row.data_rate,
        (row.payload or b"").hex(),
        _RECEPTIONS.decode(row.receptions),
        _DECODER.decode(row.decoded) if row.decoded else None,
    )


def downlink_message(change: DownlinkChange) -> DownlinkUpdate:
    return DownlinkUpdate(
        change.id, change.reference, change.dev_eui, change.state, change.at, change.cause, change.detail
    )
