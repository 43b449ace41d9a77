import asyncio
import json
from contextlib import aclosing
from datetime import UTC, datetime

import pytest

from maillage.web.live import Hub, LiveMessage, Pace, event_frame

NOW = datetime(2025, 3, 3, 13, 5, tzinfo=UTC)


async def no_pause(_seconds):
    return


async def allowed():
    return True


def a_hub(**pace):
    return Hub(Pace(**{"flush_interval_s": 0, "heartbeat_s": 5, **pace}), pause=no_pause, now=lambda: NOW)


def events(frame):
    parsed = []
    for block in frame.strip().split("\n\n"):
        name, *data = block.split("\n")
        parsed.append((name.removeprefix("event: "), "\n".join(line.removeprefix("data: ") for line in data)))
    return parsed


async def test_a_page_is_greeted_with_its_topics_and_the_server_s_time():
    hub = a_hub()
    async with aclosing(hub.subscribe(["b", "a"]).frames(allowed)) as frames:
        [(name, data)] = events(await anext(frames))
    assert name == "hello"
    assert json.loads(data) == {"topics": ["a", "b"], "now": "2025-03-03T13:05:00+00:00"}


async def test_a_page_gets_only_the_topics_it_asked_for():
    hub = a_hub()
    async with aclosing(hub.subscribe(["a"]).frames(allowed)) as frames:
        await anext(frames)
        hub.publish("b", "{}")
        hub.publish("a", b'{"n": 1}')
        assert events(await anext(frames)) == [("a", '{"n": 1}')]


async def test_of_one_key_only_the_last_value_is_sent_and_order_is_kept():
    hub = a_hub()
    async with aclosing(hub.subscribe(["a", "b"]).frames(allowed)) as frames:
        await anext(frames)
        hub.publish("a", "1", key="t")
        hub.publish("b", "9", key="t")
        hub.publish("a", "2", key="t")
        assert events(await anext(frames)) == [("b", "9"), ("a", "2")]


async def test_messages_without_a_key_are_all_sent():
    hub = a_hub()
    async with aclosing(hub.subscribe(["log"]).frames(allowed)) as frames:
        await anext(frames)
        for number in range(3):
            hub.publish("log", str(number))
        assert events(await anext(frames)) == [("log", "0"), ("log", "1"), ("log", "2")]


async def test_a_slow_page_loses_the_oldest_and_is_told_once():
    hub = a_hub(queue_size=2)
    async with aclosing(hub.subscribe(["log"]).frames(allowed)) as frames:
        await anext(frames)
        for number in range(5):
            hub.publish("log", str(number))
        assert events(await anext(frames)) == [("resync", "{}"), ("log", "3"), ("log", "4")]
        hub.publish("log", "5")
        assert events(await anext(frames)) == [("log", "5")]


async def test_a_silent_stream_beats():
    hub = a_hub(heartbeat_s=0)
    async with aclosing(hub.subscribe(["a"]).frames(allowed)) as frames:
        await anext(frames)
        [(name, data)] = events(await anext(frames))
    assert (name, json.loads(data)) == ("beat", {"now": "2025-03-03T13:05:00+00:00"})


async def test_after_each_flush_the_stream_pauses_while_values_gather():
    paused = []

    async def gather(seconds):
        paused.append(seconds)
        hub.publish("a", "2", key="t")
        hub.publish("a", "3", key="t")

    hub = Hub(Pace(flush_interval_s=0.25, heartbeat_s=5), pause=gather, now=lambda: NOW)
    async with aclosing(hub.subscribe(["a"]).frames(allowed)) as frames:
        await anext(frames)
        hub.publish("a", "1", key="t")
        assert events(await anext(frames)) == [("a", "1")]
        assert events(await anext(frames)) == [("a", "3")]
    assert paused == [0.25]


async def test_a_page_that_leaves_is_forgotten():
    hub = a_hub()
    subscription = hub.subscribe(["a", "b"])
    assert hub.subscriber_count == 0
    frames = subscription.frames(allowed)
    await anext(frames)
    assert (hub.subscriber_count, hub.has_subscribers("a")) == (1, True)
    await frames.aclose()
    assert (hub.subscriber_count, hub.has_subscribers("a")) == (0, False)


async def test_a_cancelled_reader_is_forgotten():
    hub = a_hub()
    greeted = asyncio.Event()

    async def read():
        async for _frame in hub.subscribe(["a"]).frames(allowed):
            greeted.set()

    reader = asyncio.create_task(read())
    await greeted.wait()
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert hub.subscriber_count == 0


async def test_the_hub_is_fed_by_a_source():
    async def source():
        yield LiveMessage("a", "1")
        yield LiveMessage("b", "2")

    hub = a_hub()
    async with aclosing(hub.subscribe(["b"]).frames(allowed)) as frames:
        await anext(frames)
        await hub.feed(source())
        assert events(await anext(frames)) == [("b", "2")]


def test_a_message_of_several_lines_stays_one_event():
    assert event_frame("log", "a\nb") == "event: log\ndata: a\ndata: b\n\n"


def test_a_topic_may_not_take_the_name_of_our_own_events():
    with pytest.raises(ValueError, match="hello"):
        a_hub().subscribe(["hello"])


async def test_a_page_that_may_no_longer_see_hears_nothing_more():
    hub, answers = a_hub(heartbeat_s=0), iter([True, False])

    async def ask():
        return next(answers)

    async with aclosing(hub.subscribe(["a"]).frames(ask)) as frames:
        await anext(frames)
        hub.publish("a", "1")
        assert events(await anext(frames)) == [("a", "1")]
        hub.publish("a", "2")
        with pytest.raises(StopAsyncIteration):
            await anext(frames)
    assert not hub.has_subscribers("a")
