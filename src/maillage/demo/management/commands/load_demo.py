"""``load_demo``: the demonstration's territory, loaded or resumed."""

from dataclasses import asdict, fields
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from maillage.demo.load import Size, load
from maillage.kernel.errors import Conflict

_COLUMNS = (TextColumn("{task.description:<34}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())


def _positive(text: str) -> int:
    """A whole number from 1, for argparse."""
    value = int(text)
    if value < 1:
        raise ValueError(text)
    return value


class _Bars:
    """One bar a stage; on a terminal that cannot redraw, one line a stage."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def stage(self, label: str, steps: int) -> None:
        self._task = self._progress.add_task(label, total=steps)

    def advance(self) -> None:
        if self._task is not None:
            self._progress.advance(self._task)


class Command(BaseCommand):
    """Run again, it adds only what is missing."""

    help = "Load the demonstration's territory; refuses a database with other organisations in it."

    def add_arguments(self, parser: CommandParser) -> None:
        """One option a dimension of the size; the default is the whole demonstration."""
        for name, default in asdict(Size()).items():
            parser.add_argument(f"--{name.replace('_', '-')}", type=_positive, default=default, metavar="N")

    def handle(self, *args: object, **options: Any) -> None:  # noqa: ANN401, ARG002 - Django's signature
        """Show the progress and say what was added."""
        size = Size(**{field.name: options[field.name] for field in fields(Size)})
        with Progress(*_COLUMNS, console=Console()) as progress:
            try:
                added = load(_Bars(progress), size=size)
            except Conflict as refusal:
                raise CommandError(
                    "This database holds organisations that are not the demonstration's "
                    f"({refusal.facts.get('organisations')}): nothing was loaded. Use another database."
                ) from refusal
        self.stdout.write(
            f"Added {added.communes} communes, {added.members} organisations, {added.gateways} gateways, "
            f"{added.devices} devices, {added.programmes} programme entries, {added.observations} observations, "
            f"{added.offerings} offerings."
        )
