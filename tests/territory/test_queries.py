"""Communes and their outlines."""

import pytest
from tests.fixtures.things import INSTALLER

from maillage.kernel.errors import NotFound
from maillage.territory import queries
from maillage.territory.geojson import outline_feature, point_feature
from maillage.territory.models import Commune


def test_a_mayor_sees_the_own_commune_and_the_machine_all(evry, brunoy):
    assert queries.communes(evry.mayor) == [evry.commune]
    assert queries.communes(INSTALLER) == [brunoy.commune, evry.commune]


def test_another_commune_and_one_that_does_not_exist_are_told_alike(evry, brunoy):
    for insee in (brunoy.commune.pk, "00000"):
        with pytest.raises(NotFound) as caught:
            queries.commune(evry.mayor, insee)
        assert caught.value.code == "commune_unknown"


def test_a_commune_that_is_no_member_has_no_page(evry):
    Commune.objects.create(
        insee="91001",
        name="Abbéville-la-Rivière",
        siren="219100013",
        postcodes=["91150"],
        population=300,
        outline=evry.commune.outline,
    )
    with pytest.raises(NotFound):
        queries.commune(INSTALLER, "91001")


def test_outlines_of_neighbours_are_public(evry, brunoy):
    assert queries.neighbours(evry.commune) == [brunoy.commune]


def test_an_actor_is_taken_to_the_own_commune(evry):
    assert queries.own_commune(evry.mayor) == evry.commune
    assert queries.own_commune(INSTALLER) is None


def test_an_outline_is_a_geojson_feature_of_its_layer(evry):
    feature = outline_feature(evry.commune, "outline")
    assert feature["type"] == "Feature"
    assert feature["geometry"]["type"] in {"Polygon", "MultiPolygon"}
    assert feature["properties"] == {"layer": "outline", "id": "commune.91228", "name": "Evry"}


def test_a_site_is_a_point_longitude_first():
    feature = point_feature(2.44, 48.62, name="École")
    assert feature["geometry"] == {"type": "Point", "coordinates": [2.44, 48.62]}
    assert feature["properties"] == {"layer": "site", "name": "École"}
