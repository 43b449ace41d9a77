import shutil

import pytest

from maillage.kernel.errors import Invalid
from maillage.lorawan.codecs.model import AdrProfile
from maillage.lorawan.codecs.registry import MODELS_FOLDER, load_models

MODELS = load_models()


def test_the_first_models_are_there():
    assert MODELS.keys() >= {
        "mclimate-vicki",
        "elsys-ers",
        "milesight-am107",
        "dragino-lt22222l",
        "decentlab-dl-pm",
    }


def test_one_quantity_has_one_unit_whatever_the_maker_sends():
    units = {}
    for model in MODELS.values():
        for measure in model.measures.values():
            assert units.setdefault(measure.quantity, measure.unit) == measure.unit, (model.key, measure)


def test_the_relay_listens_all_the_time_and_the_valve_does_not():
    assert MODELS["dragino-lt22222l"].device_class == "C"
    assert MODELS["mclimate-vicki"].device_class == "A"


@pytest.fixture
def folder(tmp_path):
    """A copy of one model's folder, to be spoilt."""
    shutil.copytree(MODELS_FOLDER / "mclimate-vicki", tmp_path / "a-copy")
    return tmp_path


def spoil(folder, old, new):
    path = folder / "a-copy" / "model.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_adding_a_model_is_adding_a_folder(folder):
    assert load_models(folder)["a-copy"].measures == MODELS["mclimate-vicki"].measures


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('device_class = "A"', 'device_class = "Z"', "$.device_class"),
        ('vendor = "MClimate"', 'vendor = ""', "$.vendor"),
        ('vendor = "MClimate"', 'seller = "MClimate"', "seller"),
        ("decimals = 1", "decimals = 99", "decimals"),
        ('kind = "gauge"', 'kind = "guess"', "kind"),
        (
            'quantity = "target_temperature"',
            'quantity = "happiness"',
            "verbs.set_temperature.confirm.quantity",
        ),
        ("minimum = 5", "minimum = 50", "verbs.set_temperature.value"),
        ('"$value"', '"19"', "verbs.set_temperature"),
        ("[measures.air_temperature]", '[adr]\nalgorithm = "magic"\n[measures.air_temperature]', "$.adr.algorithm"),
        ("expected = 1, ", "", "verbs.lock_buttons.confirm.expected"),
        ("[measures.air_temperature]", "[measures.air_temperature", "expected"),
    ],
)
def test_a_bad_model_file_is_named_with_its_key(folder, old, new, words):
    spoil(folder, old, new)
    with pytest.raises(Invalid) as raised:
        load_models(folder)
    assert raised.value.code == "codec.bad_model"
    assert raised.value.facts["file"] == "a-copy/model.toml"
    assert words.lower() in raised.value.facts["problem"].lower()


def test_a_model_chooses_how_its_data_rate_is_set(folder):
    assert MODELS["mclimate-vicki"].adr == AdrProfile("semtech", 10.0)
    spoil(folder, "[measures.air_temperature]", '[adr]\nalgorithm = "off"\nmargin_db = 5\n\n[measures.air_temperature]')
    assert load_models(folder)["a-copy"].adr == AdrProfile("off", 5.0)


def test_a_model_without_its_codec_is_named(folder):
    (folder / "a-copy" / "codec.js").unlink()
    with pytest.raises(Invalid) as raised:
        load_models(folder)
    assert raised.value.facts["file"] == "a-copy/codec.js"
