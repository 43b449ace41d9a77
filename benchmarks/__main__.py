"""``python -m benchmarks [NAME …]``: measure, print a table, write ``benchmarks/results/NAME.json``."""

import argparse
import importlib
import signal
import sys

from benchmarks.calm import PATIENCE
from benchmarks.report import console, publish

NAMES = (
    "uplink_stages",
    "generator",
    "uplinks",
    "latency",
    "class_c",
    "join_storm",
    "rx1",
    "catalogue",
    "collisions",
    "sessions",
    "telemetry_ingest",
    "telemetry_queries",
    "rules",
    "billing",
)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; all without any")
    parser.add_argument(
        "--patience", type=float, default=0, metavar="S", help="wait up to S seconds for a calm machine"
    )
    arguments = parser.parse_args()
    chosen, PATIENCE.longest_s = arguments.names or NAMES, arguments.patience
    if unknown := set(chosen) - set(NAMES):
        parser.error(f"no measurement is called {', '.join(sorted(unknown))}; choose of {', '.join(NAMES)}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("told to stop"))  # what was started must be taken away again
    for name in chosen:
        console.print(f"\n[bold]{name}[/bold]")
        PATIENCE.wait()
        console.print(f"written: {publish(importlib.import_module(f'benchmarks.{name}').run()).name}\n")


if __name__ == "__main__":
    main()
