"""A solution in a folder of its own joins the house by one line of the settings, and touches nothing else."""

from importlib import reload

import pytest
from django.conf import settings
from django.test import override_settings
from django.urls import clear_url_caches
from tests.fixtures.things import INSTALLER, logged_in

from maillage.command import registry
from maillage.config import urls
from maillage.telemetry import queries
from maillage.telemetry.actions import Declaration, Declared, declare_thing

TOY = "tests.solutions.toy"


def read_again():
    """What a process reads once when it starts."""
    registry.solutions.cache_clear()
    reload(urls)
    clear_url_caches()


@pytest.fixture
def house_with_toy():
    """As if the house had been started with one more line under ``SOLUTIONS``."""
    more = {
        "SOLUTIONS": [*settings.SOLUTIONS, TOY],
        "INSTALLED_APPS": [*settings.INSTALLED_APPS, TOY],
        "MAILLAGE_SOLUTIONS": [*settings.MAILLAGE_SOLUTIONS, f"{TOY}.manifest.SOLUTION"],
    }
    with override_settings(**more):
        read_again()
        yield
    read_again()


@pytest.mark.django_db
@pytest.mark.usefixtures("house_with_toy")
def test_one_line_brings_a_solution_with_its_panel_its_page_and_its_place_in_the_commune(evry, brunoy, equipment):
    water = Declared("water_temperature", "Température de l’eau", "Cel", "http")
    declare_thing(INSTALLER, Declaration(evry.school.pk, "Bassin", "probe", (water,), solution="toy"))
    assert ("toy", "Baignade") in queries.solution_choices()
    mayor = logged_in(evry.mayor)
    site = mayor.get(f"/sites/{evry.school.pk}/").content.decode()
    assert "<h2>Baignade</h2>" in site
    assert f"/solutions/toy/sites/{evry.school.pk}/" in site
    assert "1 bassin" in mayor.get(f"/communes/{evry.commune.pk}/").content.decode()
    page = f"/solutions/toy/sites/{evry.school.pk}/"
    assert mayor.get(page).content.decode() == "Baignade de École Jean-Moulin"
    assert logged_in(brunoy.mayor).get(page).status_code == 404


@pytest.mark.django_db
def test_without_its_line_the_house_knows_nothing_of_it(evry):
    assert "toy" not in registry.solutions()
    assert logged_in(evry.mayor).get(f"/solutions/toy/sites/{evry.school.pk}/").status_code == 404


def test_every_line_of_the_settings_is_an_application_and_a_manifest():
    assert set(settings.SOLUTIONS) <= set(settings.INSTALLED_APPS)
    assert [f"{one}.manifest.SOLUTION" for one in settings.SOLUTIONS] == settings.MAILLAGE_SOLUTIONS
    assert set(registry.solutions()) == {one.rpartition(".")[2] for one in settings.SOLUTIONS}
