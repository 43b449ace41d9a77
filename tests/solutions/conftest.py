"""The towns and their equipment, for the tests of this folder."""

from tests.fixtures.committed import committed_conninfo
from tests.fixtures.things import brunoy, equipment, evry

__all__ = ["brunoy", "committed_conninfo", "equipment", "evry"]
