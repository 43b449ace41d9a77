"""Plausible classrooms from their floor area: insulation of an ordinary French school of the years 1960 to 1990."""

from maillage.lorawan.simulator.physics.classroom import Classroom

_LOSS_W_M2_K = 2.3
_AIRING_W_M2_K = 2.0
_RADIATOR_W_M2 = 95.0
_WINDOW_SHARE = 0.14
_M2_PER_PERSON = 2.4


def classroom(area_m2: float, *, insulation: float = 1.0, exposure: float = 1.0) -> Classroom:
    """``insulation`` divides the losses; ``exposure`` 0 (north) … 1.5 (south-west) scales the sun it gets."""
    return Classroom(
        area_m2=area_m2,
        loss_w_k=area_m2 * _LOSS_W_M2_K / insulation,
        airing_w_k=area_m2 * _AIRING_W_M2_K,
        radiator_w=area_m2 * _RADIATOR_W_M2,
        window_m2=area_m2 * _WINDOW_SHARE * exposure,
        capacity=max(4, int(area_m2 / _M2_PER_PERSON)),
    )
