"""A quote with all that its page and its paper say, in values."""

from collections.abc import Sequence
from dataclasses import dataclass

from maillage.catalogue.engine.price import Rhythm
from maillage.identity.actor import Actor
from maillage.kernel.money import Cents, total
from maillage.orders.engine.quote import Charge, VatPart, from_json, sum_of, vat_of
from maillage.orders.models import Decision, Order, Quote, QuoteLine
from maillage.orders.quoting import queries


@dataclass(frozen=True, slots=True)
class LineView:
    """A line and its charges."""

    row: QuoteLine
    charges: tuple[Charge, ...]

    @property
    def once(self) -> Cents:
        """Its installation, before VAT."""
        return sum_of(self.charges, Rhythm.ONE_OFF)

    @property
    def monthly(self) -> Cents:
        """Its monthly price, before VAT."""
        return sum_of(self.charges, Rhythm.MONTHLY)


@dataclass(frozen=True, slots=True)
class QuoteView:
    """The whole quote."""

    quote: Quote
    lines: Sequence[LineView]
    decisions: Sequence[Decision]
    order: Order | None

    @property
    def once_vat(self) -> tuple[VatPart, ...]:
        """VAT of the installation."""
        return vat_of(self._charges, Rhythm.ONE_OFF)

    @property
    def monthly_vat(self) -> tuple[VatPart, ...]:
        """VAT of a month."""
        return vat_of(self._charges, Rhythm.MONTHLY)

    @property
    def once_gross(self) -> Cents:
        """The installation with VAT."""
        return Cents(self.quote.once_cents + total(part.vat for part in self.once_vat))

    @property
    def monthly_gross(self) -> Cents:
        """A month with VAT."""
        return Cents(self.quote.monthly_cents + total(part.vat for part in self.monthly_vat))

    @property
    def by_use(self) -> Sequence[Charge]:
        """What is paid by use, beside the monthly price."""
        return [one for one in self._charges if one.rhythm is Rhythm.USAGE]

    @property
    def _charges(self) -> tuple[Charge, ...]:
        return tuple(one for line in self.lines for one in line.charges)


def view_of(actor: Actor, quote: Quote) -> QuoteView:
    """Read all of it."""
    lines = [LineView(row, from_json(row.charges)) for row in queries.lines_of(actor, quote)]
    return QuoteView(quote, lines, queries.decisions_of(actor, quote), queries.order_of(actor, quote))
