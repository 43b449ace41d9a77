"""``rebuild_summaries``: sum every hour and day up again, from the values."""

import asyncio

from django.conf import settings
from django.core.management.base import BaseCommand
from psycopg import AsyncConnection

from maillage.telemetry.database import conninfo
from maillage.telemetry.rollups.store import Roller, note_everything


class Command(BaseCommand):
    """Curves stay readable meanwhile; a summary of no values becomes one of none."""

    help = "Sum every hour and day up again from the values."

    def handle(self, *args: object, **options: object) -> None:  # noqa: ARG002 - Django's signature
        """The number of hours."""
        self.stdout.write(f"{asyncio.run(_rebuild())} hours summed up again.")


async def _rebuild() -> int:
    async with await AsyncConnection.connect(conninfo(), autocommit=True) as connection:
        await note_everything(connection, settings.ARCHIVE_FOLDER)
        roller = Roller(connection, settings.ARCHIVE_FOLDER)
        done = await roller.catch_up()
        while await roller.pending():  # the telemetry process takes its share
            done += await roller.catch_up()
            await asyncio.sleep(0.1)
        return done
