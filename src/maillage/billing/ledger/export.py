"""The ledger for accountants: the 18 columns of the French *fichier des écritures comptables* (LPF A47 A-1, VII)."""

import csv
import io
from collections.abc import Iterable

from maillage.billing.models import LedgerPosting
from maillage.kernel.money import Cents, euros

BOOKS = {"VE": "Ventes", "BQ": "Trésorerie", "SU": "Subventions"}
ACCOUNTS = {
    "131": "Subventions d’investissement",
    "411": "Redevables",
    "441": "Subventions à recevoir",
    "44571": "TVA collectée",
    "515": "Compte au Trésor",
    "706": "Prestations de services",
}
COLUMNS = (
    "JournalCode",
    "JournalLib",
    "EcritureNum",
    "EcritureDate",
    "CompteNum",
    "CompteLib",
    "CompAuxNum",
    "CompAuxLib",
    "PieceRef",
    "PieceDate",
    "EcritureLib",
    "Debit",
    "Credit",
    "EcritureLet",
    "DateLet",
    "ValidDate",
    "Montantdevise",
    "Idevise",
)


def fec(postings: Iterable[LedgerPosting]) -> str:
    """Tab-separated, decimal comma, dates ``AAAAMMJJ``."""
    return _written(postings, "\t")


def as_csv(postings: Iterable[LedgerPosting]) -> str:
    """The same columns for a spreadsheet: semicolons."""
    return _written(postings, ";")


def _written(postings: Iterable[LedgerPosting], delimiter: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
    writer.writerow(COLUMNS)
    writer.writerows(_row(one) for one in postings)
    return out.getvalue()


def _row(one: LedgerPosting) -> list[str]:
    entry = one.entry
    day = f"{entry.booked_on:%Y%m%d}"
    return [
        entry.book,
        BOOKS[entry.book],
        str(entry.sequence),
        day,
        one.account,
        ACCOUNTS[one.account],
        one.auxiliary,
        one.auxiliary_label,
        entry.reference,
        day,
        entry.label,
        _amount(one.debit_cents),
        _amount(one.credit_cents),
        "",
        "",
        f"{entry.recorded_at:%Y%m%d}",
        "",
        "",
    ]


def _amount(value: int) -> str:
    return str(euros(Cents(value))).replace(".", ",")
