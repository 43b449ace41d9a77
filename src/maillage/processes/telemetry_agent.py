"""The agent beside machines that speak Modbus TCP: ``maillage agent modbus SETTINGS``. Runs where they are."""

import asyncio
from pathlib import Path

from maillage.processes.running import until_terminated
from maillage.telemetry.agent.modbus import run
from maillage.telemetry.agent.settings import read_settings


def main(path: Path) -> None:
    """Read, keep and send until SIGTERM. Raises ``Invalid`` for settings that cannot be used."""
    settings = read_settings(path)
    asyncio.run(until_terminated(run(settings)))
