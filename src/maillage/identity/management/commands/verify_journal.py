"""``verify_journal``: follow the hash chain of one organisation, or of all."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from maillage.identity import queries
from maillage.identity.models import Organisation


class Command(BaseCommand):
    """Exit status 1 when a chain is broken. The heads printed may be noted elsewhere to detect a cut end."""

    help = "Verify the hash chain of the journal, of one organisation or of all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """``verify_journal [slug …]``."""
        parser.add_argument("slugs", nargs="*", metavar="organisation", help="Slugs of organisations; all by default.")

    def handle(self, *args: object, slugs: list[str], **options: object) -> None:  # noqa: ARG002 - Django's signature
        """One line an organisation."""
        organisations = list(queries.journalled_organisations())
        unknown = set(slugs) - {organisation.slug for organisation in organisations}
        if unknown:
            raise CommandError(f"no journal of: {', '.join(sorted(unknown))}")
        chosen = [o for o in organisations if not slugs or o.slug in slugs]
        broken = [o.slug for o in chosen if not self._holds(o)]
        if broken:
            raise CommandError(f"broken: {', '.join(broken)}")

    def _holds(self, organisation: Organisation) -> bool:
        verdict = queries.verify_journal(organisation.pk)
        words = f"{organisation.slug}: {verdict.checked} entries intact, head {verdict.head.hex()}"
        if verdict.broken:
            words += f"; BROKEN at entry {verdict.broken.sequence} ({verdict.broken.reason})"
        self.stdout.write(words)
        return verdict.broken is None
