"""The shapes of the integrations' REST API."""

import uuid
from datetime import datetime
from typing import Any

from ninja import Field, Schema
from pydantic import AwareDatetime

from maillage.lorawan.integrations.models import NAME_CHARACTERS, URL_CHARACTERS

_MOST = 2**31 - 1


class QuotasIn(Schema):
    """What is sold; null is without limit."""

    max_devices: int | None = Field(None, ge=0, le=_MOST)
    max_uplinks_a_day: int | None = Field(None, ge=0, le=_MOST)
    max_downlinks_a_day: int | None = Field(None, ge=0, le=_MOST)


class ApplicationIn(QuotasIn):
    """An application to create."""

    organisation_id: int
    name: str = Field(max_length=NAME_CHARACTERS)


class ApplicationOut(QuotasIn):
    """An application."""

    id: uuid.UUID
    organisation_id: int
    name: str
    created_at: datetime
    closed_at: datetime | None


class UseOut(Schema):
    """What is used: devices attached, messages of the day (UTC). ``withheld``: uplinks beyond the quota."""

    devices: int
    uplinks: int
    withheld: int
    downlinks: int


class ApplicationDetailOut(ApplicationOut):
    """An application with today's use."""

    use: UseOut


class ApplicationDeviceOut(Schema):
    """A device of an application."""

    dev_eui: str
    join_eui: str
    name: str
    model: str
    last_seen_at: datetime | None
    last_rssi_dbm: float | None
    last_snr_db: float | None


class AttachIn(Schema):
    """A device to attach. With ``join_eui``, ``app_key``, ``model`` and ``name`` it is registered first."""

    dev_eui: str = Field(max_length=64)
    join_eui: str | None = Field(None, max_length=64)
    app_key: str | None = Field(None, max_length=128, description="Stored, never given back.")
    nwk_key: str = Field("", max_length=128, description="LoRaWAN 1.1 only. Stored, never given back.")
    model: str | None = Field(None, max_length=64, description="Key of a known model; `other-class-a` without decoder.")
    name: str | None = Field(None, max_length=1000)


class DownlinkIn(Schema):
    """ChirpStack's DownlinkCommand: ``data`` in base64 on ``fPort``, or ``object`` for the model's encoder."""

    id: str = Field("", max_length=36, description="A UUID of yours: the same one sent again acts once.")
    confirmed: bool = False
    fPort: int = 0  # noqa: N815 - the schema's name
    data: str | None = Field(None, max_length=400)
    object: dict[str, Any] | None = None


class DownlinkOut(Schema):
    """A message in the queue. ``id`` is the ``queueItemId`` of the events that tell of it."""

    id: uuid.UUID
    state: str
    expires_at: datetime


class EventOut(Schema):
    """An event; ``id`` is its place in the log."""

    id: int
    at: datetime
    type: str
    dev_eui: str
    body: dict[str, Any]


class AppTokenIn(Schema):
    """A token to create."""

    name: str = Field(max_length=NAME_CHARACTERS)
    expires_at: AwareDatetime | None = None


class AppTokenOut(Schema):
    """A token, without its clear text."""

    id: int
    name: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class NewAppTokenOut(AppTokenOut):
    """A token just created. ``token`` is its clear text, given this once."""

    token: str


class WebhookIn(Schema):
    """An address to send events to; ``types`` empty for every type."""

    url: str = Field(max_length=URL_CHARACTERS)
    types: list[str] = Field([], max_length=10)


class WebhookOut(Schema):
    """An address and how it does. ``waiting`` events are to be delivered; ``dead_letters`` were given up."""

    id: uuid.UUID
    url: str
    types: list[str]
    state: str
    waiting: int
    dead_letters: int
    attempts: int
    next_attempt_at: datetime | None
    failing_since: datetime | None
    last_success_at: datetime | None


class NewWebhookOut(WebhookOut):
    """A webhook just created. ``secret`` signs its messages (Standard Webhooks), given this once."""

    secret: str


class AttemptOut(Schema):
    """One attempt; ``status`` of HTTP, or null and a ``problem``."""

    event_id: int
    type: str
    dev_eui: str
    at: datetime
    status: int | None
    problem: str
    duration_ms: int


class DeadLetterOut(Schema):
    """An event that was given up."""

    id: int
    event_id: int
    event_at: datetime
    type: str
    dev_eui: str
    given_up_at: datetime
    attempts: int
    status: int | None
    problem: str
    send_again_at: datetime | None


class ReplayIn(Schema):
    """Everything since then is sent again."""

    since: AwareDatetime


class CountOut(Schema):
    """How many."""

    count: int
