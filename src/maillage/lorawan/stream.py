"""The JetStream stream of the LoRaWAN network, declared once for those who write to it and those who follow it."""

from datetime import timedelta

from nats.js import JetStreamContext
from nats.js.api import RetentionPolicy, StreamConfig

from maillage.lorawan.events import DOWNLINKS, STREAM, UPLINKS

KEPT = timedelta(days=7)
# About a day at 3,000 uplinks a second; the oldest goes first, long after every consumer in service has read it.
MAX_BYTES = 8 * 2**30


async def ensure_stream(bus: JetStreamContext) -> None:
    """The stream exists with this configuration; whoever starts first makes it. Raises what nats-py raises."""
    await bus.add_stream(
        StreamConfig(
            name=STREAM,
            subjects=[UPLINKS, DOWNLINKS],
            retention=RetentionPolicy.LIMITS,
            max_age=KEPT.total_seconds(),
            max_bytes=MAX_BYTES,
        )
    )
