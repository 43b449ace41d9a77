"""Payloads go to the codecs in as few requests as their windows allow."""

import asyncio

from maillage.lorawan.codecs.values import Decoded
from maillage.lorawan.server.decoder import Decoder


class Codecs:
    """Answers at once and remembers what it was asked."""

    def __init__(self) -> None:
        self.requests: list[list[bytes]] = []

    async def decode(self, batch):
        self.requests.append([item.payload for item in batch])
        return [Decoded({}, {"air_temperature": 19.0})] * len(batch)

    async def encode(self, _model_key, _data):
        raise AssertionError("nothing is encoded here")


async def taken(decoder, count):
    """What has been decoded, once there are ``count``."""
    found = []
    async with asyncio.timeout(5):
        while len(found) < count:
            await asyncio.sleep(0)
            found += decoder.take_decoded()
    return found


async def test_frames_that_come_shortly_after_one_another_make_one_request(bench):
    codecs = Codecs()
    decoder = Decoder(codecs)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(decoder.run())
        for device in bench.devices:
            decoder.ask(bench.uplink(device.uplink(b"\x01")))
            decoder.flush()
            await asyncio.sleep(0)
        first, second = await taken(decoder, 2)
        running.cancel()
    assert codecs.requests == [[b"\x01", b"\x01"]]
    assert first.decoding.measures == second.decoding.measures == {"air_temperature": 19.0}


async def test_a_frame_without_payload_is_no_request(bench):
    codecs = Codecs()
    decoder = Decoder(codecs)
    empty = bench.uplink(bench.devices[0].uplink(b""))
    decoder.ask(empty)
    decoder.flush()
    assert empty.decoding.measures == {}
    assert codecs.requests == []
