"""What the LoRaWAN network tells the rest of the house, as messages on the event bus (JSON by msgspec).

======================  ==========================  =======================================================
subject                 message                     delivery
======================  ==========================  =======================================================
``lorawan.uplinks``     ``UplinkBatch``             JetStream, after the group's counters are durable
``lorawan.downlinks``   ``DownlinkBatch``           JetStream, after each state is durable
``live.frames``         ``FrameBatch``              core NATS, for pages that look on; may be lost
``live.gateways``       ``GatewayBatch``            core NATS, for pages that look on; may be lost
======================  ==========================  =======================================================

A batch may be delivered twice (after a crash); consumers deduplicate by (dev_eui, f_cnt, at) or by state.
"""

from datetime import datetime

import msgspec

STREAM = "LORAWAN"
UPLINKS = "lorawan.uplinks"
DOWNLINKS = "lorawan.downlinks"
LIVE_FRAMES = "live.frames"
LIVE_GATEWAYS = "live.gateways"

# PostgreSQL NOTIFY channels: sent inside the writing transaction, so heard exactly when it commits.
NOTIFY_DOWNLINK = "lorawan_downlink"  # payload: dev_eui
NOTIFY_REGISTRY = "lorawan_registry"  # payload: dev_eui of a device added, changed or decommissioned; or "gateways"


class Uplink(msgspec.Struct, frozen=True):
    """An accepted uplink with the codec's normalised measures (quantity code → number)."""

    frame_id: int
    dev_eui: str
    organisation_id: int
    at: datetime
    f_cnt: int
    measures: dict[str, float]
    rssi_dbm: float
    snr_db: float
    gateway_count: int


class UplinkBatch(msgspec.Struct, frozen=True):
    """The uplinks of one commit group."""

    uplinks: list[Uplink]


class DownlinkUpdate(msgspec.Struct, frozen=True):
    """``state`` is one of ``Downlink.State``; ``reference`` is what the asker gave (a command's id)."""

    downlink_id: str
    reference: str
    dev_eui: str
    state: str
    at: datetime
    cause: str = ""
    detail: str = ""


class DownlinkBatch(msgspec.Struct, frozen=True):
    """State changes of downlinks, oldest first."""

    updates: list[DownlinkUpdate]


class FrameEvent(msgspec.Struct, frozen=True):
    """A line of the live frame log."""

    frame_id: int
    dev_eui: str
    organisation_id: int
    at: datetime
    direction: str
    m_type: int
    f_cnt: int | None
    f_port: int | None
    frequency_hz: int
    data_rate: str
    payload_hex: str
    receptions: list[dict[str, str | float]]
    decoded: dict[str, object] | None


class FrameBatch(msgspec.Struct, frozen=True):
    frames: list[FrameEvent]


class GatewayEvent(msgspec.Struct, frozen=True):
    """Counters since registration, for the operator's page."""

    eui: str
    organisation_id: int
    last_seen_at: datetime
    uplink_count: int
    crc_error_count: int
    downlink_count: int
    downlink_failure_count: int
    round_trip_ms: float | None = None


class GatewayBatch(msgspec.Struct, frozen=True):
    gateways: list[GatewayEvent]
