"""Downlink counters: one in 1.0.x, two in 1.1 (LoRaWAN L2 1.0.4, §4.3.1.5; 1.1, §4.3.1.5).

1.1 counts frames on application ports apart (AFCntDown), because the application server may number them, from
those of the network: without port or on port 0 (NFCntDown).
"""

from dataclasses import dataclass, replace

from maillage.lorawan.protocol.types import F_CNT_MAX


@dataclass(frozen=True, slots=True)
class DownCounters:
    """The next counters to send, or on the device the lowest it accepts. A 1.0 session uses the first only."""

    n_f_cnt_down: int = 0
    a_f_cnt_down: int = 0
    is_1_1: bool = False

    def next(self, f_port: int | None) -> int | None:
        """The counter of a frame on that port; None once it is used up: the session must be renewed."""
        counter = self.a_f_cnt_down if self.counts_application(f_port) else self.n_f_cnt_down
        return counter if counter <= F_CNT_MAX else None

    def used(self, f_port: int | None, f_cnt: int) -> "DownCounters":
        """After a frame with that full counter was sent, or accepted."""
        if self.counts_application(f_port):
            return replace(self, a_f_cnt_down=f_cnt + 1)
        return replace(self, n_f_cnt_down=f_cnt + 1)

    def counts_application(self, f_port: int | None) -> bool:
        return self.is_1_1 and bool(f_port)
