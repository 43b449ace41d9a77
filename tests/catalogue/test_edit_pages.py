"""The editor's pages: prepare, publish, withdraw, record an index; nobody else gets in."""

from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from tests.fixtures.things import logged_in, person

from maillage.catalogue import queries, shelf
from maillage.catalogue.edit_forms import initial_of, initial_price
from maillage.catalogue.models import Index, Specification
from maillage.identity.actor import Role
from maillage.identity.models import Organisation

pytestmark = pytest.mark.django_db


def text(response):
    return response.content.decode().replace("\u202f", " ").replace("\u00a0", " ")


def filled(draft, **changes):
    """The form as a browser would send it."""
    data = {
        name: value for name, value in (initial_of(draft) | changes).items() if value is not None and value is not False
    }
    data |= {"prices-TOTAL_FORMS": len(draft.terms) + 1, "prices-INITIAL_FORMS": len(draft.terms)}
    rows = [initial_price(one) for one in draft.terms] + [
        {"rhythm": "monthly", "unit": "site", "mode": "graduated", "vat_percent": 20}
    ]
    for index, row in enumerate(rows):
        data |= {f"prices-{index}-{name}": value for name, value in row.items() if value is not None}
    return data | {name: value for name, value in changes.items() if name.startswith("prices-")}


@pytest.fixture
def sold(shop):
    return queries.draft_of(queries.sold("temperature", shelf.today()))


def test_only_the_editor_gets_in(shop):
    commune = Organisation.objects.create(kind="commune", name="Brunoy", slug="brunoy")
    mayor = logged_in(person(commune, Role.MAYOR))
    for path in ("", "new/", "offers/lora/", "offers/lora/edit/", "indices/", "equipment/", "equipment/vicki/"):
        assert mayor.get(f"/catalogue/{path}").status_code == 403, path
        assert Client().get(f"/catalogue/{path}").status_code == 302, path
    assert "Gérer le catalogue" not in text(mayor.get("/shop/"))


def test_the_editor_finds_the_catalogue_from_the_shop(keeper_client, shop):
    assert "Gérer le catalogue" in text(keeper_client.get("/shop/"))


def test_the_list_says_what_is_sold_and_what_is_prepared(keeper_client, shop):
    page = text(keeper_client.get("/catalogue/?q=température"))
    assert "Température, site moyen" in page
    assert "Connexion LoRa" not in page
    assert "version 1" in page


def test_a_new_version_is_prepared_then_published(keeper_client, sold):
    edit = "/catalogue/offers/temperature/edit/"
    assert "Abonnement" in text(keeper_client.get(edit))
    changes = {
        "name": "Température, révisée",
        "prices-0-tiers": "27,50",
        "prices-3-name": "Option",
        "prices-3-tiers": "0 : 3 ; 10 : 2,5",
    }
    saved = keeper_client.post(edit, filled(sold, **changes))
    assert (saved.status_code, saved.url) == (302, "/catalogue/offers/temperature/")
    page = text(keeper_client.get(saved.url))
    assert "Brouillon" in page
    assert "Option" in page
    tomorrow = shelf.today() + timedelta(days=1)
    page = text(keeper_client.post("/catalogue/offers/temperature/publish/", {"day": tomorrow}, follow=True))
    assert "Annoncée" in page
    new = shelf.sold("temperature", tomorrow)
    assert new.version.name == "Température, révisée"
    assert [line.first for line in new.lines] == [27_50, 500_00, 80_00, 3_00]
    assert shelf.sold("temperature", shelf.today()).version.name == sold.name


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"prices-0-tiers": "cher"}, "« cher » n’est pas un nombre"),
        ({"prices-0-tiers": "5 : 1 ; 0 : 2"}, "doivent commencer à 0"),
        ({"prices-0-indices": "syntec 0,85"}, "Écrivez chaque indice ainsi"),
        ({"prices-0-indices": "syntec 0,85 100"}, "première révision"),
        ({"prices-0-indices": "syntec 1,85 100", "prices-0-first_on": "2027-01-01"}, "leur somme doit être 1"),
        ({"name": ""}, "obligatoire"),
    ],
)
def test_what_cannot_be_read_is_said_beside_the_form_and_nothing_is_saved(keeper_client, sold, changes, words):
    response = keeper_client.post("/catalogue/offers/temperature/edit/", filled(sold, **changes))
    assert response.status_code == 422
    assert words in text(response)
    assert (
        not queries.edited_offering(response.wsgi_request.actor, "temperature").versions.filter(state="draft").exists()
    )


