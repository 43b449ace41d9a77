"""How long a room needs to become warm, learnt from how it became warm before: optimal start.

A heated room follows, near enough, a first-order response: it moves towards the temperature ``limit`` that its
radiators could reach, by 63 % of what is missing in each time constant. Its rate of warming is then a straight line of
its temperature, fitted by least squares over past warm-ups. What is not known (the weather, doors) shows as scatter
between warm-ups: each one in turn is left out (jackknife), and the start is early enough for nine mornings in ten.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

FEWEST_WARM_UPS = 4
FALLBACK = timedelta(hours=2)
"""Where nothing is known yet: two hours before, as caretakers do."""
LONGEST = timedelta(hours=6)
REACHED_WITHIN = 0.5
"""Kelvin below the setpoint from which a room counts as warm: a thermostat closes its valve before it is reached."""
_RISE_LEAST = 0.7
_FEWEST_SAMPLES = 2
_FLATTEST_PER_H = -1e-3  # a time constant beyond forty days is none
_STEP_LONGEST = timedelta(minutes=70)
_ONE_SIDED_90_PERCENT = 1.2816
_FASTEST_K_PER_H, _SLOWEST_K_PER_H = 12.0, 0.1


@dataclass(frozen=True, slots=True)
class Sample:
    """A room's air temperature and setpoint at an instant, °C."""

    at: datetime
    air_c: float
    target_c: float


@dataclass(frozen=True, slots=True)
class Response:
    """What was learnt. ``tau`` and ``limit_c`` describe the first-order response; without one, ``rate`` the mean slope.

    ``spread`` is the relative standard deviation of the predicted duration, from the jackknife and the scatter.
    """

    warm_ups: int
    tau: timedelta | None
    limit_c: float
    rate_k_per_h: float
    spread: float


@dataclass(frozen=True, slots=True)
class Lead:
    """How long before the moment to begin. ``expected`` without the margin; ``is_learnt`` False for the fallback."""

    duration: timedelta
    expected: timedelta
    is_learnt: bool


def warm_ups(samples: Sequence[Sample]) -> list[list[Sample]]:
    """The runs in which the room was asked to become warmer and rose by 0.7 K or more, without a hole in them."""
    runs: list[list[Sample]] = [[]]
    for one, two in pairwise(samples):
        if _rises(one, two):
            runs[-1] = runs[-1] or [one]
            runs[-1].append(two)
        elif runs[-1]:
            runs.append([])
    return [
        run
        for run in map(_from_its_lowest, runs)
        if len(run) >= _FEWEST_SAMPLES and run[-1].air_c - run[0].air_c >= _RISE_LEAST
    ]


def learn(samples: Sequence[Sample]) -> Response | None:
    """The room's response; None when too few warm-ups are known, or they show no order."""
    runs = warm_ups(samples)
    if len(runs) < FEWEST_WARM_UPS:
        return None
    rate = sum(map(_rate, runs)) / len(runs)
    if not _SLOWEST_K_PER_H <= rate <= _FASTEST_K_PER_H:
        return None
    tau, limit_c = _fit(runs)
    return Response(len(runs), tau, limit_c, rate, _spread(runs))


def lead(response: Response | None, air_c: float | None, target_c: float) -> Lead:
    """How long before the moment to begin, from the temperature of now. The fallback when either is not known."""
    if response is None or air_c is None:
        return Lead(FALLBACK, FALLBACK, is_learnt=False)
    expected = _duration(response.tau, response.limit_c, response.rate_k_per_h, air_c, target_c - REACHED_WITHIN)
    margin = 1 + _ONE_SIDED_90_PERCENT * response.spread
    return Lead(_bounded(expected * margin), _bounded(expected), is_learnt=True)


def _rises(one: Sample, two: Sample) -> bool:
    asked_for_more = one.air_c < one.target_c - REACHED_WITHIN and one.target_c == two.target_c
    return asked_for_more and two.at - one.at <= _STEP_LONGEST


def _from_its_lowest(run: list[Sample]) -> list[Sample]:
    """Radiators are cold at first: the rise begins at the lowest temperature of the run."""
    if not run:
        return run
    lowest = min(range(len(run)), key=lambda index: (run[index].air_c, -index))
    return run[lowest:] if run[lowest].air_c < run[-1].air_c else []


def _rate(run: Sequence[Sample]) -> float:
    return (run[-1].air_c - run[0].air_c) / _hours(run[-1].at - run[0].at)


def _fit(runs: Iterable[Sequence[Sample]]) -> tuple[timedelta | None, float]:
    """Time constant and limit from the line of rate over temperature; None when it does not fall."""
    points = [
        ((a.air_c + b.air_c) / 2, (b.air_c - a.air_c) / _hours(b.at - a.at)) for run in runs for a, b in pairwise(run)
    ]
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread_x = sum((x - mean_x) ** 2 for x, _ in points)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / spread_x if spread_x else 0.0
    if slope >= _FLATTEST_PER_H:
        return None, 0.0
    return timedelta(hours=-1 / slope), mean_x - mean_y / slope


def _spread(runs: Sequence[Sequence[Sample]]) -> float:
    """Relative: what each warm-up really took against what the others foretell."""
    errors = []
    for index, run in enumerate(runs):
        others = [other for number, other in enumerate(runs) if number != index]
        tau, limit_c = _fit(others)
        rate = sum(map(_rate, others)) / len(others)
        foretold = _duration(tau, limit_c, rate, run[0].air_c, run[-1].air_c)
        errors.append(_hours(run[-1].at - run[0].at) / max(_hours(foretold), 1 / 60) - 1)
    return math.sqrt(sum(error**2 for error in errors) / len(errors))


def _duration(tau: timedelta | None, limit_c: float, rate: float, from_c: float, to_c: float) -> timedelta:
    if to_c <= from_c:
        return timedelta(0)
    straight = timedelta(hours=(to_c - from_c) / rate)
    if tau is None or limit_c <= to_c:
        return straight
    return max(straight / 2, tau * math.log((limit_c - from_c) / (limit_c - to_c)))


def _bounded(duration: timedelta) -> timedelta:
    whole = timedelta(minutes=math.ceil(duration / timedelta(minutes=1)))
    return min(whole, LONGEST)


def _hours(length: timedelta) -> float:
    return length / timedelta(hours=1)
