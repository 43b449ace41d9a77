"""The simulator's load generator as a process of its own: it reads steps on standard input, answers on standard output.

    python -m benchmarks.load_process PORT DEVICES COPIES

A step is a line ``{"uplinks_per_s": …, "duration_s": …}``; its answer is a line with the running totals (``Sent``).
"""

import json
import sys
from dataclasses import asdict

from maillage.lorawan.simulator.load import LoadGenerator, LoadPlan

HOST = "127.0.0.1"


def main() -> None:
    port, devices, copies = (int(text) for text in sys.argv[1:4])
    with LoadGenerator(LoadPlan(devices=devices, copies=copies), HOST, port) as load:
        load.burst(0)
        print("ready", flush=True)
        for line in sys.stdin:
            step = json.loads(line)
            load.sent.late_s = 0.0
            load.run(step["uplinks_per_s"], step["duration_s"])
            print(json.dumps(asdict(load.sent)), flush=True)


if __name__ == "__main__":
    main()
