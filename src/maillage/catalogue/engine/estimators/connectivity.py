"""Connection to the LoRa network only: devices of somebody's own. More than 24 messages a day count as two devices."""

from maillage.catalogue.engine.estimators.sizing import (
    Answers,
    Assumption,
    Estimator,
    Question,
    Sizing,
    ceil_div,
    exactly,
)

_MESSAGES_A_DAY = 24


def _size(answers: Answers) -> Sizing:
    units = answers["devices"] * ceil_div(answers["messages_a_day"], _MESSAGES_A_DAY)
    return Sizing("", {"site": exactly(1), "device": exactly(units)})


ESTIMATOR = Estimator(
    "connectivity",
    (Question("devices", 50, 1, 100_000), Question("messages_a_day", 24, 1, 960)),
    (Assumption("messages_a_device", _MESSAGES_A_DAY),),
    _size,
)
