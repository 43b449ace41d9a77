"""Devices imported by the QR codes of their labels."""

import io

import pytest
import zxingcpp
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image
from tests.fixtures.radio import EVRY_VALVE, JOIN_EUI

from maillage.kernel.errors import Invalid
from maillage.lorawan import qr_photo
from maillage.lorawan.key_ring import key_ring
from maillage.lorawan.keys import Purpose
from maillage.lorawan.models import Device, DeviceImport
from maillage.lorawan.qr import DeviceTag, build_tag
from maillage.lorawan.qr_photo import codes_on
from maillage.lorawan.qr_sheet import ScanDefaults, read_codes

FRESH = [f"70b3d52dd30002{number:02x}" for number in range(4)]
KEY = "ffeeddccbbaa99887766554433221100"
DEFAULTS = ScanDefaults("massy", "mclimate-vicki", "Vanne", {"AABB1122": "elsys-ers"})


def label(dev_eui, **more):
    return build_tag(DeviceTag(JOIN_EUI, dev_eui, more.pop("profile_id", "00000000"), **more))


def photo(*codes, kind="JPEG"):
    """As a camera would give it: several labels on one picture, grey."""
    tiles = [
        Image.fromarray(zxingcpp.create_barcode(code, zxingcpp.BarcodeFormat.QRCode).to_image(scale=4))
        for code in codes
    ]
    sheet = Image.new("L", (max(tile.width for tile in tiles) + 80, sum(tile.height + 80 for tile in tiles)), 235)
    top = 40
    for tile in tiles:
        sheet.paste(tile, (40, top))
        top += tile.height + 80
    held = io.BytesIO()
    sheet.save(held, kind)
    return held.getvalue()


def scan(house, codes, **more):
    values = {"organisation": house.massy.pk, "model": "mclimate-vicki", "name": "Vanne", "codes": codes, **more}
    return house.client("operator").post(reverse("lorawan:scan"), values, follow=True)


def test_labels_do_not_say_the_key_the_name_and_the_place_the_form_and_the_line_do():
    codes = [label(FRESH[0], serial_number="SN7", owner_token="OT"), label(FRESH[1], profile_id="AABB1122")]
    first, second = read_codes(f"{codes[0]};{KEY}\n\n{codes[1]}\t{KEY}\tHall", DEFAULTS).lines
    assert (first.number, first.cells["name"], first.cells["model"]) == (1, "Vanne SN7", "mclimate-vicki")
    assert (first.cells["app_key"], first.cells["owner_token"], first.cells["commune"]) == (KEY, "OT", "massy")
    assert (second.number, second.cells["name"], second.cells["model"]) == (3, "Hall", "elsys-ers")


def test_the_proprietary_field_is_the_key_only_where_the_form_says_so():
    code = label(FRESH[0], proprietary=KEY.upper())
    assert read_codes(code, DEFAULTS).lines[0].cells["app_key"] == ""
    said = ScanDefaults("massy", "mclimate-vicki", "", {}, key_in_proprietary=True)
    assert read_codes(code, said).lines[0].cells["app_key"] == KEY.upper()


def test_each_code_gets_its_own_verdict_and_nothing_is_imported_before_confirmation(equipped):
    codes = [f"{label(FRESH[0], owner_token='OT')};{KEY}", "https://example.org/x", f"{label(EVRY_VALVE)};{KEY}"]
    page = scan(equipped, "\n".join([*codes, label(FRESH[1]), f"{label(FRESH[0])};{KEY}"])).content.decode()
    for words in (
        "Ce n’est pas le code d’une étiquette LoRaWAN",
        "Cet appareil est déjà enregistré",
        "La case est vide",
        "Déjà présent à la ligne 1",
    ):
        assert words in page
    (kept,) = DeviceImport.objects.all()
    assert KEY not in str(kept.good)
    assert not Device.objects.unscoped("test").filter(pk=FRESH[0]).exists()
    equipped.client("operator").post(reverse("lorawan:import_confirm", args=[kept.pk]))
    made = Device.objects.unscoped("test").get(pk=FRESH[0])
    assert made.organisation_id == equipped.massy.pk
    assert key_ring().unwrap(bytes(made.app_key), made.pk, Purpose.APP_KEY).hex() == KEY
    assert key_ring().unwrap(bytes(made.owner_token), made.pk, Purpose.OWNER_TOKEN) == b"OT"


def test_no_code_at_all_is_said(equipped):
    assert "au moins un code" in scan(equipped, "  ").content.decode()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_labels_on_a_photograph_are_read(kind):
    codes = [label(FRESH[0], serial_number="A1"), label(FRESH[1])]
    assert codes_on(photo(*codes, kind=kind)) == codes


def test_photographs_fill_the_list_for_the_person_to_look_at(equipped):
    upload = SimpleUploadedFile("etiquettes.jpg", photo(label(FRESH[0])))
    blank = SimpleUploadedFile("blanc.png", photo_of_nothing())
    page = scan(equipped, label(FRESH[1]), photos=[upload, blank]).content.decode()
    assert label(FRESH[0]) in page
    assert label(FRESH[1]) in page
    assert "blanc.png : Aucun QR code n’y est lisible" in page
    assert not DeviceImport.objects.exists()


def photo_of_nothing():
    held = io.BytesIO()
    Image.new("L", (200, 200), 255).save(held, "PNG")
    return held.getvalue()


@pytest.mark.parametrize("content", [b"", b"not a picture", b"\xff\xd8\xff\xe0broken", b"GIF89a"])
def test_what_is_no_photograph_is_refused_in_words(content):
    with pytest.raises(Invalid, match=r"lorawan\.photo\.unreadable"):
        codes_on(content)


def test_a_picture_that_would_fill_the_memory_is_refused_before_it_is_decoded(monkeypatch):
    monkeypatch.setattr(qr_photo, "MAX_PIXELS", 100)
    with pytest.raises(Invalid, match=r"lorawan\.photo\.too_large"):
        codes_on(photo_of_nothing())
