"""Technicians install, import and correct on their pages; others do not see them."""

from datetime import timedelta
from io import BytesIO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from tests.fixtures.things import INSTALLER, device, logged_in, person

from maillage.identity.actor import Role
from maillage.identity.models import JournalEntry
from maillage.kernel import clock
from maillage.telemetry import queries
from maillage.telemetry.engine.calendar import ZONE
from maillage.telemetry.engine.judging import Given
from maillage.telemetry.models import Datastream, ImportFile, Thing
from maillage.telemetry.values.actions import push_values

NOW = clock.now().replace(microsecond=0)
DEVICE_EUI = "c" * 16


@pytest.fixture
def technician(evry):
    return logged_in(person(evry.organisation, Role.TECHNICIAN))


@pytest.fixture
def air(evry, equipment):
    return queries.datastreams(evry.mayor, thing_id=equipment.sensor.pk).get(quantity="air_temperature")


def page(client, path, **query):
    return client.get(f"/measures/{path}", query).content.decode()


def sent(client, content, name="mesures.csv"):
    return client.post("/measures/import/", {"file": SimpleUploadedFile(name, content)})


def test_a_registered_device_is_put_into_a_room(evry, technician):
    device(evry.organisation, DEVICE_EUI, "elsys-ers")
    assert DEVICE_EUI.upper() in page(technician, "")
    form = page(technician, "install/", device=DEVICE_EUI)
    assert "École Jean-Moulin › Classe 1" in form
    place = f"{evry.school.pk}:{evry.classroom.pk}"
    chosen = {"device": DEVICE_EUI, "place": place, "name": "Capteur est", "solution": "heating"}
    assert technician.post("/measures/install/", chosen).status_code == 302
    thing = Thing.objects.visible_to(evry.mayor).get(device_id=DEVICE_EUI)
    assert (thing.space, thing.solution) == (evry.classroom, "heating")
    assert "Appareils sans lieu" not in page(technician, "")
    again = technician.post("/measures/install/", chosen)
    assert again.status_code == 422


def test_a_name_that_is_taken_is_said_beside_the_name(evry, equipment, technician):
    device(evry.organisation, DEVICE_EUI, "elsys-ers")
    chosen = {"device": DEVICE_EUI, "place": str(evry.school.pk), "name": "Capteur"}
    answer = technician.post("/measures/install/", chosen)
    assert answer.status_code == 422
    assert "choisissez un autre nom" in answer.content.decode()
    assert not Thing.objects.visible_to(evry.mayor).filter(device_id=DEVICE_EUI).exists()


def test_mayors_and_strangers_find_nothing(evry, brunoy, equipment, air):
    stranger = logged_in(person(brunoy.organisation, Role.TECHNICIAN))
    assert logged_in(evry.mayor).get("/measures/").status_code == 403
    assert stranger.get(f"/measures/datastreams/{air.pk}/").status_code == 404
    assert equipment.sensor.name not in page(stranger, "")
    assert (
        stranger.post(f"/measures/datastreams/{air.pk}/", {"at": "2026-01-01T00:00", "reason": "x"}).status_code == 404
    )


def test_a_file_is_judged_line_by_line_then_imported(evry, air, technician):
    instants = [(NOW - timedelta(days=n)).isoformat() for n in range(3)]
    lines = [
        "Datastream;At;Value;Unit",
        f"{air.pk};{instants[0]};19,5;Cel",
        f"{air.pk};{instants[1]};nan;Cel",
        f"{air.pk};2026-01-31 08:00;19;Cel",
        f"{air.pk};{instants[2]};18.5;",
        f"{air.pk};{instants[2]};18.5;K",
        f"x;{instants[2]};18.5;",
        f"{air.pk};{instants[2]};tiède;",
        f"{10**9};{instants[2]};1;",
    ]
    answer = sent(technician, "\n".join(lines).encode())
    shown = technician.get(answer.url).content.decode()
    kept = ImportFile.objects.visible_to(evry.mayor).get()
    assert [(line, cause) for line, _, cause in kept.bad] == [
        (3, "value_not_a_number"),
        (4, "import_bad_instant"),
        (6, "value_of_another_unit"),
        (7, "import_bad_datastream"),
        (8, "import_bad_value"),
        (9, "value_without_datastream"),
    ]
    assert "avec son fuseau" in shown
    assert technician.post(f"{answer.url}confirm/").status_code == 302
    (curve,) = queries.series(evry.mayor, [air.pk], NOW - timedelta(days=9), NOW + timedelta(days=1), "raw")
    assert [p.value for p in curve.points if p.value is not None] == [18.5, 19.5]
    assert JournalEntry.objects.get(action="telemetry.values_imported").object_label == "mesures.csv"
    assert technician.get(answer.url).status_code == 409


def test_a_parquet_file_is_imported_as_well(evry, air, technician):
    file = BytesIO()
    pq.write_table(pa.table({"datastream": [air.pk], "at": [NOW], "value": [20.5]}), file)
    answer = sent(technician, file.getvalue(), "mesures.parquet")
    assert technician.post(f"{answer.url}confirm/").status_code == 302
    assert queries.latest_value(air.thing_id, "air_temperature") == 20.5


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe\x00", "ni un CSV ni un Parquet lisible"),
        (b"PAR1 not really", "ni un CSV ni un Parquet lisible"),
        (b"datastream;value\n1;2", "Il manque la colonne « at »"),
        (b"datastream;at;value\n" + b"1;2026-01-01T00:00:00Z;1\n" * 50_001, "50"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_words(technician, content, words):
    answer = sent(technician, content)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not ImportFile.objects.unscoped("test").exists()


def test_a_file_waits_for_who_sent_it_only(evry, air, technician):
    answer = sent(technician, f"datastream;at;value\n{air.pk};{NOW.isoformat()};1".encode())
    other = logged_in(person(evry.organisation, Role.OPERATOR))
    assert other.get(answer.url).status_code == 409
    assert technician.post(f"{answer.url}discard/").status_code == 302
    assert not ImportFile.objects.unscoped("test").exists()


def test_a_measure_is_corrected_on_the_page_of_its_datastream(evry, air, technician):
    air.source = Datastream.Source.HTTP
    air.save()
    at = NOW - timedelta(hours=2)
    push_values(INSTALLER, [Given(air.pk, at, 91.0), Given(air.pk, NOW, float("inf"))], Datastream.Source.HTTP)
    path = f"/measures/datastreams/{air.pk}/"
    assert "91" in technician.get(path).content.decode()
    local = at.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M:%S")
    wrong = technician.post(path, {"at": local, "value": "20", "reason": ""})
    assert wrong.status_code == 422
    assert technician.post(path, {"at": local, "value": "20,5", "reason": "Sonde au soleil"}).status_code == 302
    assert queries.latest_value(air.thing_id, "air_temperature") == 20.5
    assert "pas un nombre fini" in page(technician, "")


def test_the_navigation_offers_measures_to_those_who_set_equipment_up(evry, technician, equipment):
    assert 'href="/measures/"' in technician.get("/measures/").content.decode()
    assert 'href="/measures/"' not in logged_in(evry.mayor).get("/").content.decode()
