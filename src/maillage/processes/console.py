"""What the supervisor says at the terminal."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import click

from maillage.kernel import clock

_NAME_WIDTH = 10
_COLOURS = ("cyan", "green", "magenta", "yellow", "blue", "bright_red")
_TICK_S = 2.0


def say(text: str) -> None:
    """A line of our own."""
    click.secho(text, bold=True)


def complain(text: str) -> None:
    """Something went wrong."""
    click.secho(text, fg="red", bold=True, err=True)


def relay(name: str, text: str) -> None:
    """A line that the process ``name`` wrote."""
    colour = _COLOURS[sum(name.encode()) % len(_COLOURS)]
    click.echo(f"{click.style(name.rjust(_NAME_WIDTH), fg=colour)} │ {text}")


@contextmanager
def working(text: str) -> Iterator[None]:
    """Say ``text`` when the work begins, how long it has lasted every two seconds, and when it took long."""
    started_s = clock.monotonic_s()
    done = threading.Event()
    ticker = threading.Thread(target=_tick, args=(text, started_s, done), daemon=True)
    click.echo(f"• {text}")
    ticker.start()
    try:
        yield
    finally:
        done.set()
        ticker.join()


def _tick(text: str, started_s: float, done: threading.Event) -> None:
    while not done.wait(_TICK_S):
        click.echo(f"  … {text}: {clock.monotonic_s() - started_s:.0f} s")
        sys.stdout.flush()
