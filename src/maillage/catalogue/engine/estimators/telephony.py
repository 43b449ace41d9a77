"""Telephony: lines with a share of calls to mobiles beyond those that are included."""

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
)

_INCLUDED_MINUTES = 600


def _size(answers: Answers) -> Sizing:
    lines, minutes = answers["lines"], answers["minutes_a_line"]
    beyond = lines * max(0, minutes - _INCLUDED_MINUTES)
    handsets = min(answers["handsets"], lines)
    return Sizing(
        "",
        {
            "site": exactly(1),
            "line": exactly(lines),
            "handset": exactly(handsets),
            "minute": between(beyond * 8 // 10, beyond, beyond * 12 // 10),
        },
    )


ESTIMATOR = Estimator(
    "telephony",
    (
        Question("lines", 10, 1, 5_000),
        Question("handsets", 10, 0, 5_000),
        Question("minutes_a_line", 300, 0, 20_000, "minute"),
        BILL_YEAR,
    ),
    (Assumption("included_minutes", _INCLUDED_MINUTES, "minute"), Assumption("minutes_margin", 20, "%")),
    _size,
    Bill.REPLACED,
)
