"""The towns and their equipment, and a real network server, for the tests of this folder."""

from tests.fixtures.committed import committed_conninfo
from tests.fixtures.server_process import lorawan_conninfo, server_process
from tests.fixtures.things import brunoy, equipment, evry

__all__ = ["brunoy", "committed_conninfo", "equipment", "evry", "lorawan_conninfo", "server_process"]
