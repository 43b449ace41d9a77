"""A month's bills: 200 organisations, 10,000 subscriptions, 60,000 charges; preview, final, and their documents.

Preview and final run in one process, as a person at the desk runs them; documents by two ``maillage manage documents``
side by side, on a share of the invoices, each file checked by schema, official rules and exact arithmetic.
"""

import json
import subprocess
import sys

from benchmarks.installation import BenchmarkError, Installation, installed
from benchmarks.report import Report
from maillage.kernel import clock

ORGANISATIONS = 200
SUBSCRIPTIONS = 50
DOCUMENTS = 60
WORKERS = 2


def run() -> Report:
    """The table: seconds and documents a minute of each part."""
    with installed(lambda _connection: None, ()) as place:
        bills = _inside(place, "bills")
        started_s = clock.monotonic_s()
        _together(place, WORKERS)
        documents_s = clock.monotonic_s() - started_s
        made = _inside(place, "made")["documents"]
    if made != DOCUMENTS:
        raise BenchmarkError(f"{made} documents instead of {DOCUMENTS}")
    rows = [
        _row("preview", bills["preview_s"], ORGANISATIONS),
        _row("final, numbered and booked", bills["final_s"], ORGANISATIONS),
        _row("Factur-X, checked, two processes", documents_s, DOCUMENTS),
        _row("the same without the official rules and PDF", bills["xml_s"], DOCUMENTS),
    ]
    facts = {key: bills[key] for key in ("organisations", "subscriptions", "charges", "differences")}
    return Report("billing", "A month's bills", rows, facts)


def _row(part: str, seconds: float, count: int) -> dict[str, object]:
    return {"part": part, "seconds": round(seconds, 2), "documents": count, "a minute": round(count * 60 / seconds)}


def _inside(place: Installation, what: str) -> dict[str, float]:
    argv = (sys.executable, "-m", "benchmarks.billing_process", what)
    done = subprocess.run(argv, check=False, env=place.environment, capture_output=True, text=True)
    if done.returncode != 0:
        raise BenchmarkError(f"{what}:\n{done.stderr[-2000:]}")
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer


def _together(place: Installation, workers: int) -> None:
    argv = (sys.executable, "-m", "maillage.cli", "manage", "documents", "--at-most", str(DOCUMENTS // workers))
    children = [
        subprocess.Popen(argv, env=place.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for _ in range(workers)
    ]
    for child in children:
        _, errors = child.communicate()
        if child.returncode != 0:
            raise BenchmarkError(errors[-2000:])
