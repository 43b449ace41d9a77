"""The beacon of EU863-870."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.lorawan.protocol.beacon import Beacon, GatewayInfo
from maillage.lorawan.protocol.errors import FrameError, FrameReason

BEACONS = st.builds(
    Beacon,
    st.integers(0, 2**32 - 1),
    st.builds(GatewayInfo, st.integers(0, 255), st.binary(min_size=6, max_size=6)),
    st.integers(0, 3),
)


def test_the_beacon_of_the_standard_is_read_and_rebuilt(class_b_vectors):
    for vector in class_b_vectors["beacons"]:
        payload = bytes.fromhex(vector["phy"])
        beacon = Beacon.decode(payload)
        assert beacon.gps_s == vector["gps_s"]
        assert beacon.gateway.descriptor == vector["info"]
        latitude, longitude = beacon.gateway.position_degrees
        assert latitude == vector["latitude_24"] * 90 / 2**23
        assert longitude == vector["longitude_24"] * 180 / 2**23
        assert beacon.encode() == payload


@given(BEACONS)
def test_a_beacon_is_read_as_it_was_written(beacon):
    assert Beacon.decode(beacon.encode()) == beacon


@given(st.floats(-90, 90), st.floats(-180, 180), st.integers(0, 2))
def test_a_position_is_right_to_a_few_metres(latitude, longitude, antenna):
    found = GatewayInfo.at(latitude, longitude, antenna).position_degrees
    assert found == pytest.approx((latitude, longitude), abs=3e-5)


@given(BEACONS, st.integers(0, 8 * 17 - 1))
def test_a_flipped_bit_is_seen_and_the_time_saved_where_it_can_be(beacon, bit):
    damaged = bytearray(beacon.encode())
    damaged[bit // 8] ^= 1 << bit % 8
    if bit // 8 < 8:
        with pytest.raises(FrameError) as refused:
            Beacon.decode(bytes(damaged))
        assert refused.value.reason is FrameReason.WRONG_CRC
    else:
        assert Beacon.decode(bytes(damaged)) == Beacon(beacon.gps_s, None, beacon.precision)


@given(st.binary(max_size=40).filter(lambda payload: len(payload) != 17))
def test_a_beacon_has_seventeen_bytes(payload):
    with pytest.raises(FrameError) as refused:
        Beacon.decode(payload)
    assert refused.value.reason is FrameReason.WRONG_LENGTH


@pytest.mark.parametrize(
    "attempt",
    [
        lambda: GatewayInfo.at(91, 0),
        lambda: GatewayInfo.at(0, 0, 3),
        lambda: Beacon(2**32, GatewayInfo(0, bytes(6))).encode(),
        lambda: Beacon(0, None).encode(),
    ],
)
def test_what_fits_in_no_beacon_is_refused(attempt):
    with pytest.raises(FrameError):
        attempt()


def test_another_descriptor_tells_no_position():
    assert GatewayInfo(3, bytes(6)).position_degrees is None
