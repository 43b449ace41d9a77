"""Hosting: accounts and the space they fill, with room to grow for a year."""

from maillage.catalogue.engine.estimators.sizing import (
    BILL_YEAR,
    Answers,
    Assumption,
    Bill,
    Estimator,
    Question,
    Sizing,
    between,
    exactly,
    percent,
)

_GROWTH_PERCENT = 20


def _size(answers: Answers) -> Sizing:
    stored = answers["stored_gb"]
    space = between(stored, percent(stored, 100 + _GROWTH_PERCENT), percent(stored, 100 + 2 * _GROWTH_PERCENT))
    return Sizing("", {"site": exactly(1), "account": exactly(answers["accounts"]), "gb": space})


ESTIMATOR = Estimator(
    "hosting",
    (Question("accounts", 20, 1, 20_000), Question("stored_gb", 200, 1, 1_000_000, "gb"), BILL_YEAR),
    (Assumption("growth", _GROWTH_PERCENT, "%"),),
    _size,
    Bill.REPLACED,
)
