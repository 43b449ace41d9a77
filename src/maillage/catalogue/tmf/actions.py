"""Writes that come by TMF620. What a published version uses is not changed: that takes a new version."""

from collections.abc import Callable
from typing import Any

from django.db import transaction

from maillage.catalogue.actions import journal, new_code
from maillage.catalogue.drafts import searchable
from maillage.catalogue.models import Catalogue, Category, Described, Offering, OfferingVersion, Price, Specification
from maillage.catalogue.policies import require_edit
from maillage.catalogue.tmf import documents, intake
from maillage.catalogue.tmf.intake import Payload
from maillage.identity.actor import Actor
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid, NotFound

_BASIC = frozenset({"name", "description", "lifecycleStatus", "version"})
MODELS: dict[str, type[Described]] = {
    "catalog": Catalogue,
    "category": Category,
    "productSpecification": Specification,
    "productOfferingPrice": Price,
}
OFFERING = "productOffering"


@transaction.atomic
def create(actor: Actor, resource: str, payload: Payload) -> str:
    """A new resource; returns its id. Raises ``Invalid`` for what is missing or unfit."""
    require_edit(actor)
    columns = intake.described(payload, is_new=True)
    code = new_code(actor, columns["name"])
    if resource == OFFERING:
        offering = Offering.objects.create(code=code, kind=Offering.Kind.PACK)
        version = OfferingVersion(offering=offering, number=1, last_update=clock.now())
        _fill_offering(version, payload, columns)
    else:
        row = MODELS[resource](code=code, last_update=clock.now())
        _FILL[resource](row, payload, columns)
    journal(actor, "catalogue.resource_created", resource, code, columns["name"])
    return code


@transaction.atomic
def change(actor: Actor, resource: str, code: str, patch: Payload) -> None:
    """Merge ``patch`` into the resource (RFC 7396). Raises ``Conflict`` for what is published."""
    require_edit(actor)
    columns = intake.described(patch, is_new=False)
    if resource == OFFERING:
        version = _draft(code)
        version.last_update = clock.now()
        _fill_offering(version, patch, columns)
        name = version.name
    else:
        row = _row(resource, code)
        _require_unused(resource, row)
        row.last_update = clock.now()
        _FILL[resource](row, patch, columns)
        name = row.name
    journal(actor, "catalogue.resource_changed", resource, code, name, {"attributes": ", ".join(sorted(patch))[:200]})


@transaction.atomic
def remove(actor: Actor, resource: str, code: str) -> None:
    """Delete a resource that nothing refers to. Raises ``Conflict`` for what is published or used."""
    require_edit(actor)
    if resource == OFFERING:
        version = _draft(code)
        if version.number > 1:
            raise Conflict("tmf_resource_published", resource=resource, item=code)
        name, offering = version.name, version.offering
        version.delete()
        offering.delete()
    else:
        row = _row(resource, code)
        _require_unreferenced(resource, row)
        name = row.name
        row.delete()
    journal(actor, "catalogue.resource_deleted", resource, code, name)


def _fill_offering(version: OfferingVersion, payload: Payload, columns: dict[str, Any]) -> None:
    for column in ("name", "description", "lifecycle"):
        if column in columns:
            setattr(version, column, columns[column])
    known = {"name", "description", "lifecycleStatus"}
    shelves = intake.references(payload, "category")
    prices = intake.references(payload, "productOfferingPrice")
    sheets = intake.references(payload, "productSpecification")
    known |= {name for name, found in (("category", shelves), ("productOfferingPrice", prices)) if found is not None}
    known |= {"productSpecification"} if sheets is not None else set()
    version.extension = intake.rest(payload, frozenset(known), version.extension)
    version.search_text = searchable(f"{version.name} {version.description}")
    version.save()
    if shelves is not None:
        version.offering.category = next(iter(_found(Category, "category", shelves)), None)
        version.offering.save(update_fields=["category"])
    if prices is not None:
        version.prices.set(_found(Price, "productOfferingPrice", prices))
    if sheets is not None:
        version.specifications.set(_found(Specification, "productSpecification", sheets))


def _fill_catalog(row: Catalogue, payload: Payload, columns: dict[str, Any]) -> None:
    shelves = intake.references(payload, "category")
    _fill(row, payload, columns, _BASIC | ({"category"} if shelves is not None else set()))
    if shelves is not None:
        row.categories.set(_found(Category, "category", shelves))


