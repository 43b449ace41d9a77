"""Bathing water: the smallest solution there can be, with a page of its own."""

from types import MappingProxyType

from maillage.command.solution import Solution

SOLUTION = Solution(
    code="toy",
    label="Baignade",
    icon="droplet",
    verbs=MappingProxyType({}),
    panel="toy/panel.html",
    chart_quantities=("water_temperature",),
    quantities=MappingProxyType({"water_temperature": "Eau"}),
    urls="tests.solutions.toy.urls",
)
