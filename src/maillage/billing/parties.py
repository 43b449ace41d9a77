"""Who bills and who is billed, as a document keeps them."""

from typing import Any

import msgspec

from maillage.billing.models import Account


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot of an account on the day of a document. Payments go to ``iban`` of the seller."""

    legal_name: str
    siret: str
    street: str
    postcode: str
    city: str
    country: str = "FR"
    vat_number: str = ""
    email: str = ""
    iban: str = ""
    bic: str = ""
    service_code: str = ""
    engagement: str = ""

    @property
    def siren(self) -> str:
        """The first nine digits: the legal person."""
        return self.siret[:9]


def snapshot(account: Account) -> dict[str, Any]:
    """What is frozen into an invoice."""
    party = Party(**{name: getattr(account, name) for name in Party.__struct_fields__})
    frozen: dict[str, Any] = msgspec.to_builtins(party)
    return frozen


def party(frozen: dict[str, Any]) -> Party:
    """The snapshot again."""
    return msgspec.convert(frozen, Party)
