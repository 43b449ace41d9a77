"""Internet access: one access a site, the rate by the people who work there."""

from maillage.catalogue.engine.estimators.sizing import (
    BILL_YEAR,
    Answers,
    Assumption,
    Bill,
    Estimator,
    Question,
    Sizing,
    exactly,
)

_SMALL_SITE_PEOPLE = 10


def _size(answers: Answers) -> Sizing:
    level = "basic" if answers["people_a_site"] <= _SMALL_SITE_PEOPLE else "medium"
    return Sizing(level, {"site": exactly(answers["sites"])})


ESTIMATOR = Estimator(
    "internet",
    (Question("sites", 3, 1, 1_000), Question("people_a_site", 8, 1, 5_000), BILL_YEAR),
    (Assumption("people_of_small_site", _SMALL_SITE_PEOPLE),),
    _size,
    Bill.REPLACED,
)
