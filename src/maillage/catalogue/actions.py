"""Writes: categories, equipment sheets, indices, versions of offerings. One verb, one transaction, journalled."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.text import slugify

from maillage.catalogue import queries
from maillage.catalogue.drafts import Draft, first_price_cents, require_sellable, search_text
from maillage.catalogue.engine.versions import Span, after_publishing, after_withdrawing
from maillage.catalogue.models import (
    CODE_LENGTH,
    Catalogue,
    Category,
    Index,
    Offering,
    OfferingVersion,
    Price,
    PublishedIndexValue,
    Specification,
)
from maillage.catalogue.policies import require_edit
from maillage.catalogue.terms import NamedTerm, revision_json, tiers_json
from maillage.identity.actions import write_journal
from maillage.identity.actor import Actor
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid, NotFound

_OBJECT = "offering"


@transaction.atomic
def set_category(actor: Actor, code: str, values: Mapping[str, object]) -> Category:
    """Create the category or change it; ``values`` are its columns."""
    require_edit(actor)
    category, _ = Category.objects.update_or_create(code=code, defaults={**values, "last_update": clock.now()})
    journal(actor, "catalogue.category_set", "category", code, category.name)
    return category


@transaction.atomic
def set_catalogue(actor: Actor, code: str, name: str, categories: Sequence[Category]) -> Catalogue:
    """Create the named collection of categories or change it."""
    require_edit(actor)
    catalogue, _ = Catalogue.objects.update_or_create(code=code, defaults={"name": name, "last_update": clock.now()})
    catalogue.categories.set(categories)
    journal(actor, "catalogue.catalogue_set", "catalogue", code, name)
    return catalogue


@transaction.atomic
def set_specification(actor: Actor, code: str, values: Mapping[str, object]) -> Specification:
    """Create the equipment sheet or change it; ``values`` are its columns."""
    require_edit(actor)
    sheet, _ = Specification.objects.update_or_create(code=code, defaults={**values, "last_update": clock.now()})
    journal(actor, "catalogue.specification_set", "specification", code, sheet.name)
    return sheet


@transaction.atomic
def set_photo(actor: Actor, code: str, photo: bytes | None) -> None:
    """Show this photo of an equipment, as ``photos.web_photo`` made it; None: the drawing again."""
    require_edit(actor)
    sheet = Specification.objects.select_for_update().filter(code=code).first()
    if sheet is None:
        raise NotFound("specification_unknown", item=code)
    sheet.photo = photo
    sheet.photo_digest = sha256(photo).hexdigest()[:16] if photo else ""
    sheet.last_update = clock.now()
    sheet.save(update_fields=["photo", "photo_digest", "last_update"])
    journal(actor, "catalogue.photo_set", "specification", code, sheet.name, {"photo": sheet.photo_digest})


@transaction.atomic
def create_offering(
    actor: Actor, code: str, kind: Offering.Kind, category: Category | None, draft: Draft, *, featured: bool = False
) -> OfferingVersion:
    """A new offering with its first draft. Raises ``Conflict`` when the code is taken."""
    require_edit(actor)
    if not code or slugify(code) != code or len(code) > CODE_LENGTH:
        raise Invalid("offering_code_unfit", item=code, longest=CODE_LENGTH)
    try:
        with transaction.atomic():
            offering = Offering.objects.create(code=code, kind=kind, category=category, featured=featured)
    except IntegrityError as error:
        raise Conflict("offering_exists", item=code) from error
    version = _write_draft(offering, 1, draft)
    journal(actor, "catalogue.offering_created", _OBJECT, code, draft.name, {"kind": kind.value})
    return version


@transaction.atomic
def save_draft(actor: Actor, code: str, draft: Draft) -> OfferingVersion:
    """The offering's draft becomes ``draft``; a first one gets the next number. Published versions stay as they are."""
    require_edit(actor)
    offering = _locked(code)
    last = offering.versions.order_by("-number").first()
    if last is not None and last.state == OfferingVersion.State.DRAFT:
        number, kept = last.number, last.extension
        _remove(last)
    else:
        number, kept = (last.number + 1 if last else 1), {}
    version = _write_draft(offering, number, draft)
    if kept:
        version.extension = kept
        version.save(update_fields=["extension"])
    journal(actor, "catalogue.draft_saved", _OBJECT, code, draft.name, {"version": number})
    return version


