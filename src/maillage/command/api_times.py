"""Instants that programs send."""

from datetime import datetime

from maillage.kernel.errors import Invalid


def aware(at: datetime) -> datetime:
    """``at`` itself; ``Invalid`` for one without an offset from UTC: nobody can know which instant is meant."""
    if at.utcoffset() is None:
        raise Invalid("instant_without_offset", given=at.isoformat())
    return at
