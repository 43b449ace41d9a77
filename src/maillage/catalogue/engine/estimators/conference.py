"""Video conference: rooms open at the same time, for the people who may start one."""

from maillage.catalogue.engine.estimators.sizing import (
    BILL_YEAR,
    Answers,
    Assumption,
    Bill,
    Estimator,
    Question,
    Sizing,
    between,
    ceil_div,
    exactly,
)

_HOSTS_A_ROOM = 8


def _size(answers: Answers) -> Sizing:
    hosts = answers["hosts"]
    rooms = between(1, ceil_div(hosts, _HOSTS_A_ROOM), ceil_div(hosts, _HOSTS_A_ROOM // 2))
    return Sizing("", {"site": exactly(1), "conference_room": rooms, "room_kit": exactly(answers["equipped_rooms"])})


ESTIMATOR = Estimator(
    "conference",
    (Question("hosts", 8, 1, 5_000), Question("equipped_rooms", 1, 0, 100), BILL_YEAR),
    (Assumption("hosts_a_room", _HOSTS_A_ROOM),),
    _size,
    Bill.REPLACED,
)
