"""What TMF620 shows: to everybody what is published, to the editor everything."""

from datetime import date

from django.db.models import Prefetch, Q, QuerySet

from maillage.catalogue.models import Catalogue, Category, OfferingVersion, Price, Specification

_PUBLISHED = OfferingVersion.State.PUBLISHED


def catalogs() -> QuerySet[Catalogue]:
    """Every catalogue."""
    return Catalogue.objects.order_by("name", "pk").prefetch_related("categories")


def categories() -> QuerySet[Category]:
    """Every category."""
    return Category.objects.order_by("position", "name", "pk").select_related("parent").prefetch_related("children")


def specifications() -> QuerySet[Specification]:
    """Every equipment sheet."""
    return Specification.objects.defer("photo").order_by("name", "pk")


def prices(on: date, *, editing: bool) -> QuerySet[Price]:
    """The prices of what is sold on ``on``; every price for the editor."""
    rows = Price.objects.order_by("name", "pk")
    if editing:
        return rows
    return rows.filter(versions__in=_in_force(on)).distinct()


def offerings(on: date, *, editing: bool) -> QuerySet[OfferingVersion]:
    """The version of each offering in force on ``on``; for the editor, the last one of those that are not sold."""
    sheets = Prefetch("specifications", Specification.objects.defer("photo").order_by("name", "pk"))
    prices_in_order = Prefetch("prices", Price.objects.order_by("position", "pk"))
    rows = OfferingVersion.objects.select_related("offering__category").prefetch_related(prices_in_order, sheets)
    if not editing:
        return rows.filter(pk__in=_in_force(on)).order_by("name", "pk")
    sold = _in_force(on).values("offering_id")
    latest = OfferingVersion.objects.exclude(offering_id__in=sold).order_by("offering_id", "-number")
    return rows.filter(Q(pk__in=_in_force(on)) | Q(pk__in=latest.distinct("offering_id").values("pk"))).order_by(
        "name", "pk"
    )


def _in_force(on: date) -> QuerySet[OfferingVersion]:
    valid = Q(valid_from__lte=on) & (Q(valid_until=None) | Q(valid_until__gt=on))
    return OfferingVersion.objects.filter(valid, state=_PUBLISHED)
