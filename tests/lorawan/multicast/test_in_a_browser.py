"""The pages of groups and campaigns in a real Chromium: accessible, on a phone too."""

from datetime import timedelta

import pytest
from tests.fixtures.radio import EVRY_SENSOR, EVRY_VALVE, MASSY_VALVE, NOW
from tests.lorawan.test_radio_in_a_browser import assert_fits, house, visit

from maillage.lorawan.fuota import actions as fuota
from maillage.lorawan.fuota.actions import Plan
from maillage.lorawan.models import CampaignReceiver, FirmwareCampaign, MulticastMember
from maillage.lorawan.multicast import actions
from maillage.lorawan.multicast.actions import GroupMessage, NewGroup
from maillage.lorawan.regions.eu863_870 import EU863_870

__all__ = ["house", "visit"]
pytestmark = pytest.mark.browser


@pytest.fixture
def campaign(house):
    actor = house.actor("operator")
    group = actions.create_group(actor, NewGroup("Vannes des écoles", house.operator.pk, 3), EU863_870)
    actions.add_members(actor, group.pk, [EVRY_VALVE, EVRY_SENSOR, MASSY_VALVE])
    message = GroupMessage(5, bytes(range(40)), NOW + timedelta(hours=1))
    actions.send_message(actor, group.pk, message, EU863_870)
    image = fuota.upload_image(actor, house.operator.pk, "Vanne 4.2", bytes(12_000))
    made = fuota.start_campaign(actor, group.pk, image.pk, Plan(), EU863_870)
    MulticastMember.objects.filter(device_id=EVRY_VALVE).update(step="ready")
    MulticastMember.objects.filter(device_id=MASSY_VALVE).update(step="refused", cause="no_place")
    CampaignReceiver.objects.filter(device_id=EVRY_VALVE).update(step="receiving", received=41, missing=67)
    CampaignReceiver.objects.filter(device_id=MASSY_VALVE).update(step="failed", cause="no_place")
    FirmwareCampaign.objects.visible_to(actor).update(state="sending", next_fragment=48)
    return made


def test_the_pages_are_accessible_on_a_desk_and_on_a_phone(campaign, visit, tmp_path):
    pages = {"groups": [], "group": [campaign.group_id], "firmware": [], "campaign": [campaign.pk]}
    for name, args in pages.items():
        page = visit(name, *args)
        for width in (1440, 390):
            assert_fits(page, width, name)
            page.screenshot(path=tmp_path / f"{name}-{width}.png", full_page=True)
