"""VAT per category on the sum of its lines (EN 16931 BR-CO-17), never line by line."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from maillage.kernel.money import Cents, percent_of, total
from maillage.orders.engine.terms import VatRate, VatRule


@dataclass(frozen=True, slots=True)
class VatGroup:
    """One line of the VAT breakdown (BG-23): ``vat`` = ``base`` × the rule's rate, rounded once, half-up."""

    rule: VatRule
    base: Cents
    vat: Cents


def vat_groups(amounts: Iterable[tuple[VatRule, Cents]]) -> tuple[VatGroup, ...]:
    """The breakdown, highest rate first: one group a category and rate; several exemptions name all their reasons."""
    bases: defaultdict[VatRate, list[Cents]] = defaultdict(list)
    rules: defaultdict[VatRate, list[VatRule]] = defaultdict(list)
    for rule, amount in amounts:
        bases[rule.rate].append(amount)
        rules[rule.rate].append(rule)
    groups = [group_of(_together(rules[rate]), total(parts)) for rate, parts in bases.items()]
    return tuple(sorted(groups, key=lambda one: (-one.rule.percent, one.rule.category)))


def group_of(rule: VatRule, base: Cents) -> VatGroup:
    """The VAT of one sum."""
    return VatGroup(rule, base, percent_of(base, rule.percent))


def _together(rules: Sequence[VatRule]) -> VatRule:
    """One rule for a group: its exemptions' reasons one after the other, their code only when it is the same."""
    codes = {one.reason_code for one in rules}
    reasons = sorted({one.reason for one in rules if one.reason})
    return replace(rules[0], reason_code=codes.pop() if len(codes) == 1 else "", reason=" ; ".join(reasons))
