"""An invoice before it has a number: one line a site and VAT rule, its VAT and its totals."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from maillage.billing.engine.facts import Charge
from maillage.billing.engine.vat import VatGroup, vat_groups
from maillage.kernel.money import Cents, total
from maillage.orders.engine.intervals import Interval
from maillage.orders.engine.terms import VatRule


@dataclass(frozen=True, slots=True)
class Line:
    """What a site costs under one VAT rule; ``amount`` is the sum of its charges."""

    site_id: int | None
    vat: VatRule
    interval: Interval
    charges: tuple[Charge, ...]
    amount: Cents


@dataclass(frozen=True, slots=True)
class Draft:
    """All amounts of a document; ``gross`` is what is to be paid. ``corrects`` is the invoice that a credit is of."""

    month: date
    lines: tuple[Line, ...]
    groups: tuple[VatGroup, ...]
    net: Cents
    vat: Cents
    gross: Cents
    corrects: int | None = None


def drafted(month: date, charges: Iterable[Charge], corrects: int | None = None) -> Draft:
    """The document of ``charges``, whose line amounts add up to its totals exactly."""
    by_line: defaultdict[tuple[int | None, VatRule], list[Charge]] = defaultdict(list)
    for charge in charges:
        by_line[charge.key.site_id, charge.vat].append(charge)
    lines = [_line(site_id, vat, parts) for (site_id, vat), parts in by_line.items()]
    lines.sort(key=lambda one: (one.site_id is None, one.site_id or 0, -one.vat.percent, one.vat.category))
    groups = vat_groups((one.vat, one.amount) for one in lines)
    net, vat = total(one.base for one in groups), total(one.vat for one in groups)
    return Draft(month, tuple(lines), groups, net, vat, Cents(net + vat), corrects)


def _line(site_id: int | None, vat: VatRule, charges: Sequence[Charge]) -> Line:
    in_order = tuple(sorted(charges, key=lambda one: (one.key, one.interval)))
    covered = Interval(min(one.interval.start for one in in_order), max(one.interval.end for one in in_order))
    return Line(site_id, vat, covered, in_order, total(one.amount for one in in_order))
