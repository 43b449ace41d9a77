"""The one place that reads the time. Everything else receives an aware UTC ``datetime`` as a value."""

import time
from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, aware, UTC."""
    return datetime.now(UTC)


def monotonic_s() -> float:
    """Seconds of a clock that never goes back; only differences mean something."""
    return time.monotonic()
