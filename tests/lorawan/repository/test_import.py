"""Public repositories of device models: read, tried, imported."""

import asyncio
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import call_command
from django.urls import reverse

from maillage.identity.models import JournalEntry
from maillage.kernel.errors import Invalid, Refused
from maillage.lorawan import device_models as known
from maillage.lorawan.codecs.pool import CodecPool
from maillage.lorawan.codecs.registry import load_model
from maillage.lorawan.codecs.values import CodecFailure, CodecInput, Decoded
from maillage.lorawan.repository.actions import import_models
from maillage.lorawan.repository.reading import judged, read_checkout
from maillage.lorawan.repository.shelf import Shelf, all_models

VECTORS = Path(__file__).parents[2] / "vectors" / "device_repositories"
TTN, CHIRPSTACK = VECTORS / "ttn", VECTORS / "chirpstack"
BIRCH, OAK, MAPLE = "ttn-arbre-bouleau", "ttn-arbre-chene", "chirpstack-arbre-erable"
NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)


def models_of(path):
    return {found.model.key: found.model for found in read_checkout(path).found}


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    made = Shelf(tmp_path / "models")
    monkeypatch.setattr(known, "model_shelf", lambda: made)
    monkeypatch.setattr("maillage.lorawan.repository.actions.model_shelf", lambda: made)
    monkeypatch.setattr("maillage.lorawan.model_pages.model_shelf", lambda: made)
    return made


def put(shelf, path):
    judgement = asyncio.run(judged(read_checkout(path)))
    shelf.put(judgement.checkout.found, judgement.report(NOW.isoformat()))
    return judgement


def test_a_model_takes_its_newest_firmware_our_region_first_and_its_label_s_profile():
    birch = models_of(TTN)[BIRCH]
    assert (birch.vendor, birch.name, birch.lorawan_version, birch.device_class) == ("Arbre", "Bouleau", "1.0.3", "A")
    assert birch.regions == ("EU863-870", "US902-928")
    assert birch.profile_ids == ("AAAA1122",)
    assert not birch.dev_nonce_is_counter


def test_a_class_c_device_of_lorawan_1_0_4_counts_its_joins():
    oak = models_of(TTN)[OAK]
    assert (oak.device_class, oak.dev_nonce_is_counter, oak.profile_ids) == ("C", True, ("AAAA0007",))


def test_what_cannot_serve_is_named_with_its_reason():
    problems = {problem.path: problem.reason for problem in read_checkout(TTN).problems}
    assert "LoRaWAN 1.0 is not served" in problems["vendor/arbre/vieux.yaml"]
    assert "cannot be read" in problems["vendor/arbre/perdu.yaml"]
    (mute,) = read_checkout(CHIRPSTACK).problems
    assert (mute.path, mute.reason) == ("vendors/arbre/devices/muet.toml", "there is no codec")


def test_chirpstack_s_profiles_are_read_too_without_its_example():
    (maple,) = models_of(CHIRPSTACK).values()
    assert (maple.key, maple.name, maple.regions) == (MAPLE, "Érable", ("EU868", "US915"))
    assert maple.profile_ids == ("AAAA0008", "AAAA0009")


def test_the_repository_s_examples_are_run_and_those_that_fail_say_how():
    outcomes = asyncio.run(judged(read_checkout(TTN))).outcomes
    shown = [(one.routine, bool(one.difference)) for one in outcomes[BIRCH]]
    assert shown == [
        ("decodeUplink", False),
        ("decodeUplink", False),
        ("decodeUplink", True),
        ("encodeDownlink", False),
        ("decodeDownlink", False),
    ]
    assert '"temperature":99' in outcomes[BIRCH][2].difference
    assert outcomes[OAK][0].difference.startswith("time_limit")


def test_examples_with_hexadecimal_numbers_in_json_are_run():
    outcomes = asyncio.run(judged(read_checkout(CHIRPSTACK))).outcomes
    assert [one.difference for one in outcomes[MAPLE]] == ["", ""]


async def test_an_imported_codec_tells_the_house_s_quantities():
    birch = models_of(TTN)[BIRCH]
    assert list(birch.measures) == ["air_temperature", "relative_humidity"]
    async with CodecPool({BIRCH: birch}) as pool:
        (answer,) = await pool.decode([CodecInput(BIRCH, 1, bytes([0xD7, 0x30]), NOW)])
    assert isinstance(answer, Decoded)
    assert answer.measures == {"air_temperature": 21.5, "relative_humidity": 48}


