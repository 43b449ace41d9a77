"""The JetStream stream of what was heard and is not durable in the database yet."""

from contextlib import suppress
from datetime import timedelta

from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig, RetentionPolicy, StreamConfig
from nats.js.client import JetStreamContext as Stream
from nats.js.errors import NotFoundError

from maillage.lorawan.bridge.messages import AIR_STREAM, UP

_KEPT = timedelta(hours=6)
_MAX_BYTES = 2**30
# A message whose acknowledgement was lost comes again after this time.
TAKEN_FOR_S = 4.0
_WAITING_MAX = 10_000


async def ensure_air_stream(bus: JetStreamContext) -> None:
    """It exists with this configuration; whoever starts first makes it. A message is gone once it is acknowledged."""
    await bus.add_stream(
        StreamConfig(
            name=AIR_STREAM,
            subjects=[f"{UP}.*"],
            retention=RetentionPolicy.WORK_QUEUE,
            max_age=_KEPT.total_seconds(),
            max_bytes=_MAX_BYTES,
        )
    )


async def begin_ownership(bus: JetStreamContext, shard: int) -> None:
    """What the owner before had taken and not finished comes again at once, in its order, ahead of what came since.

    A frame that came after a newer one of its device would be refused as replayed.
    """
    with suppress(NotFoundError):
        await bus.delete_consumer(AIR_STREAM, _place(shard))


async def follow_shard(bus: JetStreamContext, shard: int) -> Stream.PullSubscription:
    """The shard's place in the stream."""
    config = ConsumerConfig(ack_wait=TAKEN_FOR_S, max_ack_pending=_WAITING_MAX, filter_subject=f"{UP}.{shard}")
    return await bus.pull_subscribe(f"{UP}.{shard}", _place(shard), AIR_STREAM, config)


def _place(shard: int) -> str:
    return f"shard-{shard}"
