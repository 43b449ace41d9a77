"""The simulated models by the key under which the network server knows them."""

import random
from collections.abc import Callable, Mapping

from maillage.kernel.errors import Invalid
from maillage.lorawan.simulator.models.am107 import Am107
from maillage.lorawan.simulator.models.base import Model
from maillage.lorawan.simulator.models.dl_pm import DlPm
from maillage.lorawan.simulator.models.elsys_ers import ElsysErs
from maillage.lorawan.simulator.models.lt22222 import Lt22222
from maillage.lorawan.simulator.models.vicki import Vicki

VICKI, RELAY = "mclimate-vicki", "dragino-lt22222l"
Kept = Mapping[str, float] | None


def make_model(key: str, seed: str, period_s: float, kept: Kept = None) -> Model:
    """A device of that model. ``seed`` decides its battery and other accidents; ``Invalid`` if unknown."""
    maker = _MAKERS.get(key)
    if maker is None:
        raise Invalid("simulator.unknown_model", model=key, known=", ".join(sorted(_MAKERS)))
    return maker(random.Random(seed), period_s, kept)  # noqa: S311 - chance of the physical kind


def _vicki(chance: random.Random, period_s: float, kept: Kept) -> Model:
    return Vicki(period_s, kept, battery_v=round(chance.uniform(3.1, 3.5), 1))


def _elsys_ers(chance: random.Random, period_s: float, kept: Kept) -> Model:
    return ElsysErs(period_s, kept, battery_v=round(chance.uniform(3.45, 3.66), 3))


def _am107(chance: random.Random, period_s: float, kept: Kept) -> Model:
    return Am107(period_s, kept, battery_percent=chance.randint(61, 99))


def _lt22222(chance: random.Random, period_s: float, kept: Kept) -> Model:  # noqa: ARG001 - powered by the mains
    return Lt22222(period_s, kept)


def _dl_pm(chance: random.Random, period_s: float, kept: Kept) -> Model:
    return DlPm(
        period_s,
        kept,
        device_id=chance.randint(5000, 20000),
        traffic=round(chance.uniform(0.3, 1.8), 2),
        battery_v=round(chance.uniform(2.95, 3.15), 3),
    )


_MAKERS: dict[str, Callable[[random.Random, float, Kept], Model]] = {
    VICKI: _vicki,
    "elsys-ers": _elsys_ers,
    "milesight-am107": _am107,
    RELAY: _lt22222,
    "decentlab-dl-pm": _dl_pm,
}
