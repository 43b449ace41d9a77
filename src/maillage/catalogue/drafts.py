"""What an editor fills in: a version before it has a number and dates."""

import unicodedata
from dataclasses import dataclass, field
from decimal import Decimal

from maillage.catalogue.engine.eligibility import Audience
from maillage.catalogue.engine.estimators import ESTIMATORS
from maillage.catalogue.engine.price import Rhythm, amount
from maillage.catalogue.terms import NamedTerm
from maillage.kernel.errors import Invalid
from maillage.kernel.money import Cents


@dataclass(frozen=True, slots=True)
class Sla:
    """What is promised. None: nothing is."""

    availability_percent: Decimal | None = None
    answer_hours: int | None = None
    repair_hours: int | None = None
    support: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """All that a version says. ``specifications`` are codes of equipment sheets."""

    name: str
    summary: str = ""
    description: str = ""
    included: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    keywords: str = ""
    picture: str = ""
    audiences: frozenset[Audience] = field(default_factory=frozenset)
    needs_fibre: bool = False
    needs_lora: bool = False
    estimator: str = ""
    level: str = ""
    term_months: int = 0
    sla: Sla = Sla()
    invented: bool = False
    terms: tuple[NamedTerm, ...] = ()
    specifications: tuple[str, ...] = ()


def require_sellable(draft: Draft) -> None:
    """Raises ``Invalid`` naming what a version needs before it can be sold."""
    if not draft.name.strip() or not draft.summary.strip():
        raise Invalid("offering_without_words")
    if not draft.audiences:
        raise Invalid("offering_for_nobody")
    if not draft.terms:
        raise Invalid("offering_without_price")
    if draft.estimator and draft.estimator not in ESTIMATORS:
        raise Invalid("estimator_unknown", estimator=draft.estimator)


def searchable(text: str) -> str:
    """Lower case, without accents: what is searched and what it is searched in."""
    decomposed = unicodedata.normalize("NFKD", text.lower().replace("œ", "oe").replace("’", "'"))
    return " ".join("".join(c for c in decomposed if not unicodedata.combining(c)).split())


def search_text(draft: Draft) -> str:
    """Everything a search looks in."""
    return searchable(" ".join([draft.name, draft.summary, draft.description, draft.keywords, *draft.included]))


def first_price_cents(draft: Draft) -> Cents | None:
    """What one unit of the first term costs, a monthly one before a single payment: for sorting."""
    ordered = sorted(draft.terms, key=lambda one: list(Rhythm).index(one.term.rhythm))
    monthly = [one for one in ordered if one.term.rhythm is Rhythm.MONTHLY] or ordered
    return amount(monthly[0].term, 1) if monthly else None
