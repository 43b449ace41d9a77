"""What a measurement leaves: a table on the terminal and a JSON file with the machine's description."""

import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from maillage.kernel import clock
from maillage.processes.nats import find_program
from maillage.processes.postgres_binaries import find_binaries

RESULTS = Path(__file__).parent / "results"
_PAGE_COLUMNS = 150
console = Console(width=None if sys.stdout.isatty() else _PAGE_COLUMNS)


@dataclass(frozen=True, slots=True)
class Report:
    """``rows`` all have the same keys: the columns of the table. ``facts`` go into the file and under the table."""

    name: str
    title: str
    rows: Sequence[Mapping[str, object]]
    facts: Mapping[str, object] = field(default_factory=dict)


def publish(report: Report) -> Path:
    """Print the table, write the file."""
    table = Table(title=report.title, title_justify="left")
    for column in report.rows[0]:
        table.add_column(column, justify="left" if isinstance(report.rows[0][column], str) else "right")
    for row in report.rows:
        table.add_row(*(_text(value) for value in row.values()))
    console.print(table)
    for name, value in report.facts.items():
        console.print(f"  {name}: {_text(value)}")
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{report.name}.json"
    content = {
        "benchmark": report.name,
        "at": clock.now().isoformat(timespec="seconds"),
        "machine": machine(),
        "figures": list(report.rows),
        **report.facts,
    }
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def machine() -> dict[str, object]:
    """What the figures depend on; no name, no path."""
    memory_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(memory_gib, 1),
        "load_average": [round(value, 2) for value in os.getloadavg()],
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        "postgresql": _version_of(find_binaries().folder / "postgres"),
        "nats": _version_of(find_program()),
        "packages": {name: version(name) for name in ("cryptography", "msgspec", "nats-py", "psycopg", "uvloop")},
    }


def quantile(sorted_values: Sequence[float], share: float) -> float:
    """The value that ``share`` of them do not exceed; not a number when there are none."""
    if not sorted_values:
        return float("nan")
    return sorted_values[min(int(share * len(sorted_values)), len(sorted_values) - 1)]


def milliseconds(values_s: Sequence[float]) -> dict[str, object]:
    """Count, median, 99 % and worst of some durations."""
    ordered = sorted(values_s)
    return {
        "samples": len(ordered),
        "p50_ms": round(quantile(ordered, 0.5) * 1e3, 1),
        "p99_ms": round(quantile(ordered, 0.99) * 1e3, 1),
        "worst_ms": round((ordered[-1] if ordered else float("nan")) * 1e3, 1),
    }


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_text(one)}" for name, one in value.items())
    if isinstance(value, float):
        return f"{value:,.1f}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _processor() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return found[1] if found else platform.machine()


def _version_of(program: Path) -> str:
    said = subprocess.run((str(program), "--version"), check=True, capture_output=True, text=True).stdout
    found = re.search(r"\d+(\.\d+)+", said)
    return found[0] if found else said.strip()
