"""Access to doors and gates: a controller each, badges for the people."""

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

_SPARE_BADGES_PERCENT = 10


def _size(answers: Answers) -> Sizing:
    people = answers["people"]
    badges = percent(people, 100 + _SPARE_BADGES_PERCENT)
    return Sizing(
        "",
        {
            "site": exactly(1),
            "door": exactly(answers["doors"]),
            "gate": exactly(answers["gates"]),
            "badge": between(people, badges, percent(people, 100 + 2 * _SPARE_BADGES_PERCENT)),
        },
    )


ESTIMATOR = Estimator(
    "access",
    (Question("doors", 2, 0, 500), Question("gates", 1, 0, 50), Question("people", 15, 0, 10_000)),
    (Assumption("spare_badges", _SPARE_BADGES_PERCENT, "%"),),
    _size,
)
