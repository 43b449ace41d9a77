"""A group gets its session and its messages over the simulated air; every message ends with its cause."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from tests.lorawan.multicast.group_network import GroupNetwork
from tests.lorawan.simulated_network import device, fleet_of

DATA = b"\x0e\x13"


@pytest.fixture
def town(lorawan_conninfo):
    entries = [device(n, period_s=60.0, east=n % 2) for n in range(1, 5)]
    town = GroupNetwork(lorawan_conninfo, fleet_of(entries, 2))
    town.register()
    return town


def open_session(town, group_id, in_s=300, lasts_s=300):
    starts = (town.net.now() + timedelta(seconds=in_s)).replace(microsecond=0)
    query = "UPDATE lorawan_multicastgroup SET session_starts_at = %s, session_ends_at = %s WHERE id = %s"
    town.put(query, starts, starts + timedelta(seconds=lasts_s), group_id)


def queue(town, group_id, minutes=30):
    message_id, now = uuid4(), town.net.now()
    town.put(
        "INSERT INTO lorawan_multicastmessage (id, group_id, f_port, payload, state, cause, created_at, expires_at,"
        " copies, copies_failed) VALUES (%s, %s, 5, %s, 'queued', '', %s, %s, 0, 0)",
        *(message_id, group_id, DATA, now, now + timedelta(minutes=minutes)),
    )
    return message_id


def fate(town, message_id):
    query = "SELECT state, cause, f_cnt, copies, copies_failed FROM lorawan_multicastmessage WHERE id = %s"
    return town.rows(query, message_id)[0]


def story(town, act):
    async def play():
        await town.open()
        await town.run(300)
        group_id = town.group()
        await town.run(400)
        result = await act(group_id)
        await town.close()
        return result

    return asyncio.run(play())


def test_a_message_waits_for_the_session_and_is_heard_by_every_member_once(town):
    heard = []
    for node in town.net.town.nodes:
        node.model.obey = lambda f_port, data: heard.append((f_port, data)) or False

    async def act(group_id):
        message_id = queue(town, group_id)
        await town.run(60)
        assert fate(town, message_id)[0] == "queued"
        open_session(town, group_id)
        await town.run(420)
        return message_id

    message_id = story(town, act)
    state, cause, f_cnt, copies, failed = fate(town, message_id)
    assert (state, cause, f_cnt, failed) == ("sent", "", 0, 0)
    assert copies == len({eui for eui, packet in town.net.told if packet.frequency_hz == 869_525_000})
    assert heard == [(5, DATA)] * 4
    assert {row[0] for row in town.rows("SELECT step FROM lorawan_multicastmember")} == {"ready"}
    agreed = "SELECT count(*) FROM lorawan_multicastmember AS m, lorawan_multicastgroup AS g"
    assert town.rows(f"{agreed} WHERE m.session_at = g.session_starts_at") == [(4,)]


def test_a_message_without_a_session_expires_with_that_cause(town):
    async def act(group_id):
        message_id = queue(town, group_id, minutes=2)
        await town.run(150)
        return message_id

    assert fate(town, story(town, act))[:2] == ("expired", "no_session")


def test_a_message_that_no_gateway_would_send_has_failed_and_says_why(town):
    async def act(group_id):
        message_id = queue(town, group_id)
        open_session(town, group_id, in_s=200)
        await town.run(190)
        town.net.town.transmit = lambda *_: "TX_FREQ"
        await town.run(60)
        return message_id

    state, cause, _, copies, failed = fate(town, story(town, act))
    assert (state, cause) == ("failed", "tx_freq")
    assert copies == failed > 0


def test_nothing_is_sent_beyond_the_legal_air_time_and_the_message_leaves_later(town):
    async def act(group_id):
        message_id = queue(town, group_id)
        open_session(town, group_id, in_s=100, lasts_s=600)
        ledger, now_s = town.net.assembly.ledger, town.net.now_s
        for one in town.fleet.gateways:
            ledger.book(one.eui, 869_525_000, 360.0, now_s - 3300)  # free again in 300 s
        await town.run(200)
        waits = fate(town, message_id)[0]
        await town.run(250)
        return waits, fate(town, message_id)[0]

    assert story(town, act) == ("queued", "sent")
