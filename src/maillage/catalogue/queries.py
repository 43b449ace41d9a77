"""Reads. What is published is public; drafts are asked for by ``may_edit`` actors only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Prefetch, Q, QuerySet

from maillage.catalogue.drafts import Draft, Sla, searchable
from maillage.catalogue.engine.eligibility import Audience
from maillage.catalogue.engine.revision import IndexValue
from maillage.catalogue.models import (
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
from maillage.catalogue.terms import named_term
from maillage.identity.actor import Actor
from maillage.identity.models import Organisation
from maillage.kernel.errors import NotFound

PUBLISHED = OfferingVersion.State.PUBLISHED
_FAMILY = 12
ORDERS: Mapping[str, Sequence[str]] = {
    "shelf": ("offering__category__position", "-offering__featured", "first_price_cents", "name", "pk"),
    "name": ("name", "pk"),
    "price": ("first_price_cents", "name", "pk"),
    "new": ("-valid_from", "name", "pk"),
}


@dataclass(frozen=True, slots=True)
class ShopFilter:
    """What a visitor looks for; empty means anything."""

    words: str = ""
    kind: str = ""
    category: str = ""
    audience: str = ""
    network: str = ""
    order: str = "shelf"


def operator_id() -> int:
    """The operating body, whose catalogue this is. Raises ``NotFound`` before it is founded."""
    found = Organisation.objects.filter(kind=Organisation.Kind.OPERATOR).values_list("pk", flat=True).first()
    if found is None:
        raise NotFound("operator_unknown")
    return found


def on_sale(on: date, wanted: ShopFilter | None = None) -> QuerySet[OfferingVersion]:
    """The versions in force on ``on`` that match, with what a card shows."""
    rows = _with_all(in_force(on))
    if wanted is None:
        return rows.order_by(*ORDERS["shelf"])
    for word in searchable(wanted.words).split():
        rows = rows.filter(search_text__contains=word)
    if wanted.kind:
        rows = rows.filter(offering__kind=wanted.kind)
    if wanted.category:
        rows = rows.filter(
            Q(offering__category__code=wanted.category) | Q(offering__category__parent__code=wanted.category)
        )
    if wanted.audience:
        rows = rows.filter(audiences__contains=[wanted.audience])
    if wanted.network:
        rows = rows.filter(needs_fibre=wanted.network == "fibre", needs_lora=wanted.network == "lora")
    return rows.order_by(*ORDERS.get(wanted.order, ORDERS["shelf"]))


def in_force(on: date) -> QuerySet[OfferingVersion]:
    """Published and valid on ``on``."""
    valid = Q(valid_from__lte=on) & (Q(valid_until=None) | Q(valid_until__gt=on))
    return OfferingVersion.objects.filter(valid, state=PUBLISHED)


def sold(code: str, on: date) -> OfferingVersion:
    """The version of an offering in force on ``on``. Raises ``NotFound`` when it is not sold then."""
    found = _with_all(in_force(on)).filter(offering__code=code).first()
    if found is None:
        raise NotFound("offering_not_sold", item=code)
    return found


def sold_among(codes: Sequence[str], on: date) -> list[OfferingVersion]:
    """Those of ``codes`` that are sold on ``on``, in the order given."""
    found = {row.offering.code: row for row in _with_all(in_force(on)).filter(offering__code__in=codes)}
    return [found[code] for code in codes if code in found]


def family(version: OfferingVersion, on: date, level: str = "") -> list[OfferingVersion]:
    """Up to a dozen offerings of the same estimator and category, cheapest first; of ``level`` if one is given."""
    if not version.estimator:
        return [version]
    rows = in_force(on).filter(estimator=version.estimator, offering__category=version.offering.category)
    rows = rows.filter(level=level) if level else rows
    return list(_with_all(rows).order_by("first_price_cents", "pk")[:_FAMILY])


def audience_of(actor: Actor) -> Audience | None:
    """For whom the actor would order; None for who runs the platform."""
    if actor.organisation_id is None:
        return None
    organisation = Organisation.objects.filter(pk=actor.organisation_id).first()
    if organisation is None or organisation.kind == Organisation.Kind.OPERATOR:
        return None
    if organisation.kind in {Organisation.Kind.BUSINESS, Organisation.Kind.CONTRACTOR}:
        return Audience.BUSINESS
    return Audience.MEMBER if organisation.member_since else Audience.OUTSIDE


def frozen_version(code: str, number: int) -> OfferingVersion:
    """A published version whatever the day: what was ordered stays readable. Raises ``NotFound``."""
    rows = OfferingVersion.objects.filter(state=PUBLISHED, offering__code=code, number=number)
    found = _with_all(rows).first()
    if found is None:
        raise NotFound("offering_unknown", item=code)
    return found


def shelves(on: date) -> list[tuple[Category, int]]:
    """The categories that hold something on ``on``, with how many offerings."""
    counts = dict(in_force(on).order_by().values_list("offering__category_id").annotate(Count("pk")))
    rows = Category.objects.filter(pk__in=[pk for pk in counts if pk is not None]).order_by("position", "name", "pk")
    return [(category, counts[category.pk]) for category in rows]


def index_values(codes: Sequence[str] | None = None) -> list[IndexValue]:
    """Every publication of these indices; of all by default."""
    rows = PublishedIndexValue.objects.select_related("index").order_by("index_id", "period", "published_on")
    if codes is not None:
        rows = rows.filter(index__code__in=codes)
    return [IndexValue(row.index.code, row.period, row.value, row.published_on) for row in rows]


def indices(actor: Actor) -> list[Index]:
    """Every index with its publications, newest first."""
    require_edit(actor)
    newest = PublishedIndexValue.objects.order_by("-period", "-published_on")
    return list(Index.objects.order_by("name", "pk").prefetch_related(Prefetch("values", newest)))


def index(actor: Actor, code: str) -> Index:
    """One index with its publications, newest first. Raises ``NotFound``."""
    found = next((one for one in indices(actor) if one.code == code), None)
    if found is None:
        raise NotFound("index_unknown", item=code)
    return found


def specification(code: str) -> Specification:
    """An equipment sheet. Raises ``NotFound``."""
    found = Specification.objects.defer("photo").filter(code=code).first()
    if found is None:
        raise NotFound("specification_unknown", item=code)
    return found


def photo(code: str, digest: str) -> bytes:
    """The photo of an equipment. Raises ``NotFound`` when it has none, or another one by now."""
    found = Specification.objects.filter(code=code, photo_digest=digest).exclude(photo=None).first()
    if found is None or found.photo is None:
        raise NotFound("photo_unknown", item=code)
    return bytes(found.photo)


def specifications() -> list[Specification]:
    """Every sheet, by name."""
    return list(Specification.objects.defer("photo").order_by("name", "pk"))


def categories() -> list[Category]:
    """Every category, in the order of the shop."""
    return list(Category.objects.select_related("parent").order_by("position", "name", "pk"))


def catalogues() -> list[Catalogue]:
    """Every catalogue, by name."""
    return list(Catalogue.objects.prefetch_related("categories").order_by("name", "pk"))


def edited(actor: Actor, words: str = "") -> QuerySet[Offering]:
    """Every offering with its versions, newest first, for the editor."""
    require_edit(actor)
    rows = Offering.objects.select_related("category").order_by("category__position", "code")
    if words.strip():
        rows = rows.filter(Q(code__icontains=words) | Q(versions__search_text__contains=searchable(words))).distinct()
    return rows.prefetch_related(Prefetch("versions", OfferingVersion.objects.order_by("-number")))


def edited_offering(actor: Actor, code: str) -> Offering:
    """One offering for the editor. Raises ``NotFound``."""
    require_edit(actor)
    every = _with_all(OfferingVersion.objects.order_by("-number"))
    found = Offering.objects.select_related("category").filter(code=code)
    offering = found.prefetch_related(Prefetch("versions", every)).first()
    if offering is None:
        raise NotFound("offering_unknown", item=code)
    return offering


def draft_of(version: OfferingVersion) -> Draft:
    """What a version says, as an editor would fill it in."""
    return Draft(
        name=version.name,
        summary=version.summary,
        description=version.description,
        included=tuple(version.included),
        excluded=tuple(version.excluded),
        keywords=version.keywords,
        picture=version.picture,
        audiences=frozenset(Audience(one) for one in version.audiences),
        needs_fibre=version.needs_fibre,
        needs_lora=version.needs_lora,
        estimator=version.estimator,
        level=version.level,
        term_months=version.term_months,
        sla=Sla(version.availability_percent, version.answer_hours, version.repair_hours, version.support),
        invented=version.invented,
        terms=tuple(named_term(row) for row in version.prices.order_by("position", "pk")),
        specifications=tuple(version.specifications.order_by("code").values_list("code", flat=True)),
    )


def _with_all(rows: QuerySet[OfferingVersion]) -> QuerySet[OfferingVersion]:
    prices = Prefetch("prices", Price.objects.order_by("position", "pk"))
    sheets = Prefetch("specifications", Specification.objects.defer("photo").order_by("name", "pk"))
    return rows.select_related("offering__category").prefetch_related(prices, sheets)
