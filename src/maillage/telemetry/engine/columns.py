"""Points kept as columns of numbers: hundreds of curves are read and cut at their gaps without a Python object each."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import overload

import numpy as np

from maillage.telemetry.engine.curve import GAP_PERIODS, Point

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class ColumnPoints(Sequence[Point]):
    """A curve's points. ``at_us``: microseconds since 1970; a gap is a row whose three numbers are not numbers."""

    at_us: np.ndarray
    value: np.ndarray
    minimum: np.ndarray
    maximum: np.ndarray

    def __len__(self) -> int:
        return len(self.at_us)

    @overload
    def __getitem__(self, index: int) -> Point: ...
    @overload
    def __getitem__(self, index: slice) -> "ColumnPoints": ...
    def __getitem__(self, index: int | slice) -> "Point | ColumnPoints":
        """One point, or the same kind of a part."""
        if isinstance(index, slice):
            return ColumnPoints(self.at_us[index], self.value[index], self.minimum[index], self.maximum[index])
        return next(iter(self[index : index + 1 or None]))

    def __iter__(self) -> Iterator[Point]:
        columns = (self.at_us, self.value, self.minimum, self.maximum)
        for at_us, value, minimum, maximum in zip(*(column.tolist() for column in columns), strict=True):
            at = _EPOCH + timedelta(microseconds=at_us)
            yield Point(at, None, None, None) if value != value else Point(at, value, minimum, maximum)  # noqa: PLR0124 - NaN

    def with_gaps(self, period: timedelta, width: timedelta) -> "ColumnPoints":
        """As ``engine.curve.with_gaps``."""
        step_us = max(period, width) // _MICROSECOND
        before = np.flatnonzero(np.diff(self.at_us) > GAP_PERIODS * step_us)
        if not len(before):
            return self
        nothing = np.full(len(before), np.nan)
        return ColumnPoints(
            np.insert(self.at_us, before + 1, self.at_us[before] + step_us),
            *(np.insert(column, before + 1, nothing) for column in (self.value, self.minimum, self.maximum)),
        )
