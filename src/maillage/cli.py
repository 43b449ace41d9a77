"""The ``maillage`` command."""

import asyncio
import functools
import importlib
import sys
from collections.abc import Iterable
from pathlib import Path

import click
import django
from django.core.management import execute_from_command_line

from maillage.config import environment
from maillage.kernel.errors import MaillageError
from maillage.processes import console
from maillage.processes.children import PROCESSES, Process, process_named
from maillage.processes.installation import Site, plan_of, start_over
from maillage.processes.lock import only_one
from maillage.processes.ports import require_radio_port, web_port
from maillage.processes.problems import sentence_of
from maillage.processes.supervisor import Supervisor
from maillage.processes.web import DEFAULT_HOST, USUAL_PORTS

_PASS_ON = {"ignore_unknown_options": True, "help_option_names": []}
_NAMES = [process.name for process in PROCESSES]
_where_host = click.option("--host", default=DEFAULT_HOST, show_default=True, help="Address to listen on.")
_where_port = click.option(
    "--port", type=click.IntRange(1, 65535), help="Port to listen on; without it, the first free of 8000-8010."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Plan, own, sell, run and share a digital territory."""


@cli.command()
@_where_host
@_where_port
def up(host: str, port: int | None) -> None:
    """Start everything on this machine; Ctrl-C stops it."""
    _supervise(host, port, demo=False)


@cli.command()
@_where_host
@_where_port
@click.option("--reset", is_flag=True, help="Stop what runs, delete its data and begin anew.")
def demo(host: str, port: int | None, *, reset: bool) -> None:
    """Start everything, with the demonstration's territory in it."""
    if reset:
        start_over(environment.read().data)
    _supervise(host, port, demo=True)


@cli.command(context_settings=_PASS_ON, help=f"Run one process alone: {', '.join(_NAMES)}.")
@click.argument("name", type=click.Choice(_NAMES))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def run(name: str, arguments: tuple[str, ...]) -> None:
    """The servers must be up: ``maillage up`` starts them."""
    _run(process_named(name), arguments)


def add_own_commands(group: click.Group, processes: Iterable[Process]) -> None:
    """Give each process that has its ``own_command`` one."""
    arguments = click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED)
    for process in processes:
        if process.own_command:
            callback = functools.partial(_run, process)
            group.add_command(
                click.Command(process.name, _PASS_ON, callback, [arguments], help=f"Run {process.summary}.")
            )


@cli.command(context_settings=_PASS_ON)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def manage(arguments: tuple[str, ...]) -> None:
    """Django's own commands: migrate, shell, createsuperuser…"""
    environment.choose_settings()
    execute_from_command_line(["maillage manage", *arguments])


@cli.group()
def devices() -> None:
    """Device models of this installation."""


@devices.command("import-repository", context_settings=_PASS_ON)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def import_repository(arguments: tuple[str, ...]) -> None:
    """PATH [--apply]: show what a checkout of device models holds and which examples pass; then import it."""
    environment.choose_settings()
    execute_from_command_line(["maillage devices", "import_repository", *arguments])


@cli.group()
def telemetry() -> None:
    """Measured values: their archive and their summaries."""


@telemetry.command("verify")
def verify_telemetry() -> None:
    """Prove that archive, partitions and summaries agree; exit code 1 when they do not."""
    environment.choose_settings()
    execute_from_command_line(["maillage telemetry", "verify_telemetry"])


@telemetry.command("archive")
def archive_telemetry() -> None:
    """Move the closed months into files now, as the archive process does by itself."""
    environment.choose_settings()
    execute_from_command_line(["maillage telemetry", "archive_telemetry"])


@telemetry.command("rebuild")
def rebuild_telemetry() -> None:
    """Sum every hour and day up again from the values; the telemetry process carries it out."""
    environment.choose_settings()
    execute_from_command_line(["maillage telemetry", "rebuild_summaries"])


@cli.group()
def agent() -> None:
    """What runs beside machines and sends what they measure."""


@agent.command("modbus")
@click.argument("settings", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def agent_modbus(settings: Path) -> None:
    """Read machines by Modbus TCP as SETTINGS says; keep on disk what cannot be sent yet."""
    importlib.import_module("maillage.processes.telemetry_agent").main(settings)


def _run(process: Process, arguments: tuple[str, ...]) -> None:
    if arguments and not process.takes_arguments:
        raise click.UsageError(f"{process.name} takes no arguments")
    if process.uses_django:
        environment.choose_settings()
        django.setup()
    main_of = importlib.import_module(process.module).main
    main_of(*([arguments] if process.takes_arguments else []))


def _supervise(host: str, port: int | None, *, demo: bool) -> None:
    env = environment.read()
    env.data.create()
    with only_one(env.data.lock):
        require_radio_port(env.lorawan_port)
        site = Site(host, web_port(host, port, USUAL_PORTS))
        plan = plan_of(env, environment.for_children(env), site, demo=demo)
        asyncio.run(Supervisor(plan, console).run())
    console.say("Maillage has stopped.")


add_own_commands(cli, PROCESSES)


def main() -> None:
    """Run the command line; what a person can act on is one sentence, not a traceback."""
    try:
        cli.main(prog_name="maillage", standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except MaillageError as error:
        console.complain(sentence_of(error))
        sys.exit(1)


if __name__ == "__main__":
    main()
