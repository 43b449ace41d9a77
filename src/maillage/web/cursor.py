"""Pages by cursor: stable while rows are added, and as fast on the last page as on the first.

A cursor is opaque to clients: the sort key of the last row given, as JSON in base64url.
"""

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from maillage.kernel.errors import Invalid

Row = TypeVar("Row")
_LONGEST = 500


def cursor_after(key: Sequence[int | str]) -> str:
    """The cursor that goes on after the row of this sort key."""
    return urlsafe_b64encode(json.dumps(list(key), separators=(",", ":")).encode()).decode().rstrip("=")


def after_cursor(cursor: str, *types: type) -> list[Any]:
    """The sort key that a cursor holds, one value a type. Raises ``Invalid`` for anything we did not give."""
    if len(cursor) > _LONGEST:
        raise Invalid("cursor_unreadable")
    try:
        values = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError) as error:
        raise Invalid("cursor_unreadable") from error
    if not isinstance(values, list) or [type(value) for value in values] != list(types):
        raise Invalid("cursor_unreadable")
    return values


def one_more(
    rows: Sequence[Row], size: int, key: Callable[[Row], Sequence[int | str]]
) -> tuple[Sequence[Row], str | None]:
    """Cut ``rows``, of which ``size + 1`` were asked for, to a page; the cursor is None on the last page."""
    page = rows[:size]
    return page, cursor_after(key(page[-1])) if len(rows) > size else None
