"""A file of devices in two steps: judged on a page, registered only once confirmed, all or nothing."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from tests.fixtures.radio import EVRY_VALVE, JOIN_EUI, KEY, NOW, device

from maillage.identity.models import JournalEntry
from maillage.kernel import clock
from maillage.lorawan.key_ring import key_ring
from maillage.lorawan.keys import Purpose
from maillage.lorawan.models import Device, DeviceImport

HEADING = "dev_eui;join_eui;app_key;modele;nom;commune"
OTHER_KEY = "ffeeddccbbaa99887766554433221100"


def row(dev_eui, name="Classe 2", commune="Massy", key=OTHER_KEY, model="mclimate-vicki"):
    return f"{dev_eui};{JOIN_EUI};{key};{model};{name};{commune}"


def send(client: Client, *rows):
    content = "\n".join([HEADING, *rows]).encode()
    return client.post(reverse("lorawan:import"), {"file": SimpleUploadedFile("appareils.csv", content)}, follow=True)


def confirm(client: Client):
    (kept,) = DeviceImport.objects.all()
    return client.post(reverse("lorawan:import_confirm", args=[kept.pk]), follow=True)


def registered(dev_eui):
    return Device.objects.unscoped("test").filter(pk=dev_eui).exists()


FRESH = [f"70b3d52dd30001{number:02x}" for number in range(9)]


def test_bad_rows_are_named_good_rows_listed_and_nothing_is_imported(equipped):
    page = send(
        equipped.client("operator"),
        row(FRESH[0]),
        row("70b3", name="Préau"),
        row(EVRY_VALVE),
        row(FRESH[1], key="12", model="toaster"),
        row(FRESH[0], name="Encore"),
        row(FRESH[2], commune="Paris"),
    ).content.decode()
    for words in (
        "16 chiffres hexadécimaux attendus, 4 trouvés",
        "Cet appareil est déjà enregistré",
        "32 chiffres hexadécimaux attendus, 2 trouvés",
        "« toaster » n’est pas un modèle connu",
        "Déjà présent à la ligne 2",
        "« Paris » n’est pas une commune",
    ):
        assert words in page
    assert [int(number) for number in re.findall(r"Ligne (\d+)", page)] == [3, 4, 5, 6, 7, 2]
    assert not registered(FRESH[0])


def test_confirmation_registers_the_good_rows_says_so_and_leaves_a_trace(equipped):
    client = equipped.client("operator")
    send(client, row(FRESH[0]), row(FRESH[1], commune="91228"), row("bad"))
    page = confirm(client).content.decode()
    assert "2 appareils importés : Évry-Courcouronnes (1), Massy (1)." in page
    assert registered(FRESH[0])
    assert registered(FRESH[1])
    entries = JournalEntry.objects.filter(action="lorawan.devices_imported").order_by("organisation_id")
    assert [entry.facts["count"] for entry in entries] == [1, 1]
    assert not DeviceImport.objects.exists()


def test_a_file_is_confirmed_once(equipped):
    client = equipped.client("operator")
    send(client, row(FRESH[0]))
    address = reverse("lorawan:import_confirm", args=[DeviceImport.objects.get().pk])
    assert client.post(address).status_code == 302
    again = client.post(address)
    assert again.status_code == 404
    assert "a déjà été confirmé" in again.content.decode()


def test_a_device_registered_meanwhile_stops_the_whole_import(equipped):
    client = equipped.client("operator")
    send(client, row(FRESH[0]), row(FRESH[1]))
    device(equipped.massy, FRESH[1], "Vite")
    page = confirm(client).content.decode()
    assert FRESH[1] in page
    assert "Rien n’a été importé" in page
    assert not registered(FRESH[0])


def test_keys_are_shown_by_their_end_only_and_never_come_from_the_browser(equipped):
    client = equipped.client("operator")
    page = send(client, row(FRESH[0]), row("bad", key=KEY.hex())).content.decode()
    assert "…1100" in page
    assert OTHER_KEY not in page.lower()
    assert KEY.hex() not in page.lower()
    confirm(client)
    made = Device.objects.unscoped("test").get(pk=FRESH[0])
    assert key_ring().unwrap(bytes(made.app_key), made.pk, Purpose.APP_KEY).hex() == OTHER_KEY


def test_a_preview_belongs_to_who_sent_the_file(equipped):
    send(equipped.client("operator"), row(FRESH[0]))
    kept = DeviceImport.objects.get()
    other = equipped.client("technician")
    assert other.get(reverse("lorawan:import_preview", args=[kept.pk])).status_code == 404
    assert other.post(reverse("lorawan:import_confirm", args=[kept.pk])).status_code == 404
    assert not registered(FRESH[0])


def test_a_preview_expires_and_goes_with_the_next_upload(equipped, monkeypatch):
    client = equipped.client("operator")
    send(client, row(FRESH[0]))
    old = DeviceImport.objects.get().pk
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=31))
    assert client.post(reverse("lorawan:import_confirm", args=[old])).status_code == 404
    send(client, row(FRESH[1]))
    assert not DeviceImport.objects.filter(pk=old).exists()


def test_a_technician_imports_where_it_is_mandated_and_nowhere_else(equipped):
    client = equipped.client("technician")
    page = send(client, row(FRESH[0], commune="Évry-Courcouronnes"), row(FRESH[1], commune="Massy"))
    assert "« Massy » n’est pas une commune où vous pouvez" in page.content.decode()
    confirm(client)
    assert registered(FRESH[0])
    assert not registered(FRESH[1])


def test_a_mandate_revoked_since_the_preview_stops_the_import(equipped):
    client = equipped.client("technician")
    send(client, row(FRESH[0], commune="Évry-Courcouronnes"))
    (kept,) = DeviceImport.objects.all()
    kept.good[0][-1] = equipped.massy.pk
    kept.save()
    assert client.post(reverse("lorawan:import_confirm", args=[kept.pk])).status_code == 403
    assert not registered(FRESH[0])


def test_a_file_given_up_is_forgotten(equipped):
    client = equipped.client("operator")
    send(client, row(FRESH[0]))
    client.post(reverse("lorawan:import_discard", args=[DeviceImport.objects.get().pk]))
    assert not DeviceImport.objects.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "Le fichier est vide."),
        (b"PK\x03\x04", "classeur de tableur"),
        (b"nom;commune\nA;B\n", "Il manque une colonne : dev_eui, join_eui, app_key, model."),
        (b"x" * 5_000_001, "Le fichier dépasse 5 Mo"),
    ],
)
def test_a_file_that_cannot_be_read_is_answered_beside_the_field(equipped, content, words):
    sent = {"file": SimpleUploadedFile("appareils.csv", content)}
    page = equipped.client("operator").post(reverse("lorawan:import"), sent)
    assert page.status_code == 422
    assert words in page.content.decode()


def test_without_a_file_the_form_says_so(equipped):
    assert equipped.client("operator").post(reverse("lorawan:import")).status_code == 422


def test_rows_that_are_all_bad_offer_no_confirmation(equipped):
    client = equipped.client("operator")
    page = send(client, row("bad")).content.decode()
    assert "Importer les lignes correctes" not in page
    assert confirm(client).status_code == 422
