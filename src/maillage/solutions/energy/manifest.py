"""Energy: what a building uses, against what its weather explains. It only shows; nothing can be asked of a meter."""

from types import MappingProxyType

from django.utils.translation import gettext_lazy as _

from maillage.command.solution import Solution

SOLUTION = Solution(
    code="energy",
    label=_("Énergie"),
    icon="bolt",
    verbs=MappingProxyType({}),
    panel="energy/panel.html",
    # The site's curves show means over its rooms, which a counter has no use for: the energy page draws its own.
    chart_quantities=(),
    site_kinds=("school", "town_hall", "gymnasium", "technical_centre"),
    quantities=MappingProxyType(
        {"active_energy": _("Énergie"), "gas_energy": _("Gaz"), "outdoor_temperature": _("Température extérieure")}
    ),
    urls="maillage.solutions.energy.urls",
)
