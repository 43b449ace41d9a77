"""``maillage manage documents``: the missing files of issued invoices."""

from typing import Any

from django.core.management.base import BaseCommand

from maillage.billing.documents.actions import make_next_document
from maillage.billing.documents.checking import rules
from maillage.identity.actor import machine


class Command(BaseCommand):
    help = "Make the missing Factur-X files, each checked before it is kept. Several at once share the work."

    def handle(self, *_args: Any, **_options: Any) -> None:  # noqa: ANN401 - Django's signature
        made = 0
        try:
            while make_next_document(machine("billing")):
                made += 1
        finally:
            rules().close()
        self.stdout.write(f"{made} documents")
