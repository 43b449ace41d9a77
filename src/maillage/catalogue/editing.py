"""What an editor writes in one line ⇄ values: tiers, revision clauses, characteristics, documents."""

from datetime import date
from decimal import Decimal

from maillage.catalogue.engine.price import Tier
from maillage.catalogue.engine.revision import Formula, Part, Revision
from maillage.catalogue.terms import decimal_of
from maillage.kernel.errors import Invalid

_PART_WORDS = 3


def tiers_from(text: str) -> tuple[Tier, ...]:
    """``12,50``, or ``0 : 1,20 ; 100 : 0,80``."""
    if ":" not in text:
        return (Tier(Decimal(0), decimal_of(text, "prix")),)
    pairs = [step.split(":") for step in text.split(";") if step.strip()]
    if any(len(pair) != 2 for pair in pairs):  # noqa: PLR2004 - quantity and price
        raise Invalid("tiers_unreadable")
    return tuple(Tier(decimal_of(start, "quantité"), decimal_of(price, "prix")) for start, price in pairs)


def tiers_text(tiers: tuple[Tier, ...]) -> str:
    """As ``tiers_from`` reads it."""
    if len(tiers) == 1:
        return _plain(tiers[0].unit_price_eur)
    return " ; ".join(f"{_plain(tier.quantity_from)} : {_plain(tier.unit_price_eur)}" for tier in tiers)


def revision_from(text: str, first_on: date | None, every_months: int | None) -> Revision | None:
    """``syntec 0,85 301,2 ; bt01 0,05 120``: what is left of 1 is the fixed part. None when empty."""
    parts = [_part(one) for one in text.split(";") if one.strip()]
    if not parts:
        return None
    if first_on is None:
        raise Invalid("revision_without_date")
    fixed = 1 - sum((part.weight for part in parts), Decimal(0))
    return Revision(Formula(fixed, tuple(parts)), first_on, every_months or 12)


def revision_text(revision: Revision | None) -> str:
    """As ``revision_from`` reads it."""
    parts = revision.formula.parts if revision else ()
    return " ; ".join(f"{part.index} {_plain(part.weight)} {_plain(part.base_value)}" for part in parts)


def pairs_from(text: str) -> list[list[str]]:
    """One characteristic a line: ``Alimentation : 2 piles AA``."""
    found = [[part.strip() for part in line.split(":", 1)] for line in lines_of(text)]
    if any(len(pair) != 2 or not all(pair) for pair in found):  # noqa: PLR2004 - name and value
        raise Invalid("characteristic_unfit")
    return found


def documents_from(text: str) -> list[list[str]]:
    """One document a line: its title, then its https address."""
    found = [line.rsplit(None, 1) for line in lines_of(text)]
    if any(len(pair) != 2 or not pair[1].startswith("https://") for pair in found):  # noqa: PLR2004
        raise Invalid("document_unfit")
    return found


def lines_of(text: str) -> list[str]:
    """The lines that say something."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def _part(text: str) -> Part:
    words = text.split()
    if len(words) != _PART_WORDS:
        raise Invalid("revision_unreadable")
    return Part(words[0], decimal_of(words[1], "part"), decimal_of(words[2], "valeur de départ"))


def _plain(value: Decimal) -> str:
    return format(value, "f").replace(".", ",")
