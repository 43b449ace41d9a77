"""How a long-running process ends: on SIGTERM, or with its first failure."""

import asyncio
import logging
import signal
from collections.abc import Coroutine

_LOG = logging.getLogger(__name__)


async def until_terminated(*jobs: Coroutine[None, None, None]) -> None:
    """Run ``jobs`` side by side until SIGTERM or SIGINT. A job that fails stops the others and raises here.

    What a cancelled job had begun is rolled back or was never acknowledged: it is done again at the next start.
    """
    tasks = [asyncio.ensure_future(job) for job in jobs]
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    watch = asyncio.ensure_future(told.wait())
    try:
        done, _ = await asyncio.wait([watch, *tasks], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (watch, *tasks):
            task.cancel()
        await asyncio.gather(watch, *tasks, return_exceptions=True)
    for task in done - {watch}:
        task.result()
    _LOG.info("told to stop")


def told_to_stop() -> bool:
    """Whether the current task has been cancelled. Ask it in loops around the bus: its client drops a cancellation that
    reaches it while it writes, and the loop would go on for ever.
    """
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
