"""Heating control: radiator valves and room sensors, set room by room."""

from datetime import timedelta
from types import MappingProxyType

from django.utils.translation import gettext_lazy as _

from maillage.command.engine.legal import Ceilings
from maillage.command.engine.retry import Retry
from maillage.command.solution import Parameter, Solution, Verb

# Code de l'énergie, art. R241-26: in premises for teaching, offices and those open to the public, heating is limited to
# an average of 19 °C over the rooms while they are occupied. Comfort above it is the use's upper bound, not the law's.
SET_TEMPERATURE = Verb(
    code="set_temperature",
    label=_("Régler la température"),
    parameter=Parameter(
        label=_("Consigne (la loi limite le chauffage à 19 °C en moyenne pendant l’occupation)"),
        unit="Cel",
        minimum=5,
        maximum=30,
        step=0.5,
    ),
)

SOLUTION = Solution(
    code="heating",
    label=_("Chauffage"),
    icon="temperature",
    verbs=MappingProxyType({SET_TEMPERATURE.code: SET_TEMPERATURE}),
    panel="heating/panel.html",
    chart_quantities=("air_temperature", "target_temperature", "valve_opening"),
    site_kinds=("school", "town_hall", "gymnasium", "technical_centre"),
    quantities=MappingProxyType(
        {
            "air_temperature": _("Température"),
            "target_temperature": _("Consigne"),
            "valve_opening": _("Ouverture de la vanne"),
        }
    ),
    # A room that should be warm by eight is still better warm at noon.
    catch_up=timedelta(hours=6),
    retry=Retry(attempts=3, within=timedelta(hours=3)),
    # Code de l'énergie, art. R241-26 (used) and R241-27 (empty for 24 to 48 hours, and for longer).
    ceilings=MappingProxyType({SET_TEMPERATURE.code: Ceilings(occupied=19, empty_day=16, empty_long=8)}),
    warms=(SET_TEMPERATURE.code, "air_temperature"),
    approval_within=timedelta(hours=24),
)
