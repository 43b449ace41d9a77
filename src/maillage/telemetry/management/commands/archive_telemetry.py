"""``archive_telemetry``: one round of the archivist, now."""

from django.core.management.base import BaseCommand

from maillage.identity.actor import machine
from maillage.kernel import clock
from maillage.telemetry.archivist import archive_once


class Command(BaseCommand):
    """What the archive process does by itself every ten minutes."""

    help = "Move closed months of measures into files and forget what is past its time."

    def handle(self, *args: object, **options: object) -> None:  # noqa: ARG002 - Django's signature
        """One line a month."""
        for one in archive_once(machine("archive"), clock.now()):
            self.stdout.write(f"{one.month:%Y-%m}: {one.written.value_count} values, {one.written.byte_count} bytes")
        self.stdout.write("Every closed month is archived.")
