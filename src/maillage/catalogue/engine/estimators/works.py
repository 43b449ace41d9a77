"""Works: metres of fibre in existing ducts or in a new trench, and buildings to connect.

What lies under a street is known when it is opened: a tenth of the existing ducts is blocked, a quarter at worst.
"""

from maillage.catalogue.engine.estimators.sizing import (
    Answers,
    Assumption,
    Estimator,
    Question,
    Sizing,
    between,
    exactly,
    percent,
)

_BLOCKED_PERCENT, _BLOCKED_AT_WORST_PERCENT = 10, 25


def _size(answers: Answers) -> Sizing:
    length = answers["length"]
    in_ducts = length * answers["duct_percent"] // 100
    trench = length - in_ducts
    blocked, at_worst = percent(in_ducts, _BLOCKED_PERCENT), percent(in_ducts, _BLOCKED_AT_WORST_PERCENT)
    return Sizing(
        "",
        {
            "site": exactly(1),
            "metre_in_duct": exactly(in_ducts),
            "metre_trench": between(trench, trench + blocked, trench + at_worst),
            "building": exactly(answers["buildings"]),
        },
    )


ESTIMATOR = Estimator(
    "works",
    (
        Question("length", 400, 1, 100_000, "m"),
        Question("duct_percent", 70, 0, 100, "%"),
        Question("buildings", 2, 0, 500),
    ),
    (
        Assumption("blocked_ducts", _BLOCKED_PERCENT, "%"),
        Assumption("blocked_ducts_at_worst", _BLOCKED_AT_WORST_PERCENT, "%"),
    ),
    _size,
)
