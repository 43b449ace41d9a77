"""Rows as TMF620 v4 documents. ``extension`` holds what a client gave and the house has no column for."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from maillage.catalogue.engine.price import Rhythm
from maillage.catalogue.models import Catalogue, Category, Described, OfferingVersion, Price, Specification
from maillage.web.formats import TERRITORY_ZONE

PREFIX = "/tmf-api/productCatalogManagement/v4/"
CURRENCY = "EUR"
PRICE_TYPES = {Rhythm.ONE_OFF: "oneTime", Rhythm.MONTHLY: "recurring", Rhythm.USAGE: "usage"}
Document = dict[str, Any]
_DECIDED_HERE = frozenset({"isSellable", "validFor", "version"})
"""What a client may say of a draft; publishing decides it."""


def catalog(row: Catalogue) -> Document:
    """``Catalog``."""
    own = {"catalogType": "ProductCatalog", "category": [reference("category", one) for one in row.categories.all()]}
    return _described("catalog", "Catalog", row, own)


def category(row: Category) -> Document:
    """``Category``."""
    own: Document = {"isRoot": row.parent is None}
    if row.parent is not None:
        own["parentId"] = row.parent.code
    children = [reference("category", child) for child in row.children.all()]
    return _described("category", "Category", row, own | ({"subCategory": children} if children else {}))


def specification(row: Specification) -> Document:
    """``ProductSpecification``: an equipment sheet."""
    characteristics = [_characteristic(name, value) for name, value in row.characteristics]
    if row.protocol:
        characteristics.append(_characteristic("protocol", row.protocol))
    if row.battery_life_years is not None:
        characteristics.append(_characteristic("batteryLifeYears", row.battery_life_years))
    own: Document = {"brand": row.brand, "productNumber": row.product_number, "isBundle": False}
    if characteristics:
        own["productSpecCharacteristic"] = characteristics
    if row.documents:
        own["attachment"] = [
            {"name": title, "url": url, "attachmentType": "document", "@type": "Attachment"}
            for title, url in row.documents
        ]
    return _described("productSpecification", "ProductSpecification", row, own)


def price(row: Price) -> Document:
    """``ProductOfferingPrice``; prices by quantity are a subtype of ours with ``tier``."""
    rhythm = Rhythm(row.rhythm)
    tiers = [(Decimal(start), Decimal(value)) for start, value in row.tiers]
    own: Document = {
        "isBundle": False,
        "priceType": PRICE_TYPES[rhythm],
        "price": _money(tiers[0][1]),
        "unitOfMeasure": {"amount": 1, "units": row.unit},
        "tax": [{"taxCategory": "TVA", "taxRate": row.vat_percent}],
    }
    if rhythm is Rhythm.MONTHLY:
        own |= {"recurringChargePeriodType": "month", "recurringChargePeriodLength": 1}
    if len(tiers) > 1:
        own |= {
            "@type": "TieredProductOfferingPrice",
            "@baseType": "ProductOfferingPrice",
            "tierMode": row.mode,
            "tier": [{"quantityFrom": start, "price": _money(value)} for start, value in tiers],
        }
    if row.revision:
        own["priceRevision"] = row.revision
    return _described("productOfferingPrice", "ProductOfferingPrice", row, own)


def offering(row: OfferingVersion) -> Document:
    """``ProductOffering``: one version of an offering."""
    shelf = row.offering.category
    is_published = row.state == OfferingVersion.State.PUBLISHED
    document: Document = {
        "id": row.offering.code,
        "href": href("productOffering", row.offering.code),
        "name": row.name,
        "description": row.description or row.summary,
        "version": str(row.number),
        "lifecycleStatus": "Launched" if is_published else row.lifecycle or "In design",
        "lastUpdate": instant(row.last_update),
        "isBundle": False,
        "isSellable": is_published,
        "validFor": valid_for(row.valid_from, row.valid_until, row.last_update),
        "category": [reference("category", shelf)] if shelf else [],
        "productOfferingPrice": [reference("productOfferingPrice", one) for one in row.prices.all()],
        "@type": "ProductOffering",
    }
    sheets = list(row.specifications.all())
    if sheets:
        document["productSpecification"] = reference("productSpecification", sheets[0])
    if row.term_months:
        duration = {"amount": row.term_months, "units": "month"}
        document["productOfferingTerm"] = [{"name": "commitment", "duration": duration}]
    document["marketSegment"] = [{"id": one, "name": one} for one in row.audiences]
    kept = {name: value for name, value in row.extension.items() if not (is_published and name in _DECIDED_HERE)}
    return overlaid(document, kept)


def reference(resource: str, row: Described) -> Document:
    """How one resource names another."""
    return {"id": row.code, "href": href(resource, row.code), "name": row.name}


def href(resource: str, code: str) -> str:
    """The address of a resource, without the host: it is the same behind every proxy."""
    return f"{PREFIX}{resource}/{code}"


def instant(at: datetime) -> str:
    """RFC 3339, UTC."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def valid_for(start: date | None, end: date | None, otherwise: datetime) -> Document:
    """A time period; civil days begin at the territory's midnight."""
    period: Document = {"startDateTime": _midnight(start) if start else instant(otherwise)}
    return period | ({"endDateTime": _midnight(end)} if end else {})


def overlaid(document: Document, extension: Document) -> Document:
    """What the client gave stands over what we would say; None means that it said there is nothing."""
    return {name: value for name, value in (document | extension).items() if value is not None}


def _described(resource: str, kind: str, row: Described, own: Document) -> Document:
    document: Document = {
        "id": row.code,
        "href": href(resource, row.code),
        "name": row.name,
        "description": row.description,
        "version": row.version,
        "lifecycleStatus": row.lifecycle,
        "lastUpdate": instant(row.last_update),
        "validFor": valid_for(None, None, row.last_update),
        "@type": kind,
    }
    return overlaid(document | own, row.extension)


def _characteristic(name: str, value: object) -> Document:
    return {"name": name, "productSpecCharacteristicValue": [{"value": value, "isDefault": True}]}


def _money(value: Decimal) -> Document:
    return {"unit": CURRENCY, "value": value}


def _midnight(day: date) -> str:
    return datetime.combine(day, time(), TERRITORY_ZONE).isoformat()
