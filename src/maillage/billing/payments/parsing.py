"""A bank's CSV of payments: *date;reference;invoice;amount*, decimal comma or point, with that heading."""

import csv
import io
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from maillage.kernel.errors import Invalid
from maillage.kernel.money import Cents, cents

COLUMNS = ("date", "reference", "invoice", "amount")
_DATES = ("%Y-%m-%d", "%d/%m/%Y")
_LONGEST = 5_000


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """One line; ``line`` is its number in the file, the heading being 1."""

    line: int
    received_on: date
    reference: str
    invoice: str
    amount: Cents


def payments_in(text: str) -> tuple[PaymentLine, ...]:
    """Raises ``Invalid`` naming the first line that cannot be read."""
    rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff")), delimiter=";"))
    if not rows or tuple(cell.strip().lower() for cell in rows[0]) != COLUMNS:
        raise Invalid("payments_heading", columns=";".join(COLUMNS))
    if len(rows) > _LONGEST:
        raise Invalid("payments_too_many", longest=_LONGEST)
    return tuple(_line(number, row) for number, row in enumerate(rows[1:], 2) if any(cell.strip() for cell in row))


def _line(number: int, row: list[str]) -> PaymentLine:
    cells = [cell.strip() for cell in row]
    if len(cells) != len(COLUMNS):
        raise Invalid("payment_line_columns", line=number, expected=len(COLUMNS))
    day, reference, invoice, amount = cells
    if not reference or len(reference) > 80:  # noqa: PLR2004 - the column's length
        raise Invalid("payment_line_reference", line=number)
    return PaymentLine(number, _date(number, day), reference, invoice, _amount(number, amount))


def _date(number: int, text: str) -> date:
    for form in _DATES:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007 - a civil date
        except ValueError:
            continue
    raise Invalid("payment_line_date", line=number, text=text[:40])


def _amount(number: int, text: str) -> Cents:
    plain = "".join(text.split()).removesuffix("€").replace(",", ".")
    try:
        value = Decimal(plain)
    except InvalidOperation as error:
        raise Invalid("payment_line_amount", line=number, text=text[:40]) from error
    if not value.is_finite() or value <= 0 or value.scaleb(2) != value.scaleb(2).to_integral_value():
        raise Invalid("payment_line_amount", line=number, text=text[:40])
    return cents(value)
