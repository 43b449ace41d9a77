"""The fleet file of the demonstration: what the simulator plays, from the plan, the keys and the rooms' present."""

from collections.abc import Mapping, Sequence

from maillage.demo.actions import JOIN_EUI
from maillage.demo.history import Past
from maillage.demo.territory import SEED, DevicePlan, TerritoryPlan
from maillage.lorawan.simulator.fleet import DeviceEntry, Fleet, GatewayEntry, RoomEntry
from maillage.lorawan.simulator.models.base import Model


def fleet_of(plan: TerritoryPlan, pasts: Sequence[Past], app_keys: Mapping[str, bytes]) -> Fleet:
    """Devices go on from where their past ends: rooms as warm, valves and gates as set."""
    return Fleet(
        SEED,
        [GatewayEntry(one.eui, one.name, *one.at) for one in plan.gateways],
        [_room(past, name) for past in pasts for name in past.rooms],
        [_device(past, one, model, app_keys[one.dev_eui]) for past in pasts for one, model in past.devices],
    )


def _room(past: Past, name: str) -> RoomEntry:
    plan, room = past.member.rooms[name], past.rooms[name]
    return RoomEntry(
        _key(past, name),
        float(plan.area_m2),
        plan.seed,
        room.at,
        room.state.air_c,
        room.state.walls_c,
        room.state.co2_ppm,
        plan.insulation,
        plan.exposure,
    )


def _device(past: Past, plan: DevicePlan, model: Model, app_key: bytes) -> DeviceEntry:
    return DeviceEntry(
        plan.dev_eui,
        JOIN_EUI,
        app_key.hex(),
        plan.model,
        *plan.at,
        plan.period_s,
        _key(past, plan.room) if plan.room else None,
        kept=dict(model.kept()),
    )


def _key(past: Past, room: str) -> str:
    return f"{past.member.commune.insee}/{room}"
