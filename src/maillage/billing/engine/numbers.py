"""Numbers of documents: at most 20 characters of ``A-Z a-z 0-9 + - _ /`` (the State's invoicing rules, BR-FR-01/02)."""

import re

from maillage.kernel.errors import Invalid

_FIT = re.compile(r"[A-Za-z0-9+\-_/]{1,20}")
_DIGITS = 6


def series_code(prefix: str, year: int) -> str:
    """A series begins anew each year: ``F2026``."""
    return f"{prefix}{year}"


def number_of(series: str, sequence: int) -> str:
    """``F2026-000123``. Raises ``Invalid`` when it would not be accepted."""
    number = f"{series}-{sequence:0{_DIGITS}d}"
    if sequence < 1 or not is_fit(number):
        raise Invalid("number_unfit", number=number)
    return number


def is_fit(number: str) -> bool:
    """Whether it may stand on an invoice."""
    return _FIT.fullmatch(number) is not None
