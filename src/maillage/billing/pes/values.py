"""A bordereau of titres, as values: what one PES V2 Recette file says."""

from dataclasses import dataclass
from datetime import date

from maillage.billing.documents.values import Paper


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounting:
    """The issuer with its public accountant: post, collectivity and budget codes (Hélios); ``siret`` of the budget."""

    post: str
    siret: str
    collectivity: str
    budget: str
    product: str
    nature: str


@dataclass(frozen=True, slots=True)
class TitreValue:
    """An issued document with its titre's number; ``corrects`` is the year and number of the titre it reduces."""

    number: int
    paper: Paper
    corrects: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class BordereauValue:
    """Titres of one kind, sent together: all ordinary, or all reductions."""

    year: int
    number: int
    issued_on: date
    titres: tuple[TitreValue, ...]

    @property
    def reduces(self) -> bool:
        """True for credit notes (type 02, *annulation/réduction*)."""
        return any(one.corrects for one in self.titres)
