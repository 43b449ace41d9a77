"""A tenant's rows cannot be reached without saying for whom."""

import pytest
from django.contrib.gis.geos import MultiPolygon, Point, Polygon
from django.db import transaction
from django.db.models import Count, Exists, OuterRef

from maillage.identity import actions
from maillage.identity.actor import machine
from maillage.identity.tenancy import ScopeMissing
from maillage.territory.models import Commune, Site, Space

SQUARE = MultiPolygon(Polygon(((0, 0), (0, 1), (1, 1), (1, 0), (0, 0))))


@pytest.fixture
def sites(house):
    communes = Commune.objects.bulk_create(
        Commune(insee=i, name=o.name, siren="", postcodes=[], population=1, outline=SQUARE, organisation=o)
        for i, o in (("91228", house.evry), ("91377", house.massy))
    )
    for commune in communes:
        Site(
            organisation=commune.organisation, commune=commune, kind="school", name="École", location=Point(0.5, 0.5)
        ).save()
    return house


UNSCOPED = {
    "iteration": list,
    "evaluation": bool,
    "length": len,
    "index": lambda q: q[0],
    "slice": lambda q: list(q[:1]),
    "get": lambda q: q.get(name="École"),
    "first": lambda q: q.first(),
    "last": lambda q: q.last(),
    "latest": lambda q: q.latest("pk"),
    "earliest": lambda q: q.earliest("pk"),
    "in_bulk": lambda q: q.in_bulk([1]),
    "contains": lambda q: q.contains(Site(pk=1)),
    "count": lambda q: q.count(),
    "exists": lambda q: q.exists(),
    "aggregate": lambda q: q.aggregate(Count("pk")),
    "update": lambda q: q.update(name="x"),
    "delete": lambda q: q.delete(),
    "raw delete": lambda q: q._raw_delete("default"),
    "bulk update": lambda q: q.bulk_update([Site(pk=1, name="x")], ["name"]),
    "values": lambda q: list(q.values("name")),
    "values list": lambda q: list(q.values_list("name", flat=True)),
    "dates": lambda q: list(q.annotate(n=Count("pk")).values("n")),
    "iterator": lambda q: list(q.iterator(10)),
    "union": lambda q: list(q.union(q.filter(pk=1))),
    "get or create": lambda q: q.get_or_create(name="École"),
    "update or create": lambda q: q.update_or_create(name="École", defaults={"address": "x"}),
    "explain": lambda q: q.explain(),
    "raw": lambda q: list(q.raw("SELECT * FROM territory_site")),
    "subquery": lambda q: list(Commune.objects.filter(pk__in=q.values("commune"))),
    "exists subquery": lambda q: list(Commune.objects.filter(Exists(q.filter(commune=OuterRef("pk"))))),
    "related filter": lambda q: list(Space.objects.unscoped("test").filter(site__in=q)),
}


@pytest.mark.parametrize("way", UNSCOPED)
def test_nothing_is_read_or_written_without_a_scope(sites, way):
    with pytest.raises(ScopeMissing), transaction.atomic():
        UNSCOPED[way](Site.objects.all())
    names = Site.objects.unscoped("check").values_list("name", flat=True)
    assert list(names) == ["École", "École"]


async def listed(sites):
    return [site async for site in sites]


UNSCOPED_ASYNC = {"iteration": listed, "get": lambda q: q.aget(), "count": lambda q: q.acount()}


@pytest.mark.parametrize("way", UNSCOPED_ASYNC)
async def test_nothing_is_read_asynchronously_without_a_scope(way):
    with pytest.raises(ScopeMissing):
        await UNSCOPED_ASYNC[way](Site.objects.all())


def test_a_union_with_an_unscoped_part_is_refused(sites):
    with pytest.raises(ScopeMissing):
        list(Site.objects.visible_to(sites.actor("mayor")).union(Site.objects.all()))


def test_a_scoped_query_cannot_be_widened_by_an_unscoped_one(sites):
    mine = Site.objects.visible_to(sites.actor("mayor"))
    with pytest.raises(ScopeMissing):
        list(mine | Site.objects.all())
    assert (mine | Site.objects.visible_to(sites.actor("other_mayor"))).count() == 2


def test_a_scope_holds_in_every_use_that_was_refused_without(sites):
    mine = Site.objects.visible_to(sites.actor("mayor"))
    assert Commune.objects.filter(pk__in=mine.values("commune")).get().name == "Évry"
    assert Commune.objects.filter(Exists(mine.filter(commune=OuterRef("pk")))).get().name == "Évry"
    assert mine.aggregate(n=Count("pk")) == {"n": 1}
    assert mine.order_by("name")[:1].count() == 1
    assert list(mine.values_list("name", flat=True).distinct()) == ["École"]
    assert mine.update(address="1, place du Marché") == 1
    assert mine.delete()[0] == 1
    assert Site.objects.unscoped("check").count() == 1


def test_a_mayor_reads_the_own_rows_only(sites):
    mayor = sites.actor("mayor")
    visible = Site.objects.visible_to(mayor)
    assert [site.organisation_id for site in visible] == [sites.evry.pk]
    assert visible.count() == 1
    assert not visible.filter(organisation=sites.massy).exists()
    assert visible.filter(organisation=sites.massy).update(name="x") == 0
    assert visible.filter(organisation=sites.massy).delete()[0] == 0


def test_a_technician_reads_the_client_until_the_mandate_ends(sites):
    assert not Site.objects.visible_to(sites.actor("technician")).exists()
    actions.grant_mandate(sites.actor("mayor"), sites.evry, sites.contractor)
    assert Site.objects.visible_to(sites.actor("technician")).get().organisation_id == sites.evry.pk
    actions.revoke_mandate(sites.actor("mayor"), sites.evry, sites.contractor)
    assert not Site.objects.visible_to(sites.actor("technician")).exists()


@pytest.mark.parametrize("who", ["operator_person", None])
def test_the_operator_and_the_machines_read_everything(sites, who):
    actor = sites.actor(who) if who else machine("scheduler")
    assert Site.objects.visible_to(actor).count() == 2


def test_a_scope_needs_a_reason(sites):
    with pytest.raises(ScopeMissing):
        Site.objects.unscoped("")
