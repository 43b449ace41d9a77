"""``import_repository PATH [--apply]``: device models of a public repository, with its examples run first."""

import asyncio
from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from maillage.identity.actor import machine
from maillage.kernel import clock
from maillage.kernel.errors import Invalid
from maillage.lorawan.repository.actions import import_models
from maillage.lorawan.repository.reading import judged, read_checkout
from maillage.lorawan.repository.values import Report


class Command(BaseCommand):
    """Nothing is changed without ``--apply``."""

    help = "Import the device models of a checkout of lorawan-devices or chirpstack-device-profiles."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """``import_repository PATH [--apply]``."""
        parser.add_argument("path", type=Path, help="Folder of the checkout.")
        parser.add_argument("--apply", action="store_true", help="Import, once the preview is as wanted.")

    def handle(self, *args: object, path: Path, apply: bool, **options: object) -> None:  # noqa: ARG002 - Django's
        """The report, then what was done."""
        try:
            self.stdout.write(f"Reading {path}…")
            checkout = read_checkout(path)
            self.stdout.write(f"{len(checkout.found)} models; running their examples…")
            result = asyncio.run(judged(checkout))
        except Invalid as error:
            raise CommandError(f"{path} cannot be imported: {error}") from error
        self._tell(result.report(clock.now().isoformat()))
        if apply:
            import_models(machine("import_repository"), result)
            self.stdout.write(f"{len(checkout.found)} models imported; running processes take them up in 10 s.")
        else:
            self.stdout.write("Nothing is imported yet: run again with --apply.")

    def _tell(self, report: Report) -> None:
        for model in report.models:
            passed = f"{model.passed} of {len(model.outcomes)} examples pass" if model.outcomes else "no examples"
            self.stdout.write(f"  {model.key}: {model.vendor} {model.name}, {', '.join(model.regions)}; {passed}")
            for outcome in model.failures:
                self.stdout.write(f"    FAILS {outcome.routine} « {outcome.description} »: {outcome.difference}")
        for problem in report.problems:
            self.stdout.write(f"  left out: {problem.path} {problem.reason}")
        total, passed_all = sum(len(m.outcomes) for m in report.models), sum(m.passed for m in report.models)
        self.stdout.write(
            f"{len(report.models)} models, {passed_all} of {total} examples pass,"
            f" {len(report.problems)} files left out."
        )
