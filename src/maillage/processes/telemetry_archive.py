"""The archivist: closed months of measures leave for files, late values are merged, what is past is forgotten."""

import asyncio
import logging

from django.db import close_old_connections
from psycopg import InterfaceError, OperationalError

from maillage.identity.actor import machine
from maillage.kernel import clock
from maillage.processes.running import until_terminated
from maillage.telemetry.archive.store import Exported
from maillage.telemetry.archivist import archive_once

EVERY_S = 600.0
ACTOR = machine("archive")
_LOG = logging.getLogger(__name__)


def main() -> None:
    """Archive until SIGTERM."""
    asyncio.run(until_terminated(_keep_archiving()))


async def _keep_archiving() -> None:
    while True:
        try:
            for one in await asyncio.to_thread(_round):
                _LOG.info("%s: %d values in %d bytes", one.month, one.written.value_count, one.written.byte_count)
        except (OperationalError, InterfaceError) as problem:
            _LOG.warning("the database does not answer: %s", problem)
        await asyncio.sleep(EVERY_S)


def _round() -> list[Exported]:
    try:
        return archive_once(ACTOR, clock.now())
    finally:
        close_old_connections()
