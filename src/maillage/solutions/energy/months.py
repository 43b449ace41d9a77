"""A study by months, and as curves: what the page draws. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from maillage.solutions.energy.engine.days import Day, means
from maillage.solutions.energy.engine.degree_days import heating_trade
from maillage.solutions.energy.engine.study import Study
from maillage.telemetry.engine.calendar import day_start

_GAP_S = 2.5 * 86_400


@dataclass(frozen=True, slots=True)
class Month:
    """``degree_days`` by the trade's method, over the ``known_days`` alone."""

    first: date
    known_days: int
    degree_days: float
    used_kwh: float
    expected_kwh: float
    is_reference: bool

    @property
    def saved_kwh(self) -> float:
        """Less used than expected."""
        return self.expected_kwh - self.used_kwh


def months(study: Study) -> list[Month]:
    """The newest first; a month that both spans touch appears twice."""
    spans = ((study.reference, True), (study.reported, False))
    found = [
        _month(study, list(members), is_reference)
        for span, is_reference in spans
        for _, members in groupby(span, key=lambda one: one.day.replace(day=1))
    ]
    return found[::-1]


def _month(study: Study, days: Sequence[Day], is_reference: bool) -> Month:  # noqa: FBT001 - the two spans
    return Month(
        days[0].day.replace(day=1),
        len(days),
        sum(heating_trade(one.lowest_c, one.highest_c) for one in days),
        sum(one.used_kwh for one in days),
        float(study.model.predict(means(days)).sum()),
        is_reference,
    )


def chart(study: Study, used: str, expected: str) -> dict[str, object]:
    """The kit's chart JSON: what was used and what its weather explains, day by day."""
    days = [*study.reference, *study.reported]
    at = [int(day_start(one.day).timestamp()) for one in days]
    options = {"unit": "kW.h", "decimals": 0, "gap_s": _GAP_S}
    foreseen = study.model.predict(means(days))
    return {
        "from": at[0],
        "to": at[-1] + 86_400,
        "series": [
            {
                "key": "used",
                "label": used,
                **options,
                "points": [[t, d.used_kwh] for t, d in zip(at, days, strict=True)],
            },
            {
                "key": "expected",
                "label": expected,
                **options,
                "points": [[t, float(kwh)] for t, kwh in zip(at, foreseen, strict=True)],
            },
        ],
    }
