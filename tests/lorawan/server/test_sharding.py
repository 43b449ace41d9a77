"""Where a device's frames and joins go."""

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.lorawan.protocol.build import DataContent, build_data_uplink, build_join_request
from maillage.lorawan.protocol.crypto import SessionCrypto
from maillage.lorawan.protocol.rejoin import RejoinType, build_rejoin_request
from maillage.lorawan.server.sharding import HOME_OF_DEV_EUI_SQL, Shard, home_of_dev_eui, shard_of_frame

euis = st.binary(min_size=8, max_size=8)
counts = st.sampled_from([1, 2, 4, 8, 16])
KEY = bytes(16)


@given(dev_addr=st.integers(0, 2**32 - 1), count=counts)
def test_a_data_frame_goes_to_the_one_shard_that_has_its_address(dev_addr, count):
    frame = build_data_uplink(SessionCrypto(KEY, KEY), DataContent(dev_addr, 3, 1, b"x"))

    assert [Shard(index, count).has_address(dev_addr) for index in range(count)].count(True) == 1
    assert Shard(shard_of_frame(frame, count), count).has_address(dev_addr)


@given(dev_eui=euis, count=counts)
def test_joins_and_rejoins_go_to_the_home_of_the_device(dev_eui, count):
    join = build_join_request(bytes(8), dev_eui, 7, KEY)
    rejoins = [
        build_rejoin_request(RejoinType.NEW_SESSION, bytes(3), dev_eui, 0, KEY),
        build_rejoin_request(RejoinType.RECOVERY, bytes(8), dev_eui, 0, KEY),
        build_rejoin_request(RejoinType.NEW_KEYS, bytes(3), dev_eui, 0, KEY),
    ]
    home = home_of_dev_eui(dev_eui.hex(), count)

    assert {shard_of_frame(frame, count) for frame in (join, *rejoins)} == {home}
    assert Shard(home, count).is_home_of(dev_eui.hex())


@given(bits=st.integers(0, 2**25 - 1), count=counts, data=st.data())
def test_a_shard_gives_addresses_of_its_own_within_the_network(bits, count, data):
    shard = Shard(data.draw(st.integers(0, count - 1)), count)

    assert shard.has_address(shard.address(bits))
    assert 0 <= shard.address(bits) < 2**25


@given(frame=st.binary(max_size=40))
def test_any_bytes_from_the_air_go_somewhere_or_nowhere(frame):
    assert shard_of_frame(frame, 4) in {None, 0, 1, 2, 3}


@pytest.mark.parametrize("step", [1, 16, 256, 4096])
def test_devices_numbered_in_steps_are_spread_evenly(step):
    homes = [home_of_dev_eui(f"{0x70B3D57ED0000000 + step * number:016x}", 4) for number in range(4000)]

    assert all(850 < homes.count(shard) < 1150 for shard in range(4))


def test_the_database_finds_the_same_home(lorawan_conninfo):
    found = ["70b3d57ed0000001", "ffffffffffffffff", "0000000000000000", "a81758fffe123456"]
    query = f"SELECT {HOME_OF_DEV_EUI_SQL.format(count=8)} FROM (SELECT unnest(%s::varchar[]) AS dev_eui) AS device"  # noqa: S608 - our own text
    with psycopg.connect(lorawan_conninfo) as connection:
        rows = connection.execute(query.replace("% 8", "%% 8"), (found,)).fetchall()

    assert [row[0] for row in rows] == [home_of_dev_eui(dev_eui, 8) for dev_eui in found]


@pytest.mark.parametrize(("index", "count"), [(1, 1), (-1, 2), (0, 3), (0, 0)])
def test_a_number_of_shards_that_is_no_power_of_two_is_refused(index, count):
    with pytest.raises(ValueError, match="shard"):
        Shard(index, count)
