"""The fleet file: which gateways, rooms and devices a simulator plays. It holds keys, so it is written 0600."""

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec

from maillage.kernel.errors import Invalid

Eui = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{16}\Z")]
Key = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{32}\Z")]
Longitude = Annotated[float, msgspec.Meta(ge=-180, le=180)]
Latitude = Annotated[float, msgspec.Meta(ge=-90, le=90)]
Positive = Annotated[float, msgspec.Meta(gt=0)]


FOLDER = "simulator"
"""In the data folder: everything that the simulator reads and keeps."""


class GatewayEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One without ``gps`` cannot serve class B."""

    eui: Eui
    name: str
    longitude: Longitude
    latitude: Latitude
    gps: bool = True


class RoomEntry(msgspec.Struct, frozen=True):
    """``air_c``, ``walls_c`` and ``co2_ppm`` are its state at ``at``; the simulator goes on from there."""

    name: str
    area_m2: Positive
    seed: int
    at: datetime
    air_c: float
    walls_c: float
    co2_ppm: float = 420.0
    insulation: Positive = 1.0
    exposure: float = 1.0


class DeviceEntry(msgspec.Struct, frozen=True, omit_defaults=True):
    """``room`` names a ``RoomEntry``; a device without one is outdoors. ``kept`` is what its flash holds at first.
    One with a ``nwk_key`` speaks LoRaWAN 1.1; with ``ping_periodicity`` it goes to class B and opens a slot every
    2^n seconds.
    """

    dev_eui: Eui
    join_eui: Eui
    app_key: Key
    model: str
    longitude: Longitude
    latitude: Latitude
    period_s: Positive
    room: str | None = None
    confirmed: bool = False
    kept: dict[str, float] = {}
    nwk_key: Key | None = None
    ping_periodicity: Annotated[int, msgspec.Meta(ge=0, le=7)] | None = None


class Fleet(msgspec.Struct, frozen=True):
    seed: int
    gateways: list[GatewayEntry]
    rooms: list[RoomEntry]
    devices: list[DeviceEntry]


def fleet_file(data_folder: Path) -> Path:
    """Where an installation keeps its fleet file."""
    return data_folder / FOLDER / "fleet.json"


def read_fleet(path: Path) -> Fleet:
    """The fleet of a file. ``Invalid`` says what is wrong with it and where."""
    try:
        fleet = msgspec.json.decode(path.read_bytes(), type=Fleet)
    except FileNotFoundError:
        raise Invalid("simulator.no_fleet", file=str(path)) from None
    except msgspec.DecodeError as problem:
        raise Invalid("simulator.bad_fleet", file=str(path), problem=str(problem)) from problem
    _check(path, fleet)
    return fleet


def write_fleet(path: Path, fleet: Fleet) -> None:
    """Write it whole or not at all, readable by its owner only; makes its folder."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_private(path, msgspec.json.format(msgspec.json.encode(fleet), indent=1))


def read_rooms(path: Path) -> dict[str, RoomEntry]:
    """The rooms as a simulator left them, by name; none when it never ran or its file is damaged."""
    try:
        rooms = msgspec.json.decode(path.read_bytes(), type=list[RoomEntry])
    except (FileNotFoundError, msgspec.DecodeError):
        return {}
    return {room.name: room for room in rooms}


def write_rooms(path: Path, rooms: list[RoomEntry]) -> None:
    """Keep the rooms for the next start; written whole or not at all."""
    write_private(path, msgspec.json.encode(rooms))


def resumed(fleet: Fleet, rooms: dict[str, RoomEntry]) -> Fleet:
    """The fleet with each room as it was seen last."""
    newest = [max(room, rooms.get(room.name, room), key=lambda one: one.at) for room in fleet.rooms]
    return msgspec.structs.replace(fleet, rooms=newest)


def write_private(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, readable by its owner only."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
    fresh.replace(path)


def _check(path: Path, fleet: Fleet) -> None:
    rooms = {room.name for room in fleet.rooms}
    lost = next((one for one in fleet.devices if one.room is not None and one.room not in rooms), None)
    if lost is not None:
        problem = f"device {lost.dev_eui} is in the room {lost.room}, which is not listed"
        raise Invalid("simulator.bad_fleet", file=str(path), problem=problem)
    for kind, names in (
        ("gateway", [one.eui for one in fleet.gateways]),
        ("device", [one.dev_eui for one in fleet.devices]),
        ("room", [one.name for one in fleet.rooms]),
    ):
        if len(names) != len(set(names)):
            raise Invalid("simulator.bad_fleet", file=str(path), problem=f"a {kind} is listed twice")
