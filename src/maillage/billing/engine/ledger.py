"""Double entry: what a document, a payment or a grant does to the accounts. Debit = credit, or it is no entry.

Accounts follow the M57 plan of local authorities: 411 redevables, 441 subventions à recevoir, 44571 TVA collectée,
515 compte au Trésor, 706 prestations de services, 131 subventions d'investissement.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from maillage.kernel.errors import Invalid
from maillage.kernel.money import ZERO, Cents, total


class Book(StrEnum):
    """The journals."""

    SALES = "VE"
    BANK = "BQ"
    FUNDING = "SU"


class Ledgers(StrEnum):
    """The accounts that are moved."""

    DEBTORS = "411"
    GRANTS_RECEIVABLE = "441"
    VAT_COLLECTED = "44571"
    TREASURY = "515"
    SERVICES = "706"
    GRANTS = "131"


@dataclass(frozen=True, slots=True)
class Posting:
    """One side of an entry; exactly one of ``debit`` and ``credit`` is positive, the other zero."""

    account: str
    debit: Cents
    credit: Cents
    auxiliary: str = ""
    auxiliary_label: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A balanced set of postings on a local day, resting on a document."""

    book: Book
    booked_on: date
    reference: str
    label: str
    postings: tuple[Posting, ...]

    def __post_init__(self) -> None:
        debit, credit = total(one.debit for one in self.postings), total(one.credit for one in self.postings)
        one_sided = all(min(one.debit, one.credit) == 0 < max(one.debit, one.credit) for one in self.postings)
        if debit != credit or not self.postings or not one_sided:
            raise Invalid("entry_unbalanced", reference=self.reference, debit=debit, credit=credit)


@dataclass(frozen=True, slots=True)
class Third:
    """Who owes: ``code`` is a SIREN or a funder's code."""

    code: str
    label: str


def sale(third: Third, booked_on: date, number: str, net: Cents, vat: Cents) -> Entry:
    """An invoice: the debtor owes the total."""
    gross = Cents(net + vat)
    sides = [_debit(Ledgers.DEBTORS, gross, third), _credit(Ledgers.SERVICES, net), _credit(Ledgers.VAT_COLLECTED, vat)]
    return Entry(Book.SALES, booked_on, number, third.label, _moved(sides))


def credit_note(third: Third, booked_on: date, number: str, net: Cents, vat: Cents) -> Entry:
    """The mirror of a sale."""
    gross = Cents(net + vat)
    sides = [_debit(Ledgers.SERVICES, net), _debit(Ledgers.VAT_COLLECTED, vat), _credit(Ledgers.DEBTORS, gross, third)]
    return Entry(Book.SALES, booked_on, number, third.label, _moved(sides))


def payment(third: Third, booked_on: date, reference: str, amount: Cents) -> Entry:
    """The debtor paid."""
    sides = [_debit(Ledgers.TREASURY, amount), _credit(Ledgers.DEBTORS, amount, third)]
    return Entry(Book.BANK, booked_on, reference, third.label, _moved(sides))


def grant_committed(funder: Third, booked_on: date, reference: str, amount: Cents) -> Entry:
    """A funder's decision: the grant may be claimed."""
    sides = [_debit(Ledgers.GRANTS_RECEIVABLE, amount, funder), _credit(Ledgers.GRANTS, amount)]
    return Entry(Book.FUNDING, booked_on, reference, funder.label, _moved(sides))


def grant_paid(funder: Third, booked_on: date, reference: str, amount: Cents) -> Entry:
    """An instalment of a grant came in."""
    sides = [_debit(Ledgers.TREASURY, amount), _credit(Ledgers.GRANTS_RECEIVABLE, amount, funder)]
    return Entry(Book.FUNDING, booked_on, reference, funder.label, _moved(sides))


def _debit(account: str, amount: Cents, third: Third | None = None) -> Posting:
    return Posting(str(account), amount, ZERO, third.code if third else "", third.label if third else "")


def _credit(account: str, amount: Cents, third: Third | None = None) -> Posting:
    return Posting(str(account), ZERO, amount, third.code if third else "", third.label if third else "")


def _moved(sides: Iterable[Posting]) -> tuple[Posting, ...]:
    """Without the sides of nothing: an exempt invoice moves no VAT."""
    return tuple(one for one in sides if one.debit or one.credit)
