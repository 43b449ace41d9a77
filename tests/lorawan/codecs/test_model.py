import pytest

from maillage.kernel.errors import Invalid
from maillage.lorawan.codecs.registry import load_models

VICKI = load_models()["mclimate-vicki"]
RELAY = load_models()["dragino-lt22222l"]


def test_a_verb_puts_the_value_where_the_codec_wants_it():
    assert VICKI.verbs["set_temperature"].data_for(19.0) == {"setTargetTemperature": 19}


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (80, "codec.value_out_of_bounds"),
        (4, "codec.value_out_of_bounds"),
        (float("nan"), "codec.value_out_of_bounds"),
        (float("inf"), "codec.value_out_of_bounds"),
        (19.5, "codec.value_off_step"),
        (None, "codec.value_missing"),
    ],
)
def test_a_setpoint_that_the_valve_cannot_take_is_refused(value, code):
    with pytest.raises(Invalid) as raised:
        VICKI.verbs["set_temperature"].data_for(value)
    assert raised.value.code == code


def test_a_refusal_names_the_bounds():
    with pytest.raises(Invalid) as raised:
        VICKI.verbs["set_temperature"].data_for(80)
    assert raised.value.facts == {
        "verb": "set_temperature",
        "value": 80,
        "minimum": 5,
        "maximum": 30,
        "unit": "Cel",
    }


def test_a_verb_without_value_takes_none():
    assert RELAY.verbs["open"].data_for(None) == {"relay_1": "on"}
    with pytest.raises(Invalid):
        RELAY.verbs["open"].data_for(1)


def test_a_setpoint_is_confirmed_by_a_report_within_the_tolerance():
    confirmation = VICKI.verbs["set_temperature"].confirmation
    assert confirmation.quantity == "target_temperature"
    assert confirmation.is_met_by(19.0, 19)
    assert confirmation.is_met_by(19.5, 19)
    assert not confirmation.is_met_by(21.0, 19)
    assert not confirmation.is_met_by(19.0, None)


def test_a_relay_is_confirmed_by_its_state():
    assert RELAY.verbs["close"].confirmation.is_met_by(0.0, None)
    assert not RELAY.verbs["close"].confirmation.is_met_by(1.0, None)
