"""What telemetry tells: live pages, after an observation is durable (core NATS, may be lost); its own writer."""

from datetime import datetime
from typing import Annotated

import msgspec

LIVE_OBSERVATIONS = "live.observations"

PUSH_STREAM = "TELEMETRY"
PUSHES = "telemetry.push"
"""JetStream, ``Push`` messages of machines outside; the MQTT topic ``telemetry/push`` is the same subject."""

# PostgreSQL NOTIFY channel, sent inside the writing transaction. Payload: the dev_eui of a device that was installed as
# a thing, moved or removed, so that the writer reads its datastreams again.
NOTIFY_THINGS = "telemetry_things"


class LiveObservation(msgspec.Struct, frozen=True):
    datastream_id: int
    organisation_id: int
    thing_id: int
    quantity: str
    unit: str
    at: datetime
    value: float


class LiveObservationBatch(msgspec.Struct, frozen=True):
    observations: list[LiveObservation]


class PushedValue(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A value; ``unit``, where given, must be the datastream's."""

    datastream_id: int
    at: Annotated[datetime, msgspec.Meta(tz=True)]
    value: float
    unit: str = ""


class Push(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Values that a machine outside gives, as the owner of an API token."""

    token: str
    observations: list[PushedValue]
