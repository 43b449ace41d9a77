from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.lorawan.simulator.physics.building import classroom
from maillage.lorawan.simulator.physics.classroom import RoomState, relative_humidity_percent, step
from maillage.lorawan.simulator.physics.occupancy import occupants
from maillage.lorawan.simulator.physics.valve import Motor, opening_for
from maillage.lorawan.simulator.physics.weather import Weather, weather

ROOM = classroom(55)
NIGHT = Weather(outdoor_c=3.0, relative_humidity_percent=80, sun_w_m2=0, pressure_hpa=1015)
temperatures = st.floats(-10, 35)
steps_s = st.floats(1, 900)


def regulated(setpoint_c, hours, start, outdoor=NIGHT, dt_s=60.0, people=0):
    state = start
    for _ in range(int(hours * 3600 / dt_s)):
        state = step(ROOM, state, outdoor, people, opening_for(setpoint_c, state.air_c), dt_s)
    return state


@given(temperatures, temperatures, steps_s)
def test_without_heating_a_room_tends_to_the_outdoor_temperature(air_c, outdoor_c, dt_s):
    outdoor = Weather(outdoor_c, 80, 0, 1015)
    state = RoomState(air_c, air_c)
    for _ in range(50):
        after = step(ROOM, state, outdoor, 0, 0.0, dt_s)
        assert abs(after.air_c - outdoor_c) <= abs(state.air_c - outdoor_c) + 1e-9
        assert abs(after.walls_c - outdoor_c) <= abs(state.walls_c - outdoor_c) + 1e-9
        state = after
    settled = step(ROOM, state, outdoor, 0, 0.0, 90 * 86_400)
    assert settled.air_c == pytest.approx(outdoor_c, abs=0.01)


@given(temperatures, temperatures, st.floats(0, 1), st.integers(0, 30), st.floats(10, 600))
def test_one_long_step_equals_many_short_ones(air_c, walls_c, opening, people, dt_s):
    long = step(ROOM, RoomState(air_c, walls_c, 800), NIGHT, people, opening, dt_s)
    state = RoomState(air_c, walls_c, 800)
    for _ in range(10):
        state = step(ROOM, state, NIGHT, people, opening, dt_s / 10)
    assert state.air_c == pytest.approx(long.air_c, abs=1e-6)
    assert state.walls_c == pytest.approx(long.walls_c, abs=1e-6)
    assert state.co2_ppm == pytest.approx(long.co2_ppm, rel=1e-6)


@given(temperatures, temperatures, st.floats(0, 1), st.floats(0, 600))
def test_what_comes_in_is_stored_or_lost(air_c, walls_c, opening, sun_w_m2):
    sunny = Weather(5.0, 80, sun_w_m2, 1015)
    state, lost_j = RoomState(air_c, walls_c), 0.0
    for _ in range(600):
        after = step(ROOM, state, sunny, 0, opening, 1.0)
        lost_j += ROOM.loss_w_k * ((state.air_c + after.air_c) / 2 - 5.0)
        state = after
    gained_j = 600 * (opening * ROOM.radiator_w + 0.5 * ROOM.window_m2 * sun_w_m2)
    stored_j = ROOM.air_j_k * (state.air_c - air_c) + ROOM.walls_j_k * (state.walls_c - walls_c)
    assert stored_j == pytest.approx(gained_j - lost_j, abs=50)


@given(st.floats(5, 30), st.floats(0, 3), st.floats(-4, 4), st.floats(-4, 4), st.sampled_from([30.0, 60.0, 300.0]))
def test_a_higher_setpoint_never_gives_a_colder_room(setpoint_c, more_c, air_k, walls_k, dt_s):
    lower = higher = RoomState(setpoint_c + air_k, setpoint_c + walls_k)
    for _ in range(60):
        lower = step(ROOM, lower, NIGHT, 0, opening_for(setpoint_c, lower.air_c), dt_s)
        higher = step(ROOM, higher, NIGHT, 0, opening_for(setpoint_c + more_c, higher.air_c), dt_s)
        assert higher.air_c >= lower.air_c - 1e-9


def test_a_regulated_room_settles_near_its_setpoint():
    assert regulated(19, 24, RoomState(15, 15)).air_c == pytest.approx(19, abs=0.6)


def test_a_new_setpoint_is_felt_within_the_hour():
    night = regulated(16, 48, RoomState(16, 16))
    assert regulated(20, 1, night).air_c - night.air_c > 1.0


def test_a_full_class_raises_the_co2_and_the_night_brings_it_down():
    lesson = regulated(19, 1.5, RoomState(19, 19), people=22)
    assert 900 < lesson.co2_ppm < 2500
    assert regulated(19, 12, lesson).co2_ppm < 550
    assert relative_humidity_percent(lesson, NIGHT) > relative_humidity_percent(RoomState(19, 19), NIGHT)


@given(st.floats(0, 1))
def test_the_motor_reports_its_opening_within_a_step(opening):
    motor = Motor()
    assert motor.opening(motor.position(opening)) == pytest.approx(opening, abs=1 / motor.range_steps)


def test_winter_is_cold_summer_is_warm_and_nights_are_dark():
    def mean(month):
        days = [datetime(2025, month, 1, tzinfo=UTC) + timedelta(hours=h) for h in range(28 * 24)]
        return sum(weather(day).outdoor_c for day in days) / len(days)

    assert 1 < mean(1) < 8
    assert 17 < mean(7) < 23
    assert weather(datetime(2025, 6, 21, 1, tzinfo=UTC)).sun_w_m2 == 0
    assert max(weather(datetime(2025, 6, d, 12, tzinfo=UTC)).sun_w_m2 for d in range(10, 30)) > 500


def test_classes_are_held_four_days_a_week():
    monday_lesson = datetime(2025, 11, 17, 9, 0)
    assert 15 <= occupants(monday_lesson, 22) <= 22
    assert occupants(monday_lesson + timedelta(days=2), 22) == 0
    assert occupants(monday_lesson + timedelta(days=5), 22) == 0
    assert occupants(monday_lesson.replace(hour=12), 22) == 0