@transaction.atomic
def discard_draft(actor: Actor, code: str) -> None:
    """Forget the draft; an offering that was never published goes with it."""
    require_edit(actor)
    offering = _locked(code)
    draft = _draft_of(offering)
    name, number = draft.name, draft.number
    _remove(draft)
    if not offering.versions.exists():
        offering.delete()
    journal(actor, "catalogue.draft_discarded", _OBJECT, code, name, {"version": number})


@transaction.atomic
def publish(actor: Actor, code: str, valid_from: date, today: date) -> OfferingVersion:
    """Sell the draft from ``valid_from`` on; the version before it is sold until the day before.

    Raises ``Invalid`` for a draft that lacks something or a date in the past, ``Conflict`` when a later version is
    already published.
    """
    require_edit(actor)
    offering = _locked(code)
    version = _draft_of(offering)
    require_sellable(queries.draft_of(version))
    _require_chargeable(version)
    spans = after_publishing(_spans(offering), Span(version.number, valid_from), today)
    _close(offering, spans)
    version.state, version.valid_from, version.published_at = OfferingVersion.State.PUBLISHED, valid_from, clock.now()
    version.last_update = version.published_at
    version.save(update_fields=["state", "valid_from", "published_at", "last_update"])
    facts: dict[str, object] = {"version": version.number, "valid_from": valid_from.isoformat()}
    journal(actor, "catalogue.version_published", _OBJECT, code, version.name, facts)
    return version


@transaction.atomic
def withdraw(actor: Actor, code: str, on: date, today: date) -> None:
    """Sell the offering no longer from ``on`` on; versions that would begin later become drafts that never were."""
    require_edit(actor)
    offering = _locked(code)
    before = _spans(offering)
    spans = after_withdrawing(before, on, today)
    if not spans or spans == before:
        raise Conflict("offering_not_on_sale", item=code)
    kept = {span.number for span in spans}
    for later in _published(offering).exclude(number__in=kept):
        _remove(later)
    _close(offering, spans)
    name = _published(offering).latest("number").name
    journal(actor, "catalogue.offering_withdrawn", _OBJECT, code, name, {"on": on.isoformat()})


@transaction.atomic
def create_index(actor: Actor, code: str, name: str, source: str = "") -> Index:
    """A new index. Raises ``Conflict`` when the code is taken."""
    require_edit(actor)
    if not code or slugify(code) != code or not name.strip():
        raise Invalid("index_code_unfit", item=code)
    index, created = Index.objects.get_or_create(code=code, defaults={"name": name.strip(), "source": source.strip()})
    if not created:
        raise Conflict("index_exists", item=code)
    journal(actor, "catalogue.index_created", "index", code, name)
    return index


@transaction.atomic
def publish_index_value(
    actor: Actor, code: str, period: date, value: Decimal, published_on: date
) -> PublishedIndexValue:
    """Record what was published, and when. A correction of a month is a later publication of it."""
    require_edit(actor)
    index = Index.objects.filter(code=code).first()
    if index is None:
        raise NotFound("index_unknown", item=code)
    period = period.replace(day=1)
    if value <= 0:
        raise Invalid("index_value_unfit", value=str(value))
    if published_on <= period:
        raise Invalid("index_published_too_early", period=period.isoformat(), published_on=published_on.isoformat())
    row, created = PublishedIndexValue.objects.get_or_create(
        index=index, period=period, published_on=published_on, defaults={"value": value}
    )
    if not created:
        raise Conflict("index_value_exists", period=period.isoformat(), published_on=published_on.isoformat())
    facts: dict[str, object] = {
        "period": period.isoformat(),
        "value": str(value),
        "published_on": published_on.isoformat(),
    }
    journal(actor, "catalogue.index_published", "index", code, index.name, facts)
    return row


def journal(
    actor: Actor,
    action: str,
    object_type: str,
    object_id: str,
    label: str,
    facts: dict[str, object] | None = None,
) -> None:
    """A line in the operating body's journal: the catalogue is its own. In the caller's transaction, last."""
    write_journal(actor, queries.operator_id(), action, object_type, object_id, label, facts or {})


