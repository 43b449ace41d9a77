"""From the network's events to what open pages are told."""

import json

from tests.fixtures.radio import EVRY_VALVE, MAST, NOW

from maillage.identity.actor import Actor, Role, machine
from maillage.lorawan.events import FrameBatch, FrameEvent, GatewayBatch, GatewayEvent
from maillage.lorawan.live import frame_messages, gateway_messages, gateway_topics, log_topics

FRAME = FrameEvent(7, EVRY_VALVE, 3, NOW, "up", 2, 41, 2, 868_100_000, "SF7BW125", "011d", [], {"temperature": 19.5})


def test_each_frame_goes_to_its_device_s_topic_and_none_replaces_another():
    first, second, *_grown = frame_messages(FrameBatch([FRAME, FRAME]))
    assert first.topic == f"frames.{EVRY_VALVE}"
    assert (first.key, second.key) == (None, None)
    data = json.loads(first.data)
    assert (data["frame_id"], data["at"], data["decoded"]) == (7, "2026-03-02T10:00:00Z", {"temperature": 19.5})


def test_new_frames_are_announced_to_the_logs_that_show_them():
    _first, *grown = frame_messages(FrameBatch([FRAME]))
    assert [(message.topic, message.data, message.key) for message in grown] == [
        ("frames", "{}", "new"),
        ("frames.of.3", "{}", "new"),
    ]
    technician = Actor(1, "T", 9, Role.TECHNICIAN, frozenset({3, 9}))
    assert log_topics(technician) == ["frames.of.3", "frames.of.9"]
    assert log_topics(machine("operator")) == ["frames"]


def test_a_gateway_s_counters_are_live_values_for_the_operator_and_for_its_own_tenant():
    messages = gateway_messages(GatewayBatch([GatewayEvent(MAST, 3, NOW, 10, 1, 4, 2)]))
    assert [message.topic for message in messages] == ["gateways", "gateways.3"]
    assert {message.key for message in messages} == {MAST}
    values = json.loads(messages[0].data)
    assert values[f"gateway.{MAST}.uplinks"] == {"value": 10, "decimals": 0, "at": "2026-03-02T10:00:00Z"}
    assert values[f"gateway.{MAST}.failures"]["value"] == 2
    assert values[f"gateway.{MAST}.state"]["state"] == "ok"


def test_nobody_listens_to_another_tenant_s_gateways():
    technician = Actor(1, "t", 2, Role.TECHNICIAN, frozenset({5, 2}))
    assert gateway_topics(technician) == ["gateways.2", "gateways.5"]
    assert gateway_topics(machine("x")) == ["gateways"]
