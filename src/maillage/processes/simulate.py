"""The simulator as a process: plays the fleet of the data folder against a network server."""

import argparse
import asyncio
from collections.abc import Callable, Sequence

from maillage.config import environment
from maillage.kernel.errors import Invalid
from maillage.lorawan.simulator.fleet import FOLDER
from maillage.lorawan.simulator.run import Server, simulate
from maillage.lorawan.simulator.town import Options, Tally
from maillage.processes import console

_LOCAL = "127.0.0.1"
_STATIONS_MAX = 10_000
_PLAIN = 2  # the port without TLS is the second one after the station port


def main(arguments: Sequence[str] = ()) -> None:
    """Play until SIGTERM. Without a fleet file there is nothing to play: ``Invalid`` says which file is missing."""
    env = environment.read()
    parser = _parser(env.lorawan_port)
    chosen = parser.parse_args(arguments)
    options = Options(
        loss=_within("--loss", chosen.loss, 0.0, 0.95),
        collisions=not chosen.no_collisions,
        valve_period_s=_period_s("--valve-period", chosen.valve_period_s),
        relay_period_s=_period_s("--relay-period", chosen.relay_period_s),
    )
    stations = round(_within("--stations", chosen.stations, 0, _STATIONS_MAX))
    credentials = env.data_folder / FOLDER / "stations"
    server = Server(chosen.host, chosen.port, stations, env.station_port + _PLAIN, credentials)
    asyncio.run(simulate(env.data_folder, server, options, _watcher()))


def _parser(lorawan_port: int) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="maillage simulate", description="Play the demonstration's LoRaWAN devices.")
    parser.add_argument("--host", default=_LOCAL, help="network server (default %(default)s)")
    parser.add_argument("--port", type=int, default=lorawan_port, help="its UDP port (default %(default)s)")
    parser.add_argument("--stations", type=int, default=0, metavar="N", help="gateways that speak LoRa Basics Station")
    parser.add_argument("--loss", type=float, default=0.0, help="share of the copies lost on the air, 0 to 0.95")
    parser.add_argument("--no-collisions", action="store_true", help="frames on one channel do not hurt each other")
    for kind in ("valve", "relay"):
        parser.add_argument(
            f"--{kind}-period",
            type=float,
            metavar="SECONDS",
            dest=f"{kind}_period_s",
            help=f"reporting period of every {kind}, in place of the fleet file's",
        )
    return parser


def _period_s(option: str, chosen_s: float | None) -> float | None:
    return None if chosen_s is None else _within(option, chosen_s, 10.0, 86_400.0)


def _within(option: str, value: float, low: float, high: float) -> float:
    if not low <= value <= high:
        raise Invalid("option-out-of-range", option=option, value=value, minimum=low, maximum=high)
    return value


def _watcher() -> Callable[[Tally], None]:
    def say(tally: Tally) -> None:
        console.say(
            f"joined {tally.joined}/{tally.joins_sent} tries, {tally.uplinks} uplinks ({tally.unheard} unheard), "
            f"{tally.downlinks_heard}/{tally.downlinks} downlinks heard"
        )

    return say
