"""What a page asks of a year of measures: p50 and p95 of each question, by the query function and by the page.

``MAILLAGE_BENCH_DEVICES`` devices (385: 5,005 datastreams) × 13 months at 15 minutes, twelve of them in the archive.
The page is the whole request by Django's test client, without the network.
"""

import json
import os
import subprocess
import sys

from benchmarks.installation import BenchmarkError
from benchmarks.report import Report
from benchmarks.telemetry_territory import MONTHS, territory

DEVICES = 385


def run() -> Report:
    """Generates what is missing, then asks in a process of its own, whose settings are the territory's."""
    devices = int(os.environ.get("MAILLAGE_BENCH_DEVICES", DEVICES))
    with territory(devices) as place:
        argv = (sys.executable, "-m", "benchmarks.telemetry_queries_process", place.end.isoformat())
        environment = {**place.place.environment, "DJANGO_SETTINGS_MODULE": "maillage.config.settings"}
        done = subprocess.run(argv, check=False, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise BenchmarkError(f"the questions could not be asked:\n{done.stderr[-3000:]}")
        facts = {"datastreams": place.datastreams, "months": MONTHS, "rhythm_min": 15}
        return Report("telemetry_queries", "A year of measures, asked", json.loads(done.stdout), facts)
