"""The pages of measures in a real browser, on a desk and on a phone."""

from datetime import timedelta

import pytest
from tests.fixtures.chromium import assert_fit_for_everybody, chromium
from tests.fixtures.things import INSTALLER, device, logged_in, person

from maillage.identity.actor import Role
from maillage.kernel import clock
from maillage.telemetry import queries
from maillage.telemetry.engine.judging import Given
from maillage.telemetry.models import Datastream
from maillage.telemetry.retention.actions import set_retention
from maillage.telemetry.values.actions import push_values

pytestmark = pytest.mark.browser
DEVICE_EUI = "c" * 16


def test_the_pages_of_measures_are_fit_for_everybody(live_server, committed_conninfo, evry, equipment, tmp_path):
    technician = person(evry.organisation, Role.TECHNICIAN)
    device(evry.organisation, DEVICE_EUI, "elsys-ers")
    air = queries.datastreams(evry.mayor, thing_id=equipment.sensor.pk).get(quantity="air_temperature")
    air.source = Datastream.Source.HTTP
    air.save()
    now = clock.now()
    given = [Given(air.pk, now - timedelta(minutes=20 * n), 19.0 + n % 30 / 10) for n in range(300)]
    push_values(INSTALLER, [*given, Given(air.pk, now, float("nan"))], Datastream.Source.HTTP)
    set_retention(INSTALLER, evry.organisation.pk, "presence", 90, None)
    cookie = logged_in(technician).cookies["sessionid"].value
    file = tmp_path / "mesures.csv"
    at = (now - timedelta(days=9)).isoformat()
    file.write_text(f"datastream;at;value\n{air.pk};{at};19,5\n{air.pk};hier;20\n")
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="fr-FR")
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page = context.new_page()
        for path in ("", "install/", "import/", f"datastreams/{air.pk}/"):
            page.goto(f"{live_server.url}/measures/{path}")
            assert_fit_for_everybody(page)
            picture(page, tmp_path, path)
        page.goto(f"{live_server.url}/measures/import/")
        page.get_by_label("Fichier CSV ou Parquet").set_input_files(file)
        page.get_by_role("button", name="Vérifier le fichier").click()
        assert page.get_by_role("cell", name="hier", exact=False).count() == 1
        assert_fit_for_everybody(page)
        picture(page, tmp_path, "preview")
        page.get_by_role("button", name="Importer les lignes correctes").press("Enter")
        page.get_by_text("1 mesures importées").wait_for()
    assert queries.latest_value(air.thing_id, "air_temperature") is not None


def picture(page, folder, path):
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.screenshot(path=folder / f"{path.strip('/').replace('/', '-') or 'home'}-{width}.png", full_page=True)