async def test_a_running_pool_takes_up_other_models():
    birch, uplink = models_of(TTN)[BIRCH], CodecInput(BIRCH, 1, bytes([0xD7, 0x30]), NOW)
    async with CodecPool({}) as pool:
        (before,) = await pool.decode([uplink])
        assert isinstance(before, CodecFailure)
        pool.replace_models({BIRCH: birch})
        (after,) = await pool.decode([uplink])
        assert isinstance(after, Decoded)
        assert len(pool.worker_pids) == 1


def test_what_is_put_on_the_shelf_is_read_again_the_same(shelf):
    checkout = put(shelf, TTN).checkout
    for found in checkout.found:
        assert shelf.models()[found.model.key] == found.model


def test_an_import_replaces_the_models_of_its_source_only(shelf, tmp_path):
    put(shelf, TTN)
    put(shelf, CHIRPSTACK)
    assert set(shelf.models()) == {BIRCH, OAK, MAPLE}
    fewer = tmp_path / "fewer"
    shutil.copytree(TTN, fewer)
    (fewer / "vendor/arbre/chene.yaml").unlink()
    before = shelf.generation
    put(shelf, fewer)
    assert set(shelf.models()) == {BIRCH, MAPLE}
    assert [report.source for report in shelf.reports()] == ["chirpstack", "ttn"]
    assert shelf.generation != before


def test_the_shipped_models_stay_beside_them(shelf):
    put(shelf, TTN)
    assert {BIRCH, "mclimate-vicki"} <= set(all_models(shelf))
    assert {BIRCH, "mclimate-vicki"} <= set(known.device_models())
    assert known.models_by_profile()["AAAA1122"] == BIRCH


def test_a_damaged_model_is_named(shelf):
    put(shelf, TTN)
    folder = shelf._folder / "current" / BIRCH
    (folder / "model.json").write_text("{}")
    with pytest.raises(Invalid, match="model"):
        load_model(folder)


@pytest.mark.parametrize("made", ["", "file"])
def test_a_folder_that_is_no_checkout_is_refused_in_words(tmp_path, made):
    path = tmp_path / "nothing" if made == "" else tmp_path
    with pytest.raises(Invalid, match="repository"):
        read_checkout(path)


def test_a_codec_outside_the_checkout_is_not_read(tmp_path):
    shutil.copytree(TTN, tmp_path / "ttn")
    codec = tmp_path / "ttn/vendor/arbre/chene-codec.yaml"
    codec.write_text(codec.read_text().replace("chene.js", "../../../secret.js"))
    (tmp_path / "secret.js").write_text("secret")
    reasons = [problem.reason for problem in read_checkout(tmp_path / "ttn").problems]
    assert "lies outside the checkout" in reasons


def test_only_who_runs_the_network_imports_and_it_is_journalled(radio_house, shelf):
    judgement = asyncio.run(judged(read_checkout(TTN)))
    with pytest.raises(Refused):
        import_models(radio_house.actor("technician"), judgement)
    assert not shelf.generation
    import_models(radio_house.actor("operator"), judgement)
    facts = JournalEntry.objects.get(action="lorawan.models_imported").facts
    assert facts == {"source": "ttn", "count": 2, "examples": 6, "passed": 4}
    assert BIRCH in shelf.models()


def test_the_command_previews_and_imports_only_when_told(radio_house, shelf, capsys):
    call_command("import_repository", str(TTN))
    said = capsys.readouterr().out
    assert "ttn-arbre-bouleau: Arbre Bouleau, EU863-870, US902-928; 4 of 5 examples pass" in said
    assert "Nothing is imported yet" in said
    assert not shelf.generation
    call_command("import_repository", str(TTN), "--apply")
    assert BIRCH in shelf.models()


def test_the_page_shows_models_and_which_examples_pass(equipped, shelf):
    put(shelf, TTN)
    page = equipped.client("operator").get(reverse("lorawan:models"), {"text": "arbre"}).content.decode()
    for words in ("Arbre Bouleau", "4 sur 5 réussis", "An example that its own codec does not honour", "vieux.yaml"):
        assert words in page
    assert "Vicki" not in page
    assert "Livré avec Maillage" in equipped.client("operator").get(reverse("lorawan:models")).content.decode()
