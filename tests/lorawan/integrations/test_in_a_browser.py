"""The applications' pages in a real Chromium: accessible, on a phone too; the frame log of all devices grows."""

import pytest
from playwright.sync_api import expect
from tests.fixtures.radio import EVRY_VALVE, NOW
from tests.lorawan.integrations.test_api import event as log_event
from tests.lorawan.integrations.test_pages import letter
from tests.lorawan.test_radio_in_a_browser import WIDTHS, assert_fits, commit_frame, event, house, visit

from maillage.lorawan.events import FrameBatch
from maillage.lorawan.integrations import actions
from maillage.lorawan.integrations.actions import Quotas, Target
from maillage.lorawan.integrations.models import WebhookAttempt
from maillage.lorawan.live import frame_messages

__all__ = ["house", "visit"]
pytestmark = pytest.mark.browser


@pytest.fixture
def furnished(house):
    """An application with everything on its pages."""
    operator = house.actor("operator")
    application = actions.create_application(operator, house.evry.pk, "Bennes", Quotas(1, 1000, None))
    actions.attach_device(operator, application.pk, EVRY_VALVE)
    actions.create_token(operator, application.pk, "Supervision", None)
    hook, _secret = actions.create_webhook(operator, application.pk, Target("https://93.184.216.34/lorawan/evenements"))
    facts = {"type": "up", "dev_eui": EVRY_VALVE, "at": NOW, "duration_ms": 41}
    WebhookAttempt.objects.create(webhook=hook, event_id=1, status=204, **facts)
    WebhookAttempt.objects.create(webhook=hook, event_id=2, status=None, problem="timeout", **facts)
    letter(hook, 3)
    for number, kind in ((1, "up"), (2, "log")):
        log_event(application, number, kind)
    return application, hook


def test_the_pages_of_an_application_are_accessible_on_a_desk_and_on_a_phone(furnished, visit):
    application, hook = furnished
    one = [application.pk]
    pages = {
        "applications": [],
        "create_application": [],
        "application": one,
        "application_devices": one,
        "application_integrations": one,
        "application_tokens": one,
        "webhook": [*one, hook.pk],
    }
    for name, args in pages.items():
        page = visit(name, *args)
        for width in WIDTHS:
            assert_fits(page, width, name)
        page.context.close()


def test_the_log_of_all_devices_grows_by_itself(visit):
    page = visit("frames")
    expect(page.locator("body")).to_have_attribute("data-live-status", "online")
    before = page.locator("tbody tr").count()
    commit_frame(70)
    page.served.tell(frame_messages(FrameBatch([event(70)])))
    expect(page.locator("tbody tr")).to_have_count(before + 1)
