"""The energy page in a real browser, on a desk and on a phone."""

import pytest
from tests.fixtures.chromium import assert_fit_for_everybody, chromium
from tests.fixtures.things import logged_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_energy_page_is_fit_for_everybody(live_server, evry, read_meter, tmp_path):
    read_meter(evry)
    cookie = logged_in(evry.mayor).cookies["sessionid"].value
    address = f"{live_server.url}/solutions/energy/sites/{evry.school.pk}/"
    with chromium() as browser:
        context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="fr-FR")
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
        page = context.new_page()
        page.goto(address)
        page.get_by_label("Prix du kWh (centimes)").fill("12,5")
        page.get_by_role("button", name="Calculer").press("Enter")
        page.get_by_text("Différence en votre faveur").wait_for()
        page.locator("canvas").first.wait_for()
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            assert_fit_for_everybody(page)
            page.screenshot(path=tmp_path / f"energy-{width}.png", full_page=True)
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.goto(f"{address}?works=2001-01-01&price=rien")
        assert_fit_for_everybody(page)
        page.goto(f"{live_server.url}/sites/{evry.school.pk}/")
        page.get_by_role("link", name="Consommation et économies").wait_for()
        assert_fit_for_everybody(page)
        page.screenshot(path=tmp_path / "site.png", full_page=True)
