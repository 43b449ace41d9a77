"""Price rows ⇄ price terms: decimals travel as text, so that nothing is lost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from maillage.catalogue.engine.price import Mode, PriceTerm, Rhythm, Tier
from maillage.catalogue.engine.revision import Formula, Part, Revision
from maillage.catalogue.models import Price
from maillage.kernel.errors import Invalid


@dataclass(frozen=True, slots=True)
class NamedTerm:
    """A price term with the words of its line and its clause of revision, if any."""

    name: str
    term: PriceTerm
    revision: Revision | None = None


def named_term(row: Price) -> NamedTerm:
    """The value of a price row."""
    tiers = tuple(Tier(Decimal(start), Decimal(price)) for start, price in row.tiers)
    term = PriceTerm(row.code, Rhythm(row.rhythm), row.unit, tiers, Mode(row.mode), row.vat_percent)
    return NamedTerm(row.name, term, revision_of(row.revision))


def tiers_json(tiers: Sequence[Tier]) -> list[list[str]]:
    """As ``Price.tiers`` keeps them."""
    return [[str(tier.quantity_from), str(tier.unit_price_eur)] for tier in tiers]


def revision_json(revision: Revision | None) -> dict[str, object] | None:
    """As ``Price.revision`` keeps it."""
    if revision is None:
        return None
    formula = revision.formula
    return {
        "fixed": str(formula.fixed),
        "parts": [[part.index, str(part.weight), str(part.base_value)] for part in formula.parts],
        "decimals": formula.decimals,
        "first_on": revision.first_on.isoformat(),
        "every_months": revision.every_months,
    }


def revision_of(kept: Mapping[str, Any] | None) -> Revision | None:
    """The clause that ``revision_json`` wrote."""
    if kept is None:
        return None
    parts = tuple(Part(index, Decimal(weight), Decimal(base)) for index, weight, base in kept["parts"])
    formula = Formula(Decimal(kept["fixed"]), parts, kept["decimals"])
    return Revision(formula, date.fromisoformat(kept["first_on"]), kept["every_months"])


def decimal_of(text: str, what: str) -> Decimal:
    """A number as people write it, comma or point. Raises ``Invalid`` ``number_unreadable``."""
    cleaned = text.strip().replace("\u202f", "").replace("\u00a0", "").replace(" ", "").replace(",", ".")
    try:
        found = Decimal(cleaned)
    except InvalidOperation as error:
        raise Invalid("number_unreadable", text=text.strip()[:40], what=what) from error
    if not found.is_finite():
        raise Invalid("number_unreadable", text=text.strip()[:40], what=what)
    return found
