"""ABP devices from their row to their frames: strict counters, relaxed ones, their factory's channels."""

import random

import psycopg
import pytest
from tests.lorawan.radio_side import KEYS, FakeDevice, register
from tests.lorawan.server.core import GATEWAY_EUI, Core

from maillage.lorawan.keys import Purpose
from maillage.lorawan.mac_exchange.factory import abp_state
from maillage.lorawan.protocol.build import DataContent, build_data_uplink
from maillage.lorawan.protocol.crypto_1_1 import SessionCrypto11, SessionKeys11
from maillage.lorawan.protocol.frames import DataDownlink
from maillage.lorawan.protocol.mac.new_channel import NewChannelAns, NewChannelReq
from maillage.lorawan.protocol.mac.reset import ResetConf, ResetInd
from maillage.lorawan.protocol.mac.stream import encode_commands, parse_commands
from maillage.lorawan.protocol.parse import parse_frame
from maillage.lorawan.protocol.session import UplinkRadio
from maillage.lorawan.protocol.types import Direction
from maillage.lorawan.protocol.version import Version
from maillage.lorawan.regions.data_rate import LoRaDataRate
from maillage.lorawan.regions.eu863_870 import EU863_870

SF7 = LoRaDataRate(7, 125_000)
KEYS_1_1 = SessionKeys11(b"F" * 16, b"S" * 16, b"E" * 16, b"A" * 16)
FACTORY = abp_state(EU863_870)


@pytest.fixture
async def core(lorawan_conninfo):
    found = Core(lorawan_conninfo)
    yield found
    await found.kill()


async def device_on(core, conninfo, *, relaxed=False, keys_1_1=None):
    fake = FakeDevice(1)
    register(conninfo, [fake], [bytes.fromhex(GATEWAY_EUI)])
    with psycopg.connect(conninfo) as connection:
        connection.execute(
            "UPDATE lorawan_device SET is_abp = true, app_key = NULL, join_eui = '', counters_relaxed = %s", (relaxed,)
        )
        connection.execute(
            "UPDATE lorawan_session SET channel_mask = %s, mac_taught = %s", (FACTORY.channels, FACTORY.taught)
        )
        if keys_1_1 is not None:
            wrapped = [
                KEYS.wrap(key, fake.dev_eui, purpose)
                for key, purpose in (
                    (keys_1_1.f_nwk_s_int_key, Purpose.NWK_S_KEY),
                    (keys_1_1.app_s_key, Purpose.APP_S_KEY),
                    (keys_1_1.s_nwk_s_int_key, Purpose.S_NWK_S_INT_KEY),
                    (keys_1_1.nwk_s_enc_key, Purpose.NWK_S_ENC_KEY),
                )
            ]
            connection.execute(
                "UPDATE lorawan_session SET nwk_s_key = %s, app_s_key = %s, s_nwk_s_int_key = %s, nwk_s_enc_key = %s",
                wrapped,
            )
    await core.start()
    return fake


async def hear(core, frame):
    core.now_s += 60.0
    core.hear(frame, 868_100_000, SF7)
    return await core.settle()


def commands_of(answers, version=Version.V1_0_4):
    ((_opportunity, phy_payload),) = answers
    frame = parse_frame(phy_payload)
    assert isinstance(frame, DataDownlink)
    return parse_commands(Direction.DOWNLINK, frame.f_opts, version).commands


async def test_counters_are_strict_and_a_device_that_begins_again_is_refused(core, lorawan_conninfo):
    fake = await device_on(core, lorawan_conninfo)
    for _ in range(3):
        await hear(core, fake.uplink())
    fake.f_cnt = -1
    await hear(core, fake.uplink())
    assert core.causes() == ["replayed_frame"]
    (device,) = core.registry.devices.values()
    assert device.session.f_cnt_up == 2


