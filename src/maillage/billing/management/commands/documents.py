"""``maillage manage documents``: the missing files of issued invoices."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from maillage.billing.documents.actions import make_next_document
from maillage.billing.documents.checking import rules
from maillage.identity.actor import machine


class Command(BaseCommand):
    help = "Make the missing Factur-X files, each checked before it is kept. Several at once share the work."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--at-most", type=int, default=0, metavar="N", help="stop after N files; 0 makes all")

    def handle(self, *_args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        made, at_most = 0, options["at_most"]
        try:
            while (not at_most or made < at_most) and make_next_document(machine("billing")):
                made += 1
        finally:
            rules().close()
        self.stdout.write(f"{made} documents")
