"""What open pages are told: observations and commands as the interface kit's live messages. Pure conversion.

========================= ========================================================= ===============
topic                     data                                                      key
========================= ========================================================= ===============
``thing.<thing id>``      ``{"datastream.<id>": {"value", "unit", "at"}, …}``       none: each adds
``command.<thing id>``    ``{"command.<command id>": {"state", "at"}}``             ``life``
========================= ========================================================= ===============

The text of a command's state is not in the message: the page reads the fragment again, in its reader's language.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from maillage.command.events import CommandUpdate
from maillage.telemetry.events import LiveObservation, LiveObservationBatch
from maillage.web.live import LiveMessage

_STATES = {
    "proposed": "warning",
    "requested": "pending",
    "sent": "pending",
    "acknowledged": "pending",
    "confirmed": "ok",
    "refused": "danger",
    "failed": "danger",
    "expired": "danger",
}


def tone_of(command_state: str) -> str:
    """How the interface kit colours a command's state."""
    return _STATES[command_state]


def thing_topic(thing_id: int) -> str:
    """Where a thing's new values are told."""
    return f"thing.{thing_id}"


def command_topic(thing_id: int) -> str:
    """Where it is told that one of a thing's commands moved."""
    return f"command.{thing_id}"


def topics(thing_ids: Iterable[int]) -> list[str]:
    """Everything that a page about these things listens to."""
    return [topic for thing_id in thing_ids for topic in (thing_topic(thing_id), command_topic(thing_id))]


def value_key(datastream_id: int) -> str:
    """The key of a datastream's live value."""
    return f"datastream.{datastream_id}"


def live_value(value: float, unit: str, at: datetime) -> dict[str, object]:
    """A value as the kit's script reads it; decimals are those of the place that shows it."""
    return {"value": value, "unit": unit, "at": at}


def observation_messages(batch: LiveObservationBatch) -> Iterator[LiveMessage]:
    """One message a thing, with all its values of the batch; of one datastream only the newest."""
    by_thing: dict[int, dict[int, LiveObservation]] = {}
    for observation in batch.observations:
        values = by_thing.setdefault(observation.thing_id, {})
        known = values.get(observation.datastream_id)
        if known is None or known.at <= observation.at:
            values[observation.datastream_id] = observation
    for thing_id, values in by_thing.items():
        told = {value_key(stream_id): live_value(one.value, one.unit, one.at) for stream_id, one in values.items()}
        yield LiveMessage(thing_topic(thing_id), msgspec.json.encode(told).decode())


def command_message(update: CommandUpdate) -> LiveMessage:
    """That a command moved. A page that missed some needs the last only: it reads the whole life again."""
    told = {f"command.{update.command_id}": {"state": tone_of(update.state), "at": update.at}}
    return LiveMessage(command_topic(update.thing_id), msgspec.json.encode(told).decode(), "life")