def test_an_offering_is_created_and_discarded(keeper_client, sold):
    data = filled(sold) | {"code": "neuve", "kind": "pack", "category": "confort"}
    assert keeper_client.post("/catalogue/new/", data).url == "/catalogue/offers/neuve/"
    assert "Une offre porte déjà le code" in text(keeper_client.post("/catalogue/new/", data))
    keeper_client.post("/catalogue/offers/neuve/discard/")
    assert keeper_client.get("/catalogue/offers/neuve/").status_code == 404


def test_a_refused_date_says_why(keeper_client, shop):
    yesterday = shelf.today() - timedelta(days=1)
    path = "/catalogue/offers/lora/withdraw/"
    assert "est passée" in text(keeper_client.post(path, {"day": yesterday}, follow=True))
    assert "Écrivez la date" in text(keeper_client.post(path, {"day": "demain"}, follow=True))
    assert "retirée de la vente" in text(
        keeper_client.post(path, {"day": shelf.today() + timedelta(days=3)}, follow=True)
    )


def test_an_index_and_its_publications_are_kept_with_their_dates(keeper_client, body):
    keeper_client.post("/catalogue/indices/", {"code": "syntec", "name": "Syntec", "source": "Fédération Syntec"})
    value = {"period": "2026-06-15", "value": "301,2", "published_on": "2026-07-28"}
    page = text(keeper_client.post("/catalogue/indices/syntec/", value, follow=True))
    assert "301,20" in page
    assert "28 juillet 2026" in page
    assert "déjà enregistrée" in text(keeper_client.post("/catalogue/indices/syntec/", value))
    assert "n’est pas un nombre" in text(keeper_client.post("/catalogue/indices/syntec/", value | {"value": "x"}))
    assert Index.objects.get(code="syntec").values.count() == 1


def test_an_equipment_sheet_is_written_and_changed(keeper_client, shop):
    data = {
        "name": "Sonde de sol",
        "characteristics": "Pose : à 20 cm",
        "documents": "Notice https://example.org/a.pdf",
    }
    assert keeper_client.post("/catalogue/equipment/new/", data).status_code == 302
    sheet = Specification.objects.get(name="Sonde de sol")
    assert sheet.characteristics == [["Pose", "à 20 cm"]]
    assert sheet.documents == [["Notice", "https://example.org/a.pdf"]]
    refused = keeper_client.post(
        f"/catalogue/equipment/{sheet.code}/", data | {"documents": "Notice javascript:alert(1)"}
    )
    assert "adresse en https" in text(refused)
    keeper_client.post(f"/catalogue/equipment/{sheet.code}/", data | {"name": "Sonde"})
    assert Specification.objects.get(code=sheet.code).name == "Sonde"


def picture(kind="JPEG", size=(2400, 1600), **options):
    written = BytesIO()
    Image.new("RGB", size, (200, 120, 40)).save(written, kind, **options)
    return written.getvalue()


def test_a_photo_is_made_small_and_stripped_of_what_is_no_picture(keeper_client, shop):
    where = Image.Exif()
    where[0x010E] = "chez moi"
    sent = SimpleUploadedFile("vanne.jpg", picture(exif=where), "image/jpeg")
    keeper_client.post("/catalogue/equipment/vicki/photo/", {"photo": sent})
    sheet = Specification.objects.get(code="vicki")
    address = f"/shop/equipment/vicki/{sheet.photo_digest}.webp"
    assert address in text(Client().get("/shop/equipment/vicki/"))
    shown = Client().get(address)
    assert "immutable" in shown.headers["Cache-Control"]
    with Image.open(BytesIO(shown.content)) as photo:
        assert (photo.format, photo.size, dict(photo.getexif())) == ("WEBP", (1200, 800), {})
    keeper_client.post("/catalogue/equipment/vicki/photo/")
    assert Client().get(address).status_code == 404


@pytest.mark.parametrize("sent", [b"", b"<svg onload='x'/>", b"GIF89a", picture()[:400]])
def test_what_is_no_picture_is_refused_in_words(keeper_client, shop, sent):
    file = SimpleUploadedFile("x.jpg", sent or b" ", "image/jpeg")
    page = text(keeper_client.post("/catalogue/equipment/vicki/photo/", {"photo": file}, follow=True))
    assert "n’est pas une image lisible" in page
    assert not Specification.objects.get(code="vicki").photo_digest