def _fill_category(row: Category, payload: Payload, columns: dict[str, Any]) -> None:
    known = set(_BASIC)
    parent = payload.get("parentId")
    children = intake.references(payload, "subCategory")
    intake.references(payload, "productOffering")  # only its shape: an offering says itself where it stands
    if parent is not None:
        row.parent = _found(Category, "parentId", [str(parent)])[0]
        known |= {"parentId", "isRoot"}
        row.extension = {name: value for name, value in row.extension.items() if name != "isRoot"}
        _require_no_loop(row)
    if children is not None:
        known |= {"subCategory"}
    _fill(row, payload, columns, known)
    for child in _found(Category, "subCategory", children or []):
        child.parent = row
        _require_no_loop(child)
        child.save(update_fields=["parent"])


def _fill_specification(row: Specification, payload: Payload, columns: dict[str, Any]) -> None:
    for attribute, column in (("brand", "brand"), ("productNumber", "product_number")):
        if payload.get(attribute) is not None:
            columns[column] = intake.text(payload, attribute, 150)
    _fill(row, payload, columns, _BASIC | {"brand", "productNumber"})


def _fill_price(row: Price, payload: Payload, columns: dict[str, Any]) -> None:
    """A price that cannot be charged here (another currency, another period) keeps what was given, and no offering
    that uses it can be published.
    """
    if row.pk is not None and not any(attribute in payload for attribute in intake.PRICED):
        _fill(row, payload, columns, _BASIC)
        return
    whole = payload if row.pk is None else {**documents.price(row), **payload}
    priced = intake.price_columns(whole)
    if priced is None:
        given = {attribute: whole.get(attribute) for attribute in intake.PRICED}
        blank: dict[str, Any] = {"rhythm": "one_off", "unit": "site", "tiers": [["0", "0"]]} if row.pk is None else {}
        _fill(row, given | dict(payload), columns | blank, _BASIC)
        return
    row.extension = {name: value for name, value in row.extension.items() if name not in intake.PRICED}
    _fill(row, payload, columns | priced, _BASIC | frozenset(intake.PRICED))


def _fill(row: Described, payload: Payload, columns: dict[str, Any], known: frozenset[str] | set[str]) -> None:
    for column, value in columns.items():
        setattr(row, column, value)
    row.extension = intake.rest(payload, frozenset(known), row.extension)
    row.save()


_FILL: dict[str, Callable[[Any, Payload, dict[str, Any]], None]] = {
    "catalog": _fill_catalog,
    "category": _fill_category,
    "productSpecification": _fill_specification,
    "productOfferingPrice": _fill_price,
}


def _found(model: type[Described], attribute: str, codes: list[str]) -> list[Any]:
    rows = {row.code: row for row in model.objects.filter(code__in=codes)}  # type: ignore[attr-defined]
    for code in codes:
        if code not in rows:
            raise Invalid("tmf_reference_unknown", attribute=attribute, item=code)
    return [rows[code] for code in codes]


def _row(resource: str, code: str) -> Any:  # noqa: ANN401 - one of four models
    model: Any = MODELS[resource]
    row: Any = model.objects.select_for_update().filter(code=code).first()
    if row is None:
        raise NotFound("tmf_resource_unknown", resource=resource, item=code)
    return row


def _draft(code: str) -> OfferingVersion:
    offering = Offering.objects.select_for_update().filter(code=code).first()
    if offering is None:
        raise NotFound("tmf_resource_unknown", resource=OFFERING, item=code)
    draft = offering.versions.select_related("offering").filter(state=OfferingVersion.State.DRAFT).first()
    if draft is None:
        raise Conflict("tmf_resource_published", resource=OFFERING, item=code)
    return draft


def _require_unused(resource: str, row: Any) -> None:  # noqa: ANN401 - one of four models
    """A price of a published version is a promise."""
    if isinstance(row, Price) and row.versions.filter(state=OfferingVersion.State.PUBLISHED).exists():
        raise Conflict("tmf_resource_published", resource=resource, item=row.code)


def _require_unreferenced(resource: str, row: Any) -> None:  # noqa: ANN401 - one of four models
    is_used = (
        (isinstance(row, Category) and (row.offerings.exists() or row.children.exists()))
        or (isinstance(row, Price | Specification) and row.versions.exists())
    )  # fmt: skip
    if is_used:
        raise Conflict("tmf_resource_used", resource=resource, item=row.code)


def _require_no_loop(row: Category) -> None:
    above = row.parent
    while above is not None:
        if row.pk is not None and above.pk == row.pk:
            raise Invalid("tmf_category_loop", item=row.code)
        above = above.parent
