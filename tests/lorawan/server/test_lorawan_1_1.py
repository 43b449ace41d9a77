"""LoRaWAN 1.1 from the air to the table and back: the simulator's device against the server's core and PostgreSQL."""

import random

import psycopg
import pytest
from tests.lorawan.radio_side import JOIN_EUI, KEYS, FakeDevice, register
from tests.lorawan.server.core import GATEWAY_EUI, Core, Radio

from maillage.lorawan.keys import Purpose
from maillage.lorawan.protocol.mac.rekey import RekeyInd
from maillage.lorawan.protocol.rejoin import RejoinType
from maillage.lorawan.regions.eu863_870 import EU863_870
from maillage.lorawan.simulator.device import EndDevice, Heard, Identity, Joined

NWK_KEY = bytes(range(16))


@pytest.fixture
async def core(lorawan_conninfo):
    found = Core(lorawan_conninfo)
    yield found
    await found.kill()


async def device_on(core, conninfo, *, model="of-1.1", registered_nwk_key=NWK_KEY, speaks_1_1=True):
    """A device in the table and on the air; keys may differ between the two, as people make it happen."""
    fake = FakeDevice(1, model)
    register(conninfo, [fake], [bytes.fromhex(GATEWAY_EUI)], joined=False)
    if registered_nwk_key:
        wrapped = KEYS.wrap(registered_nwk_key, fake.dev_eui, Purpose.NWK_KEY)
        with psycopg.connect(conninfo) as connection:
            connection.execute("UPDATE lorawan_device SET nwk_key = %s", (wrapped,))
    await core.start()
    identity = Identity(bytes.fromhex(fake.dev_eui), JOIN_EUI, fake.app_key, NWK_KEY if speaks_1_1 else b"")
    return Radio(core, EndDevice(identity, EU863_870, 5, random.Random(1)))


def state_of(radio):
    return next(iter(radio.core.registry.devices.values()))


def column(conninfo, name, table="lorawan_session"):
    with psycopg.connect(conninfo) as connection:
        rows = connection.execute(f"SELECT {name} FROM {table}").fetchall()  # noqa: S608 - a test's own words
    return [row[0] for row in rows]


async def test_a_device_of_1_1_joins_is_confirmed_and_speaks_both_ways(core, lorawan_conninfo):
    radio = await device_on(core, lorawan_conninfo)
    (joined,) = await radio.join()
    assert isinstance(joined, Joined)
    assert radio.device.session.is_1_1
    (confirmed,) = await radio.uplink()
    assert isinstance(confirmed, Heard)
    assert radio.device.exchange.questions == ()
    assert await radio.uplink() == []
    (heard,) = await radio.uplink(confirmed=True)
    assert heard.acknowledges
    assert column(lorawan_conninfo, "f_cnt_up") == [2]
    assert column(lorawan_conninfo, "mismatch") == [""]


async def test_rekey_ind_is_repeated_until_its_confirmation_is_heard(core, lorawan_conninfo):
    radio = await device_on(core, lorawan_conninfo)
    await radio.join()
    await radio.uplink(lost=True)
    await radio.uplink(lost=True)
    assert [one.command for one in radio.device.exchange.questions] == [RekeyInd()]
    await radio.uplink()
    assert radio.device.exchange.questions == ()


async def test_the_two_downlink_counters_are_kept_apart_and_survive_a_kill(core, lorawan_conninfo):
    radio = await device_on(core, lorawan_conninfo)
    await radio.join()
    await radio.uplink()
    queue(lorawan_conninfo, state_of(radio).dev_eui, confirmed=True)
    await core.changes.load_all()
    (told,) = await radio.uplink()
    assert (told.f_port, told.data, told.confirmed) == (7, b"hello", True)
    assert column(lorawan_conninfo, "(f_cnt_down, a_f_cnt_down, conf_f_cnt_down)::text") == ["(1,1,0)"]
    await core.kill()
    await core.start()
    await radio.uplink()  # acknowledges: its MIC is bound to the confirmed downlink before the kill
    assert column(lorawan_conninfo, "state", "lorawan_downlink") == ["acknowledged"]
    assert core.causes() == []
    queue(lorawan_conninfo, state_of(radio).dev_eui, number=2)
    await core.changes.load_all()
    (told,) = await radio.uplink()
    assert told.data == b"hello"
    assert column(lorawan_conninfo, "(f_cnt_down, a_f_cnt_down)::text") == ["(1,2)"]


def queue(conninfo, dev_eui, *, number=1, confirmed=False):
    with psycopg.connect(conninfo) as connection:
        connection.execute(
            "INSERT INTO lorawan_downlink (id, device_id, reference, f_port, payload, confirmed, state, cause, detail,"
            " created_at, expires_at, attempts, gateway_eui) VALUES (%s, %s, '', 7, 'hello', %s, 'queued', '', '',"
            " '2026-03-01', '2027-03-01', 0, '')",
            (f"{number:032x}", dev_eui, confirmed),
        )


async def test_the_log_has_the_commands_of_1_1_in_clear(core, lorawan_conninfo):
    radio = await device_on(core, lorawan_conninfo)
    await radio.join()
    await radio.uplink()
    await core.settle()
    assert sorted(column(lorawan_conninfo, "f_opts", "lorawan_frame")[:2], key=bool) == [None, RekeyInd().encode()]


