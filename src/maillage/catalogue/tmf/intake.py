"""TMF620 documents as they come in: which attributes become columns, the rest kept as given."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from maillage.catalogue.engine.price import Rhythm
from maillage.catalogue.models import CODE_LENGTH, NAME_LENGTH
from maillage.catalogue.tmf.documents import CURRENCY, PREFIX, PRICE_TYPES
from maillage.kernel.errors import Invalid

Payload = Mapping[str, Any]
_OURS = frozenset({"id", "href", "lastUpdate"})
_RHYTHMS = {name: rhythm for rhythm, name in PRICE_TYPES.items()}
PRICED = ("price", "priceType", "recurringChargePeriodType", "recurringChargePeriodLength", "unitOfMeasure", "tax")
_DESCRIBED = {"description": "description", "lifecycleStatus": "lifecycle", "version": "version"}
_SHORT = 32
_DESCRIPTION_LENGTH = 20_000


def require_document(payload: object) -> Payload:
    """A JSON object, without NUL characters. Raises ``Invalid``."""
    if not isinstance(payload, dict):
        raise Invalid("tmf_not_an_object")
    if _has_nul(payload):
        raise Invalid("tmf_text_unfit")
    return payload


def described(payload: Payload, *, is_new: bool) -> dict[str, Any]:
    """The columns of ``Described`` that ``payload`` gives. A new resource needs a name; none may lose it."""
    columns: dict[str, Any] = {}
    if is_new or "name" in payload:
        columns["name"] = text(payload, "name", NAME_LENGTH)
        if not columns["name"].strip():
            raise Invalid("tmf_attribute_missing", attribute="name")
    for attribute, column in _DESCRIBED.items():
        if attribute in payload and payload[attribute] is not None:
            longest = _DESCRIPTION_LENGTH if attribute == "description" else _SHORT
            columns[column] = text(payload, attribute, longest)
    return columns


def text(payload: Payload, attribute: str, longest: int) -> str:
    """A text attribute. Raises ``Invalid`` when it is missing, something else or too long."""
    value = payload.get(attribute)
    if value is None:
        raise Invalid("tmf_attribute_missing", attribute=attribute)
    if not isinstance(value, str) or len(value) > longest:
        raise Invalid("tmf_attribute_unfit", attribute=attribute, longest=longest)
    return value


def rest(payload: Payload, known: frozenset[str], before: Mapping[str, Any]) -> dict[str, Any]:
    """The extension after ``payload``: attributes without column, merged into ``before`` (RFC 7396)."""
    kept = dict(before)
    for attribute, value in payload.items():
        if attribute in _OURS or attribute in known:
            continue
        kept[attribute] = _merged(kept.get(attribute), value)
    return kept


def references(payload: Payload, attribute: str) -> list[str] | None:
    """The ids that an attribute refers to here; None when it says nothing, or names things of another catalogue."""
    value = payload.get(attribute)
    if value is None:
        return None
    items = value if isinstance(value, list) else [value]
    if not all(isinstance(item, dict) and isinstance(item.get("id"), str) for item in items):
        raise Invalid("tmf_reference_unfit", attribute=attribute)
    if any(_is_elsewhere(item) for item in items):
        return None
    return [item["id"][:CODE_LENGTH] for item in items]


def price_columns(payload: Payload) -> dict[str, Any] | None:
    """The columns of a price in euros, once, by month or by use; None for any other, which is kept as given."""
    price, unit = payload.get("price"), payload.get("unitOfMeasure") or {}
    rhythm = _RHYTHMS.get(str(payload.get("priceType", "oneTime")))
    is_monthly = payload.get("recurringChargePeriodType", "month") in {"month", "monthly"}
    is_monthly = is_monthly and payload.get("recurringChargePeriodLength", 1) == 1
    if not isinstance(price, dict) or price.get("unit") != CURRENCY or rhythm is None or not isinstance(unit, dict):
        return None
    if rhythm is Rhythm.MONTHLY and not is_monthly:
        return None
    columns = {
        "rhythm": rhythm.value,
        "unit": str(unit.get("units") or "site")[:_SHORT],
        "tiers": [["0", _value(price)]],
    }
    return columns | _vat(payload)


def _value(price: Payload) -> str:
    try:
        value = Decimal(str(price.get("value")))
    except InvalidOperation as error:
        raise Invalid("number_unreadable", text=str(price.get("value"))[:40], what="price.value") from error
    if not value.is_finite() or value < 0:
        raise Invalid("price_negative", price="price.value")
    return format(value, "f")


def _vat(payload: Payload) -> dict[str, Any]:
    taxes = payload.get("tax") or []
    rates = [tax.get("taxRate") for tax in taxes if isinstance(tax, dict)] if isinstance(taxes, list) else []
    if not rates or rates[0] is None:
        return {}
    rate = Decimal(_value({"value": rates[0]}))
    if rate >= 100:  # noqa: PLR2004 - per cent
        raise Invalid("tmf_attribute_unfit", attribute="tax.taxRate", longest=_SHORT)
    return {"vat_percent": rate}


def _is_elsewhere(item: Payload) -> bool:
    address = item.get("href")
    return isinstance(address, str) and bool(address) and PREFIX not in address


def _merged(before: object, patch: object) -> object:
    if not isinstance(patch, dict) or not isinstance(before, dict):
        return patch
    merged = {**before}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = _merged(merged.get(name), value)
    return merged


def _has_nul(value: object) -> bool:
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(_has_nul(key) or _has_nul(item) for key, item in value.items())
    return isinstance(value, list) and any(_has_nul(item) for item in value)
