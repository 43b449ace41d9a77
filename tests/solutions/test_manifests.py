"""What the solutions declare, against the device models that carry it out."""

import pytest

from maillage.command import registry
from maillage.command.engine.bounds import Limits
from maillage.kernel.errors import Invalid
from maillage.telemetry.device_models import device_model

VICKI = "mclimate-vicki"
RELAY = "dragino-lt22222l"


def test_settings_list_heating_and_access_first():
    assert list(registry.solutions())[:2] == ["heating", "access"]


def test_a_valve_that_takes_whole_degrees_is_offered_whole_degrees():
    offer = registry.offer("heating", device_model(VICKI), "set_temperature")
    assert offer.limits == Limits(5, 30, 1, "Cel")
    assert offer.driven_quantity == "target_temperature"


def test_the_law_of_nineteen_degrees_is_said_beside_the_setpoint():
    parameter = registry.solutions()["heating"].verbs["set_temperature"].parameter
    assert "19 °C" in str(parameter.label)


def test_a_gate_asks_before_it_moves_and_its_verbs_are_rivals():
    verbs = registry.solutions()["access"].verbs
    assert all(verb.asks_confirmation for verb in verbs.values())
    assert registry.rival_verbs("access", device_model(RELAY), "open") == {"open", "close"}


def test_a_use_offers_only_what_it_declares():
    assert set(registry.offers("heating", device_model(VICKI))) == {"set_temperature"}
    with pytest.raises(Invalid, match="verb_not_understood"):
        registry.offer("heating", device_model(VICKI), "lock_buttons")


@pytest.mark.parametrize(("solution", "model"), [("", VICKI), ("unknown", VICKI), ("heating", RELAY)])
def test_a_thing_without_a_use_for_its_device_offers_nothing(solution, model):
    assert registry.offers(solution, device_model(model)) == {}


@pytest.mark.parametrize(("solution", "model"), [("heating", VICKI), ("access", RELAY)])
def test_charts_show_quantities_that_the_devices_measure(solution, model):
    assert set(registry.solutions()[solution].chart_quantities) <= set(device_model(model).measures)
