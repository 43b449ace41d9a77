"""The two communes and who bills them, for the walk through every address."""

from tests.fixtures.billing import billed_evry, operator
from tests.fixtures.things import brunoy, evry

__all__ = ["billed_evry", "brunoy", "evry", "operator"]
