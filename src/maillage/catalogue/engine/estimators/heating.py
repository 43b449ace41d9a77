"""Temperature management: valves on radiators, room sensors, one controller a boiler.

A radiator heats some 15 m² of a school or office (10 in an old building, 20 in a well insulated one), and a room has
at least one. A sensor watches each zone, and half of the rooms where comfort is measured room by room.
"""

from maillage.catalogue.engine.estimators.sizing import (
    BILL_YEAR,
    Answers,
    Assumption,
    Bill,
    Estimator,
    Question,
    Range,
    Sizing,
    between,
    ceil_div,
    exactly,
)

_M2_A_RADIATOR = Range(10, 15, 20)
_BASIC_M2, _BASIC_ZONES = 300, 2
_MEDIUM_M2, _MEDIUM_ZONES, _MEDIUM_FLOORS = 1_500, 6, 3
_FLOORS_A_GATEWAY = 3


def _size(answers: Answers) -> Sizing:
    surface, rooms, zones = answers["surface"], answers["rooms"], answers["zones"]
    valves = between(
        max(rooms, ceil_div(surface, _M2_A_RADIATOR.high)),
        max(rooms, ceil_div(surface, _M2_A_RADIATOR.likely)),
        max(rooms, ceil_div(surface, _M2_A_RADIATOR.low)),
    )
    extra = ceil_div(answers["floors"], _FLOORS_A_GATEWAY) - 1
    needs = {
        "site": exactly(1),
        "valve": valves,
        "sensor": between(zones, max(zones, ceil_div(rooms, 2)), max(zones, rooms)),
        "boiler_controller": exactly(answers["boilers"]),
        "gateway": between(0, extra, max(1, extra)),
    }
    return Sizing(_level(answers), needs)


def _level(answers: Answers) -> str:
    surface, zones, boilers = answers["surface"], answers["zones"], answers["boilers"]
    if surface <= _BASIC_M2 and zones <= _BASIC_ZONES and boilers <= 1:
        return "basic"
    is_medium = surface <= _MEDIUM_M2 and zones <= _MEDIUM_ZONES and answers["floors"] <= _MEDIUM_FLOORS
    return "medium" if is_medium and boilers <= 1 else "complex"


ESTIMATOR = Estimator(
    "heating",
    (
        Question("surface", 600, 20, 50_000, "m2"),
        Question("floors", 2, 1, 30),
        Question("rooms", 12, 1, 1_000),
        Question("zones", 3, 1, 200),
        Question("boilers", 1, 0, 20),
        BILL_YEAR,
    ),
    (
        Assumption("m2_a_radiator", _M2_A_RADIATOR.likely, "m2"),
        Assumption("rooms_a_sensor", 2),
        Assumption("floors_a_gateway", _FLOORS_A_GATEWAY),
        Assumption("saving_low", 8, "%"),
        Assumption("saving_high", 20, "%"),
    ),
    _size,
    Bill.REDUCED,
    Range(8, 14, 20),
)
