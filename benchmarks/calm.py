"""Waits, when told to, until nobody else uses the machine."""

import time

from benchmarks.meter import machine_s
from benchmarks.report import console
from maillage.kernel import clock

CALM_CORES = 0.2
_LOOK_S = 4.0


class Patience:
    """``wait`` returns at once unless ``longest_s`` was set."""

    def __init__(self) -> None:
        self.longest_s = 0.0

    def wait(self) -> None:
        """Until the machine has used less than ``CALM_CORES`` for a few seconds, or ``longest_s`` are over."""
        end_s = clock.monotonic_s() + self.longest_s
        while clock.monotonic_s() < end_s:
            before_s = machine_s()
            time.sleep(_LOOK_S)
            if (machine_s() - before_s) / _LOOK_S < CALM_CORES:
                return
        if self.longest_s:
            console.print("the machine is still busy: measuring all the same")


PATIENCE = Patience()
