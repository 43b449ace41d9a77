"""Beacon periods and ping slots."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.lorawan.protocol.class_b import (
    BEACON_GUARD,
    BEACON_PERIOD,
    BEACON_RESERVED,
    SLOT,
    SLOTS,
    beacon_gps_s,
    beacon_start,
    may_transmit,
    next_beacon,
    next_ping_slot,
    ping_number,
    ping_offset,
    ping_period,
    ping_slots,
)
from maillage.lorawan.protocol.errors import FrameError
from maillage.lorawan.protocol.gps_time import GPS_EPOCH, from_gps, to_gps

INSTANTS = st.datetimes(datetime(2018, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
ADDRESSES = st.integers(0, 2**32 - 1)
PERIODICITIES = st.integers(0, 7)


def periodicity_of(slots):
    return next(one for one in range(8) if ping_number(one) == slots)


def test_published_ping_offsets_are_drawn(class_b_vectors):
    for vector in class_b_vectors["ping_offsets"]:
        periodicity = periodicity_of(4096 // vector["ping_period"])
        assert ping_offset(vector["beacon_gps_s"], int(vector["dev_addr"], 16), periodicity) == vector["offset"]


def test_published_ping_slots_are_found(class_b_vectors):
    for vector in class_b_vectors["next_ping_slots"]:
        after = from_gps(timedelta(milliseconds=vector["after_ms"]))
        slot = next_ping_slot(after, int(vector["dev_addr"], 16), periodicity_of(vector["ping_nb"]))
        assert to_gps(slot) == timedelta(milliseconds=vector["slot_ms"])


def test_the_parts_of_a_period_fill_it():
    assert BEACON_RESERVED + SLOTS * SLOT + BEACON_GUARD == BEACON_PERIOD


def test_gps_is_18_seconds_ahead_of_utc():
    assert to_gps(datetime(2024, 1, 1, tzinfo=UTC)) == timedelta(seconds=1_388_102_418)
    assert from_gps(timedelta(seconds=18)) == GPS_EPOCH


@given(INSTANTS)
def test_every_instant_lies_in_the_period_of_its_beacon(instant):
    start = beacon_start(instant)
    assert start <= instant < next_beacon(instant) == start + BEACON_PERIOD
    assert beacon_gps_s(start) % 128 == 0
    assert beacon_start(start) == start


@given(INSTANTS, ADDRESSES, PERIODICITIES)
def test_slots_are_evenly_spaced_between_beacon_and_guard(instant, dev_addr, periodicity):
    beacon = beacon_start(instant)
    slots = list(ping_slots(beacon, dev_addr, periodicity))
    assert len(slots) == ping_number(periodicity)
    assert slots[0] >= beacon + BEACON_RESERVED
    assert slots[-1] + SLOT <= beacon + BEACON_PERIOD - BEACON_GUARD
    spacing = ping_period(periodicity) * SLOT
    assert all(later - earlier == spacing for earlier, later in pairwise(slots))


@given(INSTANTS, ADDRESSES, PERIODICITIES)
def test_the_next_slot_is_the_first_one_later(instant, dev_addr, periodicity):
    found = next_ping_slot(instant, dev_addr, periodicity)
    beacon = beacon_start(instant)
    both = [*ping_slots(beacon, dev_addr, periodicity), *ping_slots(beacon + BEACON_PERIOD, dev_addr, periodicity)]
    assert found == min(slot for slot in both if slot > instant)


def test_the_offset_of_an_address_moves_from_period_to_period():
    offsets = {ping_offset(128 * period, 0x260B1234, 7) for period in range(50)}
    assert len(offsets) > 40


def test_nothing_is_sent_over_a_beacon():
    beacon = beacon_start(datetime(2026, 1, 1, tzinfo=UTC))
    assert not may_transmit(beacon + timedelta(seconds=2), timedelta(milliseconds=50))
    assert may_transmit(beacon + BEACON_RESERVED, timedelta(milliseconds=50))
    assert not may_transmit(beacon + timedelta(seconds=127), timedelta(seconds=2))


@pytest.mark.parametrize("periodicity", [-1, 8])
def test_a_periodicity_has_three_bits(periodicity):
    with pytest.raises(FrameError):
        ping_number(periodicity)
