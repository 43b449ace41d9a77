"""An application of Évry's with its valve in it, for the tests of this folder."""

import pytest
from tests.fixtures.radio import EVRY_VALVE

from maillage.lorawan.integrations import actions
from maillage.lorawan.integrations.actions import Quotas


@pytest.fixture
def application(equipped):
    made = actions.create_application(
        equipped.actor("operator"), equipped.evry.pk, "Bennes", Quotas(max_devices=2, max_downlinks_a_day=2)
    )
    actions.attach_device(equipped.actor("mayor"), made.pk, EVRY_VALVE)
    return made
