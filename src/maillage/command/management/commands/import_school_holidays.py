"""``import_school_holidays FILE``: newer school holidays, from data.gouv.fr's « Vacances scolaires par zones »."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from maillage.command.calendars.actions import import_school_holidays
from maillage.command.calendars.read import read_holidays
from maillage.identity.actor import machine
from maillage.kernel.errors import Invalid
from maillage.web.problems import sentence


class Command(BaseCommand):
    """Nothing is changed by a file that cannot be read to its end."""

    help = "Import newer French school holidays from a CSV file (Vacances scolaires par zones, data.gouv.fr)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """``import_school_holidays FILE``."""
        parser.add_argument("file", type=Path, help="CSV file, UTF-8.")

    def handle(self, *args: object, file: Path, **options: object) -> None:  # noqa: ARG002 - Django's
        """How many periods there are now, and until when."""
        try:
            found = read_holidays(file.read_text(encoding="utf-8-sig").splitlines())
        except Invalid as error:
            raise CommandError(sentence(error)) from error
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file}: {error}") from error
        count = import_school_holidays(machine("calendars"), found)
        until = max(one.days.last_day for one in found)
        self.stdout.write(f"{count} periods of school holidays, until {until.isoformat()}.")
