"""From accepted uplinks to observations: which measures are stored, which are refused and why."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from maillage.lorawan.events import Uplink

MOST_AHEAD = timedelta(minutes=5)
MOST_BEHIND = timedelta(days=366)
UNKNOWN_DEVICE = "telemetry_unknown_device"
UNKNOWN_QUANTITY = "telemetry_unknown_quantity"
NOT_A_NUMBER = "telemetry_not_a_number"
ABSURD_TIME = "telemetry_absurd_time"


@dataclass(frozen=True, slots=True)
class Stream:
    """Where the values of one quantity of one device go."""

    datastream_id: int
    organisation_id: int
    thing_id: int
    quantity: str
    unit: str


StreamsOfDevices = Mapping[str, Mapping[str, Stream]]
"""dev_eui → quantity → stream."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A value that will be stored."""

    stream: Stream
    at: datetime
    value: float


@dataclass(slots=True)
class Intake:
    """The verdict on some uplinks. ``refused`` counts by (cause, dev_eui)."""

    taken: list[Taken] = field(default_factory=list)
    refused: Counter[tuple[str, str]] = field(default_factory=Counter)


def unknown_pairs(uplinks: Iterable[Uplink], streams: StreamsOfDevices) -> set[str]:
    """The devices of which some measure has no stream yet: worth asking the database for, before refusing."""
    return {
        uplink.dev_eui for uplink in uplinks if not uplink.measures.keys() <= streams.get(uplink.dev_eui, {}).keys()
    }


def sort_out(uplinks: Iterable[Uplink], streams: StreamsOfDevices, now: datetime) -> Intake:
    """Takes every finite measure with a stream and a believable time; counts the rest by cause."""
    intake = Intake()
    for uplink in uplinks:
        _sort_out_one(uplink, streams.get(uplink.dev_eui), now, intake)
    return intake


def _sort_out_one(uplink: Uplink, streams: Mapping[str, Stream] | None, now: datetime, intake: Intake) -> None:
    if streams is None:
        intake.refused[UNKNOWN_DEVICE, uplink.dev_eui] += 1
        return
    if not now - MOST_BEHIND <= uplink.at <= now + MOST_AHEAD:
        intake.refused[ABSURD_TIME, uplink.dev_eui] += 1
        return
    for quantity, value in uplink.measures.items():
        stream = streams.get(quantity)
        if stream is None:
            intake.refused[UNKNOWN_QUANTITY, uplink.dev_eui] += 1
        elif not math.isfinite(value):
            intake.refused[NOT_A_NUMBER, uplink.dev_eui] += 1
        else:
            intake.taken.append(Taken(stream, uplink.at, value))
