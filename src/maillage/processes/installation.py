"""The plan of one installation: which servers, steps and processes its environment asks for."""

import json
import shutil
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from maillage.config.data_folder import DataFolder, secret_kept_in, write_private
from maillage.config.environment import Environment
from maillage.processes import console, leftovers, mqtt_broker, nats, ports
from maillage.processes.child import Command
from maillage.processes.children import DEMO_STEPS, STEPS, Process, Step, chosen_processes
from maillage.processes.lock import holder_of
from maillage.processes.postgres import clear_leftovers, embedded_cluster
from maillage.processes.postgres_binaries import find_binaries
from maillage.processes.privileges import database_identity, leashed
from maillage.processes.problems import CannotStart
from maillage.processes.supervisor import Plan, Server, Task

_STOP_GRACE_S = 60.0
_ROOT = Path("/")


@dataclass(frozen=True, slots=True)
class Site:
    """Where the web server listens."""

    host: str
    port: int

    @property
    def address(self) -> str:
        """What to type into a browser on this machine."""
        everywhere = self.host in {"0.0.0.0", "::"}  # noqa: S104 - compared, not listened on
        host = "127.0.0.1" if everywhere else self.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"


def plan_of(env: Environment, variables: Mapping[str, str], site: Site, *, demo: bool) -> Plan:
    """What ``maillage up`` (or ``demo``) runs. Makes the private servers' folders and files on the way."""
    steps = (*STEPS, *(DEMO_STEPS if demo else ()))
    chosen = chosen_processes(demo=demo, shards=env.shards)
    return Plan(
        servers=_servers(env, variables),
        tasks=[_task(step, variables) for step in steps],
        processes=[_process(name, process, variables, site) for name, process in chosen],
        started=lambda: _welcome(env, site, demo=demo),
    )


def start_over(data: DataFolder) -> None:
    """Stop what runs on the data folder and delete what Maillage put there, and nothing else."""
    if pid := holder_of(data.lock):
        with console.working(f"Stopping the Maillage that runs (pid {pid})"):
            if leftovers.stop_all([pid], [signal.SIGTERM], _STOP_GRACE_S):
                raise CannotStart("will-not-stop", f"The Maillage that runs (pid {pid}) does not stop.", pid=pid)
    clear_leftovers(data.postgres_home / "cluster")
    nats.clear_leftover(data)
    mqtt_broker.clear_leftover(data)
    for path in data.owned_paths():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _servers(env: Environment, variables: Mapping[str, str]) -> list[Server]:
    postgres = [_postgres(env.data, variables)] if env.embedded_database else []
    return [*postgres, *([_nats(env, variables)] if env.embedded_nats else []), _mqtt(env, variables)]


def _postgres(data: DataFolder, variables: Mapping[str, str]) -> Server:
    cluster = embedded_cluster(data, database_identity(), find_binaries())
    cluster.clear()
    with console.working(f"Preparing the private database in {cluster.home}"):
        cluster.create()
    command = Command(
        "postgres",
        cluster.argv(),
        variables,
        stop=(signal.SIGINT, signal.SIGQUIT),
        grace_s=30.0,
        log=data.logs / "postgres.log",
        working_folder=_ROOT,
    )
    return Server("Starting PostgreSQL", command, cluster.is_ready, cluster.clear, cluster.complete)


def _nats(env: Environment, variables: Mapping[str, str]) -> Server:
    data = env.data
    nats.clear_leftover(data)
    port = env.mqtt_port
    server = nats.embedded_server(
        data, None if port is None else nats.MqttGateway(port, secret_kept_in(data.mqtt_password))
    )
    server.create()
    write_private(data.nats_url, server.url)
    command = Command("nats", server.argv(), variables, log=data.logs / "nats.log", working_folder=_ROOT)
    return Server("Starting NATS", command, server.is_ready, server.clear)


def _mqtt(env: Environment, variables: Mapping[str, str]) -> Server:
    mqtt_broker.clear_leftover(env.data)
    broker = mqtt_broker.embedded_broker(env)
    broker.create()
    mqtt_broker.remember(env.data, broker)
    command = Command("mqtt", broker.argv(), variables, log=env.data.logs / "mqtt.log", working_folder=_ROOT)
    return Server("Starting the MQTT broker", command, broker.is_ready, broker.clear)


def _task(step: Step, variables: Mapping[str, str]) -> Task:
    return Task(step.summary, _maillage(step.command[0], ("manage", *step.command), variables))


def _process(name: str, process: Process, variables: Mapping[str, str], site: Site) -> Command | Server:
    if process.name != "web":
        return _maillage(name, ("run", process.name), variables)
    where = ("--host", site.host, "--port", str(site.port))
    command = _maillage("web", ("run", "web", *where), variables)
    return Server("Starting the web server", command, lambda: ports.answers(site.host, site.port))


def _maillage(name: str, arguments: Sequence[str], variables: Mapping[str, str]) -> Command:
    argv = leashed((sys.executable, "-m", "maillage.cli", *arguments), signal.SIGKILL)
    return Command(name, argv, variables)


def _welcome(env: Environment, site: Site, *, demo: bool) -> None:
    console.say(f"\nMaillage runs: {site.address}")
    if demo and env.data.demo_logins.exists():
        for login in json.loads(env.data.demo_logins.read_text(encoding="utf-8")):
            console.say(f"  {login['role']:<12} {login['login']:<16} {login['password']}")
    console.say("Ctrl-C stops everything.\n")
