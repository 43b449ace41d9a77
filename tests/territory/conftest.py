"""The towns, for the tests of this folder."""

from tests.fixtures.things import brunoy, evry

__all__ = ["brunoy", "evry"]
