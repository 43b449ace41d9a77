"""What the load generator itself costs: microseconds of CPU per merged uplink, sending to a socket that nobody reads.

PYTHONPATH=src python benchmarks/generator.py [devices] [copies]
"""

import socket
import sys
import time

from maillage.lorawan.simulator.load import LoadGenerator, LoadPlan

_BURST = 30
_ROUNDS = 3


def main() -> None:
    devices, copies = (int(text) for text in (*sys.argv[1:], "20000", "3")[:2]) if len(sys.argv) > 1 else (20_000, 3)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sink:
        sink.bind(("127.0.0.1", 0))
        with LoadGenerator(LoadPlan(devices=devices, copies=copies), *sink.getsockname()) as load:
            for number in range(_ROUNDS):
                started_s, before = time.process_time(), load.sent.uplinks
                for _ in range(devices // _BURST):
                    load.burst(_BURST)
                count = load.sent.uplinks - before
                cost_us = (time.process_time() - started_s) / count * 1e6
                print(f"round {number + 1}: {count} uplinks x {copies} copies, {cost_us:.1f} µs each")


if __name__ == "__main__":
    main()
