"""The web server: pages, API and live streams, behind one ASGI application."""

import argparse
from collections.abc import Sequence

import uvicorn

from maillage.processes.ports import web_port

DEFAULT_HOST = "127.0.0.1"
USUAL_PORTS = range(8000, 8011)
_GOODBYE_S = 3  # live streams never end by themselves


def main(arguments: Sequence[str]) -> None:
    """Serve until SIGTERM. ``--host`` and ``--port`` say where; the default is the first free of 8000-8010."""
    parser = argparse.ArgumentParser(prog="maillage run web")
    parser.add_argument("--host", default=DEFAULT_HOST)
    parser.add_argument("--port", type=int, default=None)
    chosen = parser.parse_args(arguments)
    uvicorn.run(
        "maillage.config.asgi:application",
        host=chosen.host,
        port=web_port(chosen.host, chosen.port, USUAL_PORTS),
        access_log=False,
        timeout_graceful_shutdown=_GOODBYE_S,
    )
