"""The web server: pages, API and live streams, behind one ASGI application."""

import argparse
import asyncio
import contextlib
from collections.abc import Sequence

import uvicorn
import uvloop
from django.conf import settings

from maillage.processes.live import feed
from maillage.processes.ports import web_port
from maillage.web.streams import hub

DEFAULT_HOST = "127.0.0.1"
USUAL_PORTS = range(8000, 8011)
_GOODBYE_S = 3  # live streams never end by themselves


def main(arguments: Sequence[str]) -> None:
    """Serve until SIGTERM. ``--host`` and ``--port`` say where; the default is the first free of 8000-8010."""
    parser = argparse.ArgumentParser(prog="maillage run web")
    parser.add_argument("--host", default=DEFAULT_HOST)
    parser.add_argument("--port", type=int, default=None)
    chosen = parser.parse_args(arguments)
    uvloop.run(_serve(chosen.host, web_port(chosen.host, chosen.port, USUAL_PORTS)))


async def _serve(host: str, port: int) -> None:
    config = uvicorn.Config(
        "maillage.config.asgi:application",
        host=host,
        port=port,
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=_GOODBYE_S,
    )
    feeding = asyncio.create_task(feed(hub(), settings.ENVIRONMENT.nats_url, settings.ENVIRONMENT.database_conninfo))
    try:
        await uvicorn.Server(config).serve()
    finally:
        feeding.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await feeding
