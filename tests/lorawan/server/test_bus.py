"""The event bus over a real server."""

import asyncio

import nats

from maillage.lorawan.events import STREAM, UPLINKS
from maillage.lorawan.server.bus import NatsBus


async def test_a_stream_that_was_lost_is_made_again_and_nothing_waits_for_ever(nats_server):
    bus, client = NatsBus(nats_server.url), await nats.connect(nats_server.url)
    await asyncio.wait_for(bus.run(), 10)
    try:
        await client.jetstream().delete_stream(STREAM)
        await bus.publish(UPLINKS, b"{}")
        assert (await client.jetstream().stream_info(STREAM)).state.messages == 1
        await client.jetstream().delete_stream(STREAM)
    finally:
        await bus.close()
        await client.close()