def new_code(actor: Actor, name: str) -> str:  # noqa: ARG001 - every action says who acts
    """A code that nobody has yet, made of the name."""
    return f"{slugify(name)[: CODE_LENGTH - 9] or 'x'}-{secrets.token_hex(4)}"


def _write_draft(offering: Offering, number: int, draft: Draft) -> OfferingVersion:
    now = clock.now()
    version = OfferingVersion.objects.create(
        offering=offering, number=number, last_update=now, **_columns(draft), **_derived(draft)
    )
    version.prices.set([_price(version, position, one, now) for position, one in enumerate(draft.terms)])
    version.specifications.set(_sheets(draft))
    return version


def _columns(draft: Draft) -> dict[str, object]:
    sla = draft.sla
    return {
        "name": draft.name.strip(),
        "summary": draft.summary.strip(),
        "description": draft.description.strip(),
        "included": list(draft.included),
        "excluded": list(draft.excluded),
        "keywords": draft.keywords.strip(),
        "picture": draft.picture,
        "audiences": sorted(audience.value for audience in draft.audiences),
        "needs_fibre": draft.needs_fibre,
        "needs_lora": draft.needs_lora,
        "estimator": draft.estimator,
        "level": draft.level,
        "term_months": draft.term_months,
        "availability_percent": sla.availability_percent,
        "answer_hours": sla.answer_hours,
        "repair_hours": sla.repair_hours,
        "support": sla.support,
        "invented": draft.invented,
    }


def _derived(draft: Draft) -> dict[str, object]:
    return {"search_text": search_text(draft), "first_price_cents": first_price_cents(draft)}


def _price(version: OfferingVersion, position: int, one: NamedTerm, now: datetime) -> Price:
    """A price that a published version uses is shared as long as it says the same; else a new row is written."""
    values = {
        "name": one.name,
        "rhythm": one.term.rhythm.value,
        "unit": one.term.unit,
        "mode": one.term.mode.value,
        "tiers": tiers_json(one.term.tiers),
        "vat_percent": one.term.vat_percent,
        "revision": revision_json(one.revision),
        "position": position,
    }
    same = Price.objects.filter(code=one.term.code).first()
    if same is not None and all(getattr(same, column) == value for column, value in values.items()):
        return same
    code = f"{version.offering.code[:50]}-{version.number}-{position}-{secrets.token_hex(3)}"
    return Price.objects.create(code=code, last_update=now, **values)


def _sheets(draft: Draft) -> list[Specification]:
    found = {sheet.code: sheet for sheet in Specification.objects.filter(code__in=draft.specifications)}
    missing = [code for code in draft.specifications if code not in found]
    if missing:
        raise Invalid("specification_unknown", item=missing[0])
    return list(found.values())


def _require_chargeable(version: OfferingVersion) -> None:
    """A price that came by TMF620 in another currency or rhythm keeps its own words, and is not sold."""
    foreign = version.prices.filter(extension__has_key="price").first()
    if foreign is not None:
        raise Invalid("price_not_chargeable", price=foreign.name)


def _remove(version: OfferingVersion) -> None:
    """With the prices that only it used."""
    own = list(version.prices.values_list("pk", flat=True))
    version.delete()
    Price.objects.filter(pk__in=own, versions=None).delete()


def _locked(code: str) -> Offering:
    """Two editors of one offering queue here."""
    offering = Offering.objects.select_for_update().filter(code=code).first()
    if offering is None:
        raise NotFound("offering_unknown", item=code)
    return offering


def _draft_of(offering: Offering) -> OfferingVersion:
    draft = offering.versions.filter(state=OfferingVersion.State.DRAFT).first()
    if draft is None:
        raise Conflict("offering_without_draft", item=offering.code)
    return draft


def _published(offering: Offering) -> QuerySet[OfferingVersion]:
    return offering.versions.filter(state=OfferingVersion.State.PUBLISHED).order_by("number")


def _spans(offering: Offering) -> list[Span]:
    rows = _published(offering).values_list("number", "valid_from", "valid_until")
    return [Span(number, start, end) for number, start, end in rows if start is not None]


def _close(offering: Offering, spans: list[Span]) -> None:
    for span in spans:
        changed = _published(offering).filter(number=span.number).exclude(valid_until=span.valid_until)
        if span.valid_until is not None and changed.exists():
            changed.update(valid_until=span.valid_until, last_update=clock.now())
