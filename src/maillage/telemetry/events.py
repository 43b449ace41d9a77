"""What telemetry tells: live pages, after an observation is durable (core NATS, may be lost); its own writer."""

from datetime import datetime

import msgspec

LIVE_OBSERVATIONS = "live.observations"

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
