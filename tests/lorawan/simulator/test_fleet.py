from datetime import UTC, datetime

import msgspec
import pytest

from maillage.kernel.errors import Invalid
from maillage.lorawan.simulator.fleet import (
    DeviceEntry,
    Fleet,
    GatewayEntry,
    RoomEntry,
    fleet_file,
    read_fleet,
    read_rooms,
    resumed,
    write_fleet,
    write_rooms,
)

AT = datetime(2025, 1, 15, 7, 0, tzinfo=UTC)
GATEWAY = GatewayEntry("24e124fffe000001", "Mairie", 2.44, 48.62)
ROOM = RoomEntry("CP", 55.0, 1, AT, 17.0, 16.5)
DEVICE = DeviceEntry("70b3d57ed0000001", "70b3d57ed0000000", "00" * 16, "mclimate-vicki", 2.44, 48.62, 40.0, "CP")
FLEET = Fleet(1, [GATEWAY], [ROOM], [DEVICE])


def test_a_fleet_is_read_as_it_was_written_and_only_its_owner_can(tmp_path):
    file = fleet_file(tmp_path)
    write_fleet(file, FLEET)
    assert read_fleet(file) == FLEET
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("fleet", "problem"),
    [
        (msgspec.structs.replace(FLEET, rooms=[]), "not listed"),
        (msgspec.structs.replace(FLEET, devices=[DEVICE, DEVICE]), "a device is listed twice"),
        (msgspec.structs.replace(FLEET, gateways=[msgspec.structs.replace(GATEWAY, eui="zz")]), "gateways"),
    ],
)
def test_a_bad_fleet_says_what_is_wrong(tmp_path, fleet, problem):
    write_fleet(tmp_path / "fleet.json", fleet)
    with pytest.raises(Invalid) as refusal:
        read_fleet(tmp_path / "fleet.json")
    assert problem in refusal.value.facts["problem"]


def test_a_missing_fleet_is_named(tmp_path):
    with pytest.raises(Invalid) as refusal:
        read_fleet(tmp_path / "fleet.json")
    assert refusal.value.code == "simulator.no_fleet"


def test_a_room_goes_on_from_where_it_was_seen_last(tmp_path):
    later = msgspec.structs.replace(ROOM, at=datetime(2025, 1, 15, 9, 0, tzinfo=UTC), air_c=20.5)
    write_rooms(tmp_path / "rooms.json", [later])
    kept = read_rooms(tmp_path / "rooms.json")
    assert resumed(FLEET, kept).rooms == [later]
    newer = msgspec.structs.replace(ROOM, at=datetime(2025, 1, 16, tzinfo=UTC))
    assert resumed(msgspec.structs.replace(FLEET, rooms=[newer]), kept).rooms == [newer]
    (tmp_path / "rooms.json").write_text("[{")
    assert read_rooms(tmp_path / "rooms.json") == {}
