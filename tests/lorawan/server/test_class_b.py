"""From a device's wish to be in class B to a downlink in its ping slot, the whole way, in simulated time."""

import asyncio
from datetime import timedelta

import pytest
from tests.lorawan.server.conftest import waiting
from tests.lorawan.simulated_network import START, SimulatedNetwork, device, fleet_of

from maillage.lorawan.gateways.semtech_udp.values import AtGpsTime
from maillage.lorawan.protocol.class_b import BEACON_PERIOD, ping_slots
from maillage.lorawan.protocol.gps_time import from_gps


def network(*, periodicity=2, period_s=60.0, gps=True) -> SimulatedNetwork:
    fleet = fleet_of([device(1, period_s=period_s, ping_periodicity=periodicity)])
    if not gps:
        fleet.gateways[0] = type(fleet.gateways[0])(fleet.gateways[0].eui, "mast", 2.0, 48.0, gps=False)
    return SimulatedNetwork(fleet)


def queue(net, number, **options):
    expires_at = net.now() + timedelta(minutes=30)
    net.assembly.steps.book.add(waiting(net.node(0).entry.dev_eui, number, expires_at=expires_at, **options))


def in_class_b(net) -> bool:
    device_state = net.registry.devices[net.node(0).entry.dev_eui]
    return net.assembly.steps.class_b.is_active(device_state.session)


def test_a_device_comes_to_class_b_and_the_network_keeps_what_it_said():
    net = network(periodicity=3)
    asyncio.run(net.run(400))
    assert net.node(0).device.ping.is_active
    assert in_class_b(net)
    assert [(row.periodicity, row.active) for row in net.store.pings] == [(3, False), (3, True)]


def test_a_downlink_leaves_by_gps_time_in_a_ping_slot_and_is_heard_there():
    net = network(period_s=600.0)
    asyncio.run(net.run(2000))
    assert in_class_b(net)
    heard, told = net.town.tally.downlinks_heard, len(net.told)
    queue(net, 1)
    asyncio.run(net.run(20))
    assert net.town.tally.downlinks_heard == heard + 1
    ((_, packet),) = net.told[told:]
    assert isinstance(packet.schedule, AtGpsTime)
    instant = from_gps(timedelta(milliseconds=packet.schedule.gps_ms))
    session = net.registry.devices[net.node(0).entry.dev_eui].session
    beacon = instant - (instant - from_gps(timedelta(0))) % BEACON_PERIOD
    assert instant in list(ping_slots(beacon, session.dev_addr, 2))
    assert net.store.changes[-1].state == "sent"


def test_many_downlinks_follow_each_other_slot_by_slot_in_order():
    net = network(periodicity=0, period_s=600.0)
    asyncio.run(net.run(2000))
    heard = net.town.tally.downlinks_heard
    for number in range(5):
        queue(net, number)
    asyncio.run(net.run(60))
    assert net.town.tally.downlinks_heard == heard + 5


def test_a_confirmed_downlink_in_a_ping_slot_is_acknowledged():
    net = network(period_s=600.0)
    asyncio.run(net.run(2000))
    queue(net, 1, confirmed=True)
    asyncio.run(net.run(40))
    assert [change.state for change in net.store.changes[-2:]] == ["sent", "acknowledged"]


def test_without_a_gateway_that_knows_gps_time_the_next_uplink_carries_it():
    net = network(gps=False)
    asyncio.run(net.run(400))
    assert not net.node(0).device.ping.is_active
    assert not in_class_b(net)
    told = len(net.told)
    queue(net, 1)
    asyncio.run(net.run(90))
    assert net.told[told:]
    assert not any(isinstance(packet.schedule, AtGpsTime) for _, packet in net.told)


def test_what_was_known_of_class_b_survives_a_restart():
    net = network(period_s=600.0)
    asyncio.run(net.run(2000))
    rows, desk = net.store.pings, net.assembly.steps.class_b
    desk._states.clear()
    assert not in_class_b(net)
    desk.restore(rows[-1:])
    assert in_class_b(net)


@pytest.mark.parametrize("seconds", [1, 127])
def test_simulated_time_starts_anywhere_in_a_beacon_period(seconds):
    net = network()
    asyncio.run(net.run(seconds))
    assert net.now() >= START + timedelta(seconds=seconds - 1)
