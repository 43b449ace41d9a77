"""The past of the demonstration's devices, from the same physical model that the simulator goes on with. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from maillage.demo.territory import DevicePlan, MemberPlan, RoomPlan
from maillage.demo.weeks import Gate, is_open, setpoint_c
from maillage.lorawan.simulator.models.base import Model, Surroundings
from maillage.lorawan.simulator.models.catalogue import make_model
from maillage.lorawan.simulator.models.lt22222 import Lt22222
from maillage.lorawan.simulator.models.vicki import Vicki
from maillage.lorawan.simulator.physics.building import classroom
from maillage.lorawan.simulator.physics.classroom import Classroom, RoomState, relative_humidity_percent
from maillage.lorawan.simulator.physics.room import Room, weather_at

_STEP = timedelta(minutes=5)
_WARM_UP = timedelta(days=2)
_ONCE_A_DAY = frozenset(
    {
        "battery_voltage",
        "battery_level",
        "open_window",
        "child_lock",
        "relay_2",
        "digital_input_2",
        "digital_output_1",
        "digital_output_2",
        "analog_voltage_1",
        "analog_voltage_2",
        "analog_current_1",
        "analog_current_2",
    }
)
_DECIMALS = {"air_temperature": 1, "relative_humidity": 1, "co2": 0, "illuminance": 0, "tvoc": 0}


@dataclass(frozen=True, slots=True)
class Span:
    """Instants from ``start`` to ``end``, both included where the step allows; ``step`` is a multiple of 5 min."""

    start: datetime
    end: datetime
    step: timedelta


@dataclass(frozen=True, slots=True)
class Value:
    dev_eui: str
    quantity: str
    at: datetime
    value: float


@dataclass(slots=True)
class Past:
    """A member's rooms, ready to be followed through a span; afterwards ``rooms`` are where the simulator starts."""

    member: MemberPlan
    rooms: dict[str, Room]
    devices: list[tuple[DevicePlan, Model]]


def past_of(member: MemberPlan, start: datetime) -> Past:
    """A member's past, beginning at ``start`` with rooms that have settled."""
    plans = member.rooms
    rooms = {name: _room(plan, start - _WARM_UP) for name, plan in plans.items()}
    devices = [(one, make_model(one.model, one.dev_eui, one.period_s)) for one in member.devices]
    past = Past(member, rooms, devices)
    follow(past, start)
    return past


def values(past: Past, span: Span) -> Iterator[Value]:
    """What every device reported over the span, in the order of time."""
    at = span.start
    while at <= span.end:
        follow(past, at)
        slow = (at.hour == 0 and at.minute == 0) or at == span.start
        for plan, model in past.devices:
            readings = model.readings(_around(past, plan, at))
            for quantity, value in readings.items():
                if slow or quantity not in _ONCE_A_DAY:
                    yield Value(plan.dev_eui, quantity, at, round(value, _DECIMALS.get(quantity, 2)))
        at += span.step
    follow(past, span.end)


def _room(plan: RoomPlan, at: datetime) -> Room:
    start = RoomState(setpoint_c(plan.day_c, at), setpoint_c(plan.day_c, at))
    return Room(_building(plan), plan.seed, start, at)


def _building(plan: RoomPlan) -> Classroom:
    return classroom(plan.area_m2, insulation=plan.insulation, exposure=plan.exposure)


def follow(past: Past, until: datetime) -> None:
    """Every room to ``until``, its valve set as the programme of the hour asks."""
    valves = {plan.room: model for plan, model in past.devices if isinstance(model, Vicki)}
    for name, room in past.rooms.items():
        valve, plan = valves[name], past.member.rooms[name]
        while room.at < until:
            valve.target_c = setpoint_c(plan.day_c, room.at)
            room.advance(min(_STEP, until - room.at).total_seconds(), valve.opening)
        valve.target_c = setpoint_c(plan.day_c, until)
    for device, model in past.devices:
        if isinstance(model, Lt22222):
            model.relay_1 = is_open(Gate(*device.at), until)


def _around(past: Past, plan: DevicePlan, at: datetime) -> Surroundings:
    sky = weather_at(at)
    if not plan.room:
        return Surroundings(at, sky, sky.outdoor_c, sky.relative_humidity_percent)
    room = past.rooms[plan.room]
    humidity = relative_humidity_percent(room.state, sky)
    return Surroundings(at, sky, room.state.air_c, humidity, room.state.co2_ppm, room.people(at))
