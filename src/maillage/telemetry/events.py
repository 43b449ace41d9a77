"""What telemetry tells live pages after an observation is durable (core NATS, may be lost)."""

from datetime import datetime

import msgspec

LIVE_OBSERVATIONS = "live.observations"


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
