"""``verify_telemetry``: whether archive, partitions and summaries agree."""

from django.core.management.base import BaseCommand, CommandError

from maillage.identity.actor import machine
from maillage.kernel import clock
from maillage.telemetry.verification.queries import verify


class Command(BaseCommand):
    """Reads everything again; changes nothing."""

    help = "Prove that archive, partitions and summaries agree; fails when they do not."

    def handle(self, *args: object, **options: object) -> None:  # noqa: ARG002 - Django's signature
        """What was compared, then every disagreement."""
        found = verify(machine("verify"), clock.now())
        self.stdout.write(
            f"{found.files} archive files, {found.values} values, {found.hours} hours and {found.days} days compared;"
            f" {found.waiting} hours wait to be summed up."
        )
        for one in found.disagreements:
            self.stdout.write(f"  {one.where}: {one.what}")
        if found.disagreements:
            raise CommandError(f"{len(found.disagreements)} disagreements (at most 100 are told).")
        self.stdout.write("Everything agrees.")
