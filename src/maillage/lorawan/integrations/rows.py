"""What the event log's store reads and writes, as values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Attached:
    """A device, its application and what has been told of it."""

    dev_eui: str
    device_name: str
    model_key: str
    organisation_id: int
    organisation_name: str
    application_id: UUID
    application_name: str
    max_uplinks_a_day: int | None
    dev_addr: int | None
    joined_at: datetime | None
    announced_join_at: datetime | None
    battery: int | None
    margin_db: int | None
    status_at: datetime | None
    announced_status_at: datetime | None


@dataclass(frozen=True, slots=True)
class LoggedFrame:
    """An uplink of the frame log."""

    id: int
    at: datetime
    dev_eui: str
    organisation_id: int
    dev_addr: int
    m_type: int
    f_cnt: int
    f_port: int | None
    frequency_hz: int
    data_rate: str
    phy_payload: bytes
    payload: bytes | None
    receptions: Sequence[Mapping[str, Any]]
    decoded: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class DownlinkFacts:
    """A row of the downlink queue, with the frame that carried it, if the log still has it."""

    id: str
    f_cnt_down: int | None
    gateway_eui: str
    confirmed: bool
    frequency_hz: int | None
    data_rate: str | None
    power_dbm: int | None


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to be written, unless its source has made it already."""

    at: datetime
    application_id: UUID
    dev_eui: str
    type: str
    source: str
    body: str


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """A line of the event log."""

    id: int
    at: datetime
    application_id: UUID
    dev_eui: str
    type: str
    body: str


@dataclass(slots=True)
class DayUse:
    """What one application has used on one day."""

    uplinks: int = 0
    withheld: int = 0


UseKey = tuple[UUID, date]


@dataclass(slots=True)
class Harvest:
    """What one batch of news makes of the log."""

    events: list[NewEvent] = field(default_factory=list)
    use: dict[UseKey, DayUse] = field(default_factory=dict)
    joins: dict[str, datetime] = field(default_factory=dict)
    statuses: dict[str, datetime] = field(default_factory=dict)
