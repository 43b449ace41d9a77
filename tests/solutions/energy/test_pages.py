"""A mayor reads what the school used, what was saved and how sure that is; others do not."""

from datetime import timedelta

import pytest
from tests.fixtures.things import logged_in

from maillage.kernel import clock
from maillage.solutions.energy import queries
from maillage.solutions.energy.engine.change_point import fit
from maillage.telemetry import queries as telemetry
from maillage.telemetry.engine.calendar import day_of

pytestmark = pytest.mark.django_db(transaction=True)


def page(actor, town, **query):
    return logged_in(actor).get(f"/solutions/energy/sites/{town.school.pk}/", query)


def test_two_years_of_readings_become_a_saving_with_its_margin(evry, brunoy, read_meter):
    read_meter(evry)
    answer = page(evry.mayor, evry, price="12,5")
    said = answer.content.decode()
    assert answer.status_code == 200
    assert "économisés, soit 30 %" in said
    assert "90 % de certitude" in said
    assert "Différence en votre faveur" in said
    assert "Décret tertiaire" in said
    assert "alors que la météo en expliquait" in said
    odd = answer.context["result"].study.odd
    assert odd[-1].day.day == day_of(clock.now()) - timedelta(days=1)
    assert odd[-1].excess_kwh > 100
    saved = answer.context["result"].study.savings
    assert saved.share == pytest.approx(0.30, abs=0.02)
    assert answer.context["result"].saved_euros == pytest.approx(round(saved.saved_kwh) * 0.125, abs=0.01)
    assert [one["key"] for one in answer.context["chart"]["series"]] == ["used", "expected"]

    assert page(brunoy.mayor, evry).status_code == 404
    site = logged_in(evry.mayor).get(f"/sites/{evry.school.pk}/").content.decode()
    assert f"/solutions/energy/sites/{evry.school.pk}/" in site
    assert "1 compteur suivi" in logged_in(evry.mayor).get(f"/communes/{evry.commune.pk}/").content.decode()


def test_days_are_whole_and_of_the_meter(evry, read_meter):
    thing = read_meter(evry, saving=0, days=60)
    assert telemetry.state_of_thing(evry.mayor, thing.pk).period == timedelta(hours=6)  # as declared
    found = queries.meters(evry.mayor, evry.school)
    days = queries.days(evry.mayor, found, clock.now())
    assert len(days) == 59  # the first has no reading before it, today is not over
    assert days[-1].day == day_of(clock.now()) - timedelta(days=1)
    assert all(one.lowest_c <= one.mean_c <= one.highest_c for one in days)
    assert fit(days).terms.heating_kwh == pytest.approx(24, rel=0.35)  # 6 kWh a degree in each quarter of a day


def test_what_is_missing_is_said(evry, read_meter):
    assert "Aucun compteur" in page(evry.mayor, evry).content.decode()
    read_meter(evry, days=40)
    assert "L’année de référence compte 39 jours complets ; il en faut 329" in page(evry.mayor, evry).content.decode()


def test_a_date_that_is_none_is_said_beside_its_field(evry, read_meter):
    read_meter(evry, days=40)
    answer = page(evry.mayor, evry, works="hier", price="-1")
    assert answer.status_code == 422
    assert "is-invalid" in answer.content.decode()
