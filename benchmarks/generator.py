"""What the load generator itself costs: CPU of a merged uplink, sending to a socket that nobody reads."""

import socket
import time

from benchmarks.report import Report
from maillage.lorawan.simulator.load import LoadGenerator, LoadPlan

PLAN = LoadPlan(devices=20_000, copies=3)
_BURST = 30
_ROUNDS = 3


def run() -> Report:
    """Three rounds of every device; the first one derives the AES contexts of the sessions."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:
        sink.bind(("127.0.0.1", 0))
        with LoadGenerator(PLAN, *sink.getsockname()) as load:
            rows = [{"round": str(number + 1), "µs per uplink": round(_round_us(load), 1)} for number in range(_ROUNDS)]
    facts = {"devices": PLAN.devices, "copies": PLAN.copies, "uplinks in a burst": _BURST}
    return Report("generator", "CPU of the load generator", rows, facts)


def _round_us(load: LoadGenerator) -> float:
    started_s, before = time.process_time(), load.sent.uplinks
    for _ in range(PLAN.devices // _BURST):
        load.burst(_BURST)
    return (time.process_time() - started_s) / (load.sent.uplinks - before) * 1e6