async def test_a_relaxed_device_may_begin_again_and_its_downlink_counter_never_does(core, lorawan_conninfo):
    fake = await device_on(core, lorawan_conninfo, relaxed=True)
    for _ in range(3):
        await hear(core, fake.uplink(confirmed=True))
    fake.f_cnt = -1
    await hear(core, fake.uplink(confirmed=True))
    assert core.causes() == []
    with psycopg.connect(lorawan_conninfo) as connection:
        assert connection.execute("SELECT f_cnt_up, f_cnt_down FROM lorawan_session").fetchone() == (0, 4)
    await core.kill()
    await core.start()
    await hear(core, fake.uplink())
    assert core.causes() == []
    (device,) = core.registry.devices.values()
    assert (device.session.f_cnt_up, device.session.mac.taught) == (1, FACTORY.taught)


async def test_relaxed_does_not_mean_unsigned(core, lorawan_conninfo):
    fake = await device_on(core, lorawan_conninfo, relaxed=True)
    for _ in range(3):
        await hear(core, fake.uplink())
    fake.f_cnt = -1
    frame = fake.uplink()
    await hear(core, frame[:-1] + bytes((frame[-1] ^ 1,)))
    assert core.causes() == ["wrong_mic"]


async def test_an_abp_device_is_taught_the_channels_that_a_join_would_have(core, lorawan_conninfo):
    fake = await device_on(core, lorawan_conninfo)
    asked = commands_of(await hear(core, fake.uplink()))
    joined = EU863_870.channels_after_join(EU863_870.cf_list()).channels
    assert asked == tuple(NewChannelReq(index, joined[index].frequency_hz, 0, 5) for index in (3, 4))
    f_opts = encode_commands([NewChannelAns(True, True)] * 2)
    asked = commands_of(await hear(core, fake.uplink(f_opts=f_opts)))
    assert [request.channel_index for request in asked] == [5, 6]
    (device,) = core.registry.devices.values()
    assert device.session.mac.channels == 0b11111


async def test_a_join_of_an_abp_device_is_refused_with_its_name(core, lorawan_conninfo):
    fake = await device_on(core, lorawan_conninfo)
    assert await hear(core, fake.join_request(1)) == []
    assert core.causes() == ["join_of_abp"]


async def test_reset_ind_of_1_1_is_obeyed_and_confirmed(core, lorawan_conninfo):
    fake = await device_on(core, lorawan_conninfo, keys_1_1=KEYS_1_1)
    crypto = SessionCrypto11(KEYS_1_1)
    (device,) = core.registry.devices.values()
    device.session.rx1_delay_s = 5
    content = DataContent(fake.dev_addr, 0, 5, b"\x01\x00\xe2", ResetInd().encode())
    ((_opportunity, phy_payload),) = await hear(core, build_data_uplink(crypto, content, sent=UplinkRadio(5, 0)))
    frame = parse_frame(phy_payload)
    clear = crypto.crypt_f_opts(Direction.DOWNLINK, fake.dev_addr, 0, frame.f_opts, None)
    assert parse_commands(Direction.DOWNLINK, clear, Version.V1_1).commands[0] == ResetConf()
    assert device.session.rx1_delay_s == 1


@pytest.mark.parametrize("beside_hz", [868_300_000, 868_500_000])
async def test_a_strong_frame_heard_on_a_channel_beside_is_still_signed(core, lorawan_conninfo, beside_hz):
    fake = await device_on(core, lorawan_conninfo, keys_1_1=KEYS_1_1)
    content = DataContent(fake.dev_addr, 0, 5, b"\x01\x00\xe2")
    core.hear(build_data_uplink(SessionCrypto11(KEYS_1_1), content, sent=UplinkRadio(5, 0)), beside_hz, SF7)
    await core.settle()
    forged = random.Random(1).randbytes(4)
    frame = build_data_uplink(SessionCrypto11(KEYS_1_1), DataContent(fake.dev_addr, 1, 5, b"\x01"))
    core.hear(frame[:-4] + forged, beside_hz, SF7)
    await core.settle()
    assert core.causes() == ["wrong_mic"]
    (device,) = core.registry.devices.values()
    assert device.session.f_cnt_up == 0
