"""Asks the questions of ``telemetry_queries``; writes the figures as JSON."""

import json
import random
import sys
from collections.abc import Callable
from datetime import datetime, timedelta

import django

django.setup()

from django.test import Client  # noqa: E402 - after django.setup()

from benchmarks.report import quantile  # noqa: E402
from maillage.identity.actor import machine  # noqa: E402
from maillage.identity.models import User  # noqa: E402
from maillage.kernel import clock  # noqa: E402
from maillage.telemetry import queries  # noqa: E402
from maillage.telemetry.models import Datastream, Thing  # noqa: E402

ACTOR = machine("benchmark")
SAMPLES = 60
WARMING = 5
CHANCE = random.Random(3)


def main(end: datetime) -> None:
    ids = list(Datastream.objects.visible_to(ACTOR).order_by("pk").values_list("pk", flat=True))
    communes = sorted(set(Thing.objects.visible_to(ACTOR).values_list("site__commune_id", flat=True)))
    # The territory ends with a month: "now" is some days before, so that 30 days reach into the archive.
    now = end - timedelta(days=9)
    year = now - timedelta(days=365)
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(pk=1), backend="django.contrib.auth.backends.ModelBackend")

    def series(count: int, start: datetime, until: datetime, width: timedelta | str) -> None:
        first = CHANCE.randrange(max(1, len(ids) - count))
        found = queries.series(ACTOR, ids[first : first + count], start, until, width)  # type: ignore[arg-type]
        assert all(curve.points for curve in found)  # noqa: S101 - an empty answer would be quick

    def old_week() -> None:
        start = now - timedelta(days=CHANCE.randrange(60, 300))
        series(1, start, start + timedelta(days=7), "raw")

    def latest() -> None:
        things = queries.things(ACTOR).filter(site__commune_id=CHANCE.choice(communes))
        assert all(reading.at for state in queries.states_of_things(ACTOR, things) for reading in state.readings)  # noqa: S101

    def page(path: str, **query: object) -> None:
        answer = client.get(path, {name: str(value) for name, value in query.items()})
        assert answer.status_code == 200, (path, answer.content[:500])  # noqa: S101

    def curve(start: datetime, until: datetime, resolution: object) -> None:
        path = f"/api/v1/datastreams/{CHANCE.choice(ids)}/series"
        page(path, start=start.isoformat(), end=until.isoformat(), resolution=resolution)

    days = timedelta(days=1)
    asked: dict[str, Callable[[], None]] = {
        "latest values of a commune": latest,
        "one datastream, 7 days": lambda: series(1, now - 7 * days, now, "auto"),
        "one datastream, 7 days, every value": lambda: series(1, now - 7 * days, now, "raw"),
        "one datastream, 7 days of the archive": old_week,
        "200 datastreams, hourly, 30 days": lambda: series(200, now - 30 * days, now, timedelta(hours=1)),
        "one datastream, a year, daily": lambda: series(1, year, now, days),
        "page of a commune": lambda: page(f"/communes/{CHANCE.choice(communes)}/"),
        "API: 7 days": lambda: curve(now - 7 * days, now, "auto"),
        "API: a year, daily": lambda: curve(year, now, 86_400),
    }
    print(json.dumps([_measured(name, ask) for name, ask in asked.items()]))


def _measured(name: str, ask: Callable[[], None]) -> dict[str, object]:
    for _ in range(WARMING):
        ask()
    durations = []
    for _ in range(SAMPLES):
        started_s = clock.monotonic_s()
        ask()
        durations.append(clock.monotonic_s() - started_s)
    durations.sort()
    p50, p95 = (round(quantile(durations, share) * 1e3, 1) for share in (0.5, 0.95))
    return {
        "question": name,
        "samples": SAMPLES,
        "p50_ms": p50,
        "p95_ms": p95,
        "worst_ms": round(durations[-1] * 1e3, 1),
    }


if __name__ == "__main__":
    main(datetime.fromisoformat(sys.argv[1]))
