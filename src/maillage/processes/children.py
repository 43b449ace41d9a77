"""What Maillage runs: its processes, and what must be done before they start. Adding one is adding a line here.

A process is a module with ``main() -> None``, or ``main(arguments: Sequence[str]) -> None`` when it
``takes_arguments``. It runs until SIGTERM, on which it finishes what it has begun and returns; it starts no process
that could outlive it. When it ends by itself it is started again.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Process:
    """A long-running part.

    ``only_in_demo`` ones are not started by ``maillage up``; ``own_command`` ones are ``maillage <name>``, too.
    ``sharded`` ones run only where the network server is several processes (True), or only where it is one (False).
    """

    name: str
    module: str
    summary: str
    takes_arguments: bool = False
    uses_django: bool = True
    only_in_demo: bool = False
    sharded: bool | None = None
    own_command: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A management command that must succeed before the processes start."""

    summary: str
    command: tuple[str, ...]


# In the order they start; they stop in the reverse order.
PROCESSES: tuple[Process, ...] = (
    Process("telemetry", "maillage.processes.telemetry", "stores what devices report"),
    Process("archive", "maillage.processes.telemetry_archive", "moves closed months of measures into files"),
    Process("command", "maillage.processes.command", "follows commands and carries out schedules"),
    Process("integrations", "maillage.processes.integrations", "hands customers what their devices say"),
    Process("rules", "maillage.processes.rules", "watches rules and silences, tells whoever is on call"),
    Process("web", "maillage.processes.web", "the pages, the API and the live streams", takes_arguments=True),
    Process("lorawan", "maillage.processes.lorawan", "the LoRaWAN network server", uses_django=False, sharded=False),
    Process(
        "lorawan-gateways",
        "maillage.processes.lorawan_gateways",
        "the way between gateways and shards",
        uses_django=False,
        sharded=True,
    ),
    Process(
        "lorawan-server",
        "maillage.processes.lorawan_server",
        "shards of the LoRaWAN network server",
        uses_django=False,
        sharded=True,
    ),
    Process(
        "simulate",
        "maillage.processes.simulate",
        "the demonstration's devices and gateways",
        takes_arguments=True,
        uses_django=False,
        only_in_demo=True,
        own_command=True,
    ),
)

_SERVER = "lorawan-server"

STEPS: tuple[Step, ...] = (
    Step("Bringing the database's tables up to date", ("migrate", "--noinput", "--verbosity=0")),
)

# Each must resume: a second run of the demonstration runs them again.
DEMO_STEPS: tuple[Step, ...] = (Step("Loading the demonstration's territory", ("load_demo",)),)


def chosen_processes(*, demo: bool, shards: int) -> list[tuple[str, Process]]:
    """What an installation runs, each under a name of its own: as many servers as there are shards."""
    here = [one for one in PROCESSES if (demo or not one.only_in_demo) and one.sharded in {None, shards > 1}]
    return [(name, process) for process in here for name in _names(process, shards)]


def _names(process: Process, shards: int) -> list[str]:
    if process.name != _SERVER:
        return [process.name]
    return [f"{process.name}-{number}" for number in range(1, shards + 1)]


def process_named(name: str) -> Process:
    """The process called ``name``; ``KeyError`` when there is none."""
    return {process.name: process for process in PROCESSES}[name]
