"""The kit's chart JSON of one datastream."""

from datetime import datetime

from maillage.telemetry.engine.curve import GAP_PERIODS
from maillage.telemetry.queries import Series


def of_series(curve: Series, start: datetime, end: datetime) -> dict[str, object]:
    """Epoch seconds; gaps as nulls."""
    measure = curve.measure
    drawn = {
        "key": curve.quantity,
        "label": measure.label if measure else curve.quantity,
        "unit": curve.unit,
        "decimals": measure.decimals if measure else 2,
        "gap_s": (GAP_PERIODS * max(curve.period, curve.width)).total_seconds(),
        "step": measure is not None and measure.kind == "state",
        "points": [[int(point.at.timestamp()), point.value] for point in curve.points],
    }
    return {"from": int(start.timestamp()), "to": int(end.timestamp()), "series": [drawn]}
