"""The towns and who bills them, for the tests of this folder."""

from tests.fixtures.billing import billed_evry, operator, titred_brunoy
from tests.fixtures.things import brunoy, evry

__all__ = ["billed_evry", "brunoy", "evry", "operator", "titred_brunoy"]