@pytest.mark.parametrize("kind", RejoinType)
async def test_a_rejoin_offers_a_session_and_the_first_uplink_in_it_decides(core, lorawan_conninfo, kind):
    radio = await device_on(core, lorawan_conninfo)
    await radio.join()
    await radio.uplink()
    before = radio.device.session.dev_addr
    (joined,) = await radio.rejoin(kind)
    assert isinstance(joined, Joined)
    assert joined.dev_addr != before
    assert column(lorawan_conninfo, "dev_addr") == [before]
    (answer,) = await radio.uplink()
    assert isinstance(answer, Heard)
    assert column(lorawan_conninfo, "dev_addr") == [joined.dev_addr]
    assert column(lorawan_conninfo, "dev_addr", "lorawan_pendingsession") == []
    assert core.registry.candidates(before) == ()


@pytest.mark.parametrize("is_killed", [False, True])
async def test_both_sessions_are_heard_until_the_device_has_chosen(core, lorawan_conninfo, is_killed):
    radio = await device_on(core, lorawan_conninfo)
    await radio.join()
    await radio.uplink()
    before = radio.device.session.dev_addr
    assert await radio.rejoin(RejoinType.NEW_SESSION, lost=True) == []
    if is_killed:
        await core.kill()
        await core.start()
    (heard,) = await radio.uplink(confirmed=True)
    assert heard.acknowledges
    assert radio.device.session.dev_addr == before
    (joined,) = await radio.rejoin(RejoinType.NEW_SESSION)
    if is_killed:
        await core.kill()
        await core.start()
    (heard,) = await radio.uplink(confirmed=True)
    assert heard.acknowledges
    assert (radio.device.session.dev_addr, column(lorawan_conninfo, "dev_addr")) == (joined.dev_addr, [joined.dev_addr])


async def test_a_rejoin_by_the_offered_session_proves_that_the_device_uses_it(core, lorawan_conninfo):
    radio = await device_on(core, lorawan_conninfo)
    await radio.join()
    await radio.uplink()
    (first,) = await radio.rejoin(RejoinType.NEW_KEYS)
    await radio.rejoin(RejoinType.NEW_KEYS, lost=True)
    assert column(lorawan_conninfo, "dev_addr") == [first.dev_addr]
    (heard,) = await radio.uplink(confirmed=True)
    assert heard.acknowledges


async def test_a_replayed_rejoin_is_refused_also_after_a_kill(core, lorawan_conninfo):
    radio = await device_on(core, lorawan_conninfo)
    await radio.join()
    await radio.uplink()
    await radio.rejoin(RejoinType.NEW_SESSION, lost=True)
    replayed = [radio.last]
    await radio.rejoin(RejoinType.RECOVERY, lost=True)
    replayed.append(radio.last)
    await core.kill()
    await core.start()
    for sent in replayed:
        core.hear(sent.phy_payload, sent.frequency_hz, sent.data_rate)
        assert await core.settle() == []
    assert core.causes() == ["join_replayed"] * 2


async def test_a_rejoin_for_another_network_is_refused(core, lorawan_conninfo):
    radio = await device_on(core, lorawan_conninfo)
    await radio.join()
    radio.device.session.net_id = 0x13
    assert await radio.rejoin(RejoinType.NEW_SESSION) == []
    assert core.causes() == ["rejoin_wrong_network"]


async def test_a_device_of_1_1_with_a_model_of_1_0_is_served_as_1_0_and_it_is_said(core, lorawan_conninfo):
    radio = await device_on(core, lorawan_conninfo, model="elsys-ers")
    await radio.join()
    assert not radio.device.session.is_1_1
    (heard,) = await radio.uplink(confirmed=True)
    assert heard.acknowledges
    assert column(lorawan_conninfo, "mismatch") == ["speaks_1_1"]


async def test_a_device_of_1_0_with_a_model_of_1_1_is_served_as_1_0_and_it_is_said(core, lorawan_conninfo):
    radio = await device_on(core, lorawan_conninfo, speaks_1_1=False)
    await radio.join()
    (heard,) = await radio.uplink(confirmed=True)
    assert heard.acknowledges
    assert column(lorawan_conninfo, "mismatch") == ["speaks_1_0"]


async def test_a_rejoin_of_a_device_without_1_1_is_refused_with_its_name(core, lorawan_conninfo):
    radio = await device_on(core, lorawan_conninfo, registered_nwk_key=None)
    assert await radio.join() == []
    assert core.causes() == ["join_wrong_mic"]
    assert await radio.rejoin(RejoinType.RECOVERY) == []
    assert core.causes() == ["rejoin_without_1_1"]


async def test_type_2_keeps_the_radio_settings_and_the_others_begin_anew(core, lorawan_conninfo):
    radio = await device_on(core, lorawan_conninfo)
    await radio.join()
    for _ in range(24):
        await radio.uplink()
    power = state_of(radio).session.mac.tx_power
    assert power > 0
    await radio.rejoin(RejoinType.NEW_KEYS)
    await radio.uplink()
    assert state_of(radio).session.mac.tx_power == power
    assert column(lorawan_conninfo, "tx_power") == [power]
    await radio.rejoin(RejoinType.NEW_SESSION)
    await radio.uplink()
    assert column(lorawan_conninfo, "tx_power") == [0]
