"""How long a command may take before it is given up, from how the device listens and how often it speaks."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

MARGIN = timedelta(minutes=1)
SEND_AT_ONCE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Patience:
    """``send_within``: a message not sent by then is not sent any more. ``confirm_within``: the command's own end."""

    send_within: timedelta
    confirm_within: timedelta


def patience(device_class: Literal["A", "C"], period: timedelta) -> Patience:
    """Class C listens always: sent now or not at all, for nobody expects a gate to move later on its own.

    Class A is spoken to right after it speaks (LoRaWAN 1.0.4 §3.3): one period to be sent, one to be confirmed by the
    next report, and one for a lost uplink.
    """
    if device_class == "C":
        return Patience(SEND_AT_ONCE, 2 * period + MARGIN)
    return Patience(2 * period + MARGIN, 3 * period + MARGIN)
