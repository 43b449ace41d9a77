"""The network's default. Source: Semtech, *LoRaWAN – simple rate adaptation recommended algorithm* (2016).

Every 3 dB of the best SNR above what the data rate needs, less a margin for fading, is a step: spent on a faster
data rate first, then on less power. A deficit is met with power only: the device itself falls back to a slower data
rate when it hears nothing any more (LoRaWAN L2 1.0.4, §4.3.1.1). Repetitions follow the share of lost uplinks.
"""

from bisect import bisect_right
from dataclasses import dataclass

from maillage.lorawan.adr.values import Limits, Link, Setting

_STEP_DB = 3.0
DEFAULT_MARGIN_DB = 10.0

_LOSSES = (0.05, 0.10, 0.30)
"""Below the first, between two, above the last: the lines of the table."""
_NB_TRANS = ((1, 1, 2), (1, 2, 3), (2, 3, 3), (3, 3, 3))
"""A line a loss, a column for each number of repetitions used so far: 1, 2, 3."""


@dataclass(frozen=True, slots=True)
class SemtechAdr:
    """``margin_db`` is what the installation keeps in hand against fading."""

    margin_db: float = DEFAULT_MARGIN_DB

    def decide(self, link: Link, limits: Limits) -> Setting:
        """A device on a rate outside the limits is left there: it was put there on purpose, not by this method."""
        now = link.setting
        if not limits.min_data_rate <= now.data_rate <= limits.max_data_rate:
            return now
        required_db = limits.required_snr_db[now.data_rate - limits.min_data_rate]
        steps = int((link.max_snr_db - required_db - self.margin_db) / _STEP_DB)
        faster = min(max(steps, 0), limits.max_data_rate - now.data_rate)
        tx_power = _power(now.tx_power, (steps - faster) * _STEP_DB, limits.tx_powers_dbm)
        return Setting(now.data_rate + faster, tx_power, repetitions(now.nb_trans, link.lost_share))


def repetitions(nb_trans: int, lost_share: float) -> int:
    """NbTrans by the published table, 1..3."""
    return _NB_TRANS[bisect_right(_LOSSES, lost_share)][min(max(nb_trans, 1), 3) - 1]


def _power(index: int, spare_db: float, powers_dbm: tuple[int, ...]) -> int:
    """The weakest power that gives away no more than ``spare_db``, or the strongest; powers fall with their index."""
    index = min(index, len(powers_dbm) - 1)
    if spare_db == 0:
        return index
    wanted_dbm = powers_dbm[index] - spare_db
    return max((at for at, power_dbm in enumerate(powers_dbm) if power_dbm >= wanted_dbm), default=0)
