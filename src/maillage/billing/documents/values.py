"""What a paper says: an issued invoice with its lines, VAT and calculation, as values."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from maillage.billing.engine.exactness import Stated, StatedGroup, StatedLine
from maillage.billing.engine.facts import Charge
from maillage.billing.parties import Party
from maillage.kernel.money import ZERO, Cents, euros


@dataclass(frozen=True, slots=True)
class PaperLine:
    """A line: a site under one VAT rule, with the calculation behind it and why it changed, in words."""

    position: int
    label: str
    starts_on: date
    last_day: date
    net: Cents
    category: str
    percent: Decimal
    charges: tuple[Charge, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PaperVat:
    """A line of the VAT breakdown."""

    category: str
    percent: Decimal
    base: Cents
    vat: Cents
    reason_code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Paper:
    """An issued document. ``corrects`` is the number and date of the invoice that a credit note is of."""

    number: str
    month: date
    issued_on: date
    due_on: date
    seller: Party
    buyer: Party
    lines: tuple[PaperLine, ...]
    vat_lines: tuple[PaperVat, ...]
    net: Cents
    vat: Cents
    gross: Cents
    corrects: tuple[str, date] | None
    note: str

    @property
    def is_credit(self) -> bool:
        """Type 381 of UNTDID 1001; otherwise 380."""
        return self.corrects is not None

    def stated(self) -> Stated:
        """Its numbers, for the exact check."""
        one = Decimal(1)
        lines = [
            StatedLine(one, euros(each.net), one, euros(each.net), (each.category, each.percent)) for each in self.lines
        ]
        groups = [
            StatedGroup((each.category, each.percent), euros(each.base), euros(each.vat), each.reason)
            for each in self.vat_lines
        ]
        net, vat, gross = euros(self.net), euros(self.vat), euros(self.gross)
        return Stated(self.number, lines, groups, net, net, vat, gross, euros(ZERO), gross)
