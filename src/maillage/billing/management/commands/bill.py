"""``maillage manage bill 2026-09``: the month's run, started if need be and carried to its end."""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandParser

from maillage.billing import queries
from maillage.billing.runs.actions import bill_next, start_run
from maillage.identity.actor import machine
from maillage.kernel import clock
from maillage.kernel.errors import Invalid

_PARIS = ZoneInfo("Europe/Paris")


class Command(BaseCommand):
    help = "Bill a month. Several at once share the work; one that was stopped is resumed by running it again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("month", help="the month billed: AAAA-MM")
        parser.add_argument("--issued-on", help="the date of the documents: AAAA-MM-JJ; today without it")

    def handle(self, *_args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's signature
        actor = machine("billing")
        month = _date(f"{options['month']}-01")
        given = options["issued_on"]
        issued_on = _date(given) if given else clock.now().astimezone(_PARIS).date()
        run = queries.run_of_month(actor, month) or start_run(actor, month, issued_on)
        while bill_next(actor, run.pk):
            pass
        state = queries.progress(actor, run)
        self.stdout.write(f"{month:%Y-%m}: {state.done}/{state.total} organisations, {state.failed} failed")


def _date(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a civil date
    except ValueError as error:
        raise Invalid("date_unreadable", text=text) from error
