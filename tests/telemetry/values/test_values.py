"""Values are pushed, back-filled, corrected and taken back: each with its trace, nothing silently lost."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from psycopg import AsyncConnection
from tests.fixtures.things import INSTALLER, logged_in, person

from maillage.identity.actor import Role, machine
from maillage.identity.models import JournalEntry
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid, NotFound, Refused
from maillage.telemetry import queries
from maillage.telemetry.actions import Declaration, Declared, declare_thing
from maillage.telemetry.archivist import archive_once
from maillage.telemetry.engine.judging import Given
from maillage.telemetry.models import Datastream, FeatureOfInterest, Latest, ObservedProperty, Quarantined
from maillage.telemetry.rollups.store import Roller
from maillage.telemetry.values import queries as value_queries
from maillage.telemetry.values.actions import Change, backfill, correct, push_values
from maillage.telemetry.verification.queries import verify

HTTP = Datastream.Source.HTTP
METER = Declared("active_energy", "Énergie active", "kW.h", "http", "counter", 3600, 100_000.0)
NOW = clock.now().replace(microsecond=0)


@pytest.fixture
def meter(evry):
    thing = declare_thing(INSTALLER, Declaration(evry.school.pk, "Compteur", "energy_meter", (METER,)))
    return queries.datastreams(evry.mayor, thing_id=thing.pk).get()


@pytest.fixture
def sum_up(committed_conninfo, tmp_path, settings):
    settings.ARCHIVE_FOLDER = tmp_path

    async def work():
        async with await AsyncConnection.connect(committed_conninfo, autocommit=True) as connection:
            return await Roller(connection, tmp_path).catch_up()

    return lambda: asyncio.run(work())


def raw(evry, stream, days=400):
    (curve,) = queries.series(evry.mayor, [stream.pk], NOW - timedelta(days=days), NOW + timedelta(days=1), "raw")
    return [(point.at, point.value) for point in curve.points if point.value is not None]


def test_a_declared_thing_has_its_datastreams_and_its_quantities_enter_the_catalogue(evry, meter):
    assert (meter.unit, meter.kind, meter.source, meter.modulus) == ("kW.h", "counter", "http", 100_000.0)
    assert queries.period_of(meter) == timedelta(hours=1)
    assert ObservedProperty.objects.get(code="active_energy").name == "Énergie active"
    assert meter.thing.device is None


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"quantity": "Énergie"}, "quantity_unfit"),
        ({"unit": "kilowatt heure"}, "unit_unfit"),
        ({"source": "lorawan"}, "datastream_unfit"),
        ({"kind": "gauge"}, "datastream_unfit"),
        ({"period_s": -5}, "datastream_unfit"),
    ],
)
def test_an_unfit_declaration_is_refused(evry, change, code):
    fields = {name: getattr(METER, name) for name in METER.__slots__} | change
    with pytest.raises(Invalid, match=code):
        declare_thing(INSTALLER, Declaration(evry.school.pk, "Compteur", "energy_meter", (Declared(**fields),)))
    assert not queries.things(INSTALLER).exists()


def test_a_name_taken_or_no_measures_is_refused(evry, meter):
    with pytest.raises(Conflict, match="thing_name_taken"):
        declare_thing(INSTALLER, Declaration(evry.school.pk, "Compteur", "energy_meter", (METER,)))
    for measures in ((), (METER, METER)):
        with pytest.raises(Invalid, match="thing_measures_unfit"):
            declare_thing(INSTALLER, Declaration(evry.school.pk, "Autre", "energy_meter", measures))


def test_pushed_values_are_stored_once_and_the_newest_is_the_latest(evry, meter):
    given = [Given(meter.pk, NOW - timedelta(hours=n), 100.0 - n, "kW.h") for n in range(3)]
    first = push_values(INSTALLER, given, HTTP)
    again = push_values(INSTALLER, given[:2], HTTP)
    assert (first.stored, first.known, again.stored, again.known) == (3, 0, 0, 2)
    assert raw(evry, meter) == [(one.at, one.value) for one in reversed(given)]
    assert Latest.objects.get(datastream=meter).value == 100.0


def test_bad_values_are_told_counted_and_do_not_stop_the_good(evry, meter):
    bad = [
        Given(meter.pk, NOW, float("nan")),
        Given(meter.pk, datetime(1970, 1, 1, tzinfo=UTC), 1.0),
        Given(meter.pk, NOW + timedelta(days=1), 1.0),
        Given(meter.pk, NOW, 1.0, "MW.h"),
        Given(10**9, NOW, 1.0),
    ]
    for _ in range(2):
        pushed = push_values(INSTALLER, [*bad, Given(meter.pk, NOW, 7.0)], HTTP)
    assert [one.number for one in pushed.verdict.bad] == [0, 1, 2, 3, 4]
    assert raw(evry, meter) == [(NOW, 7.0)]
    counted = {row.cause: row.count for row in Quarantined.objects.visible_to(evry.mayor)}
    assert counted == dict.fromkeys(
        ("value_not_a_number", "value_too_early", "value_in_the_future", "value_of_another_unit"), 2
    )


def test_a_push_is_for_those_who_configure_and_for_datastreams_filled_so(evry, brunoy, meter, equipment):
    given = [Given(meter.pk, NOW, 1.0)]
    with pytest.raises(Refused):
        push_values(evry.mayor, given, HTTP)
    with pytest.raises(Refused, match="datastream_of_another_source"):
        push_values(INSTALLER, given, Datastream.Source.MODBUS)
    radio = queries.datastreams(INSTALLER, thing_id=equipment.valve.pk).first()
    with pytest.raises(Refused, match="datastream_of_another_source"):
        push_values(INSTALLER, [Given(radio.pk, NOW, 1.0)], HTTP)
    stranger = push_values(person(brunoy.organisation, Role.TECHNICIAN), given, HTTP)
    assert [one.cause for one in stranger.verdict.bad] == ["value_without_datastream"]
    with pytest.raises(Invalid, match="values_too_many"):
        push_values(INSTALLER, given * 10_001, HTTP)


def test_a_correction_replaces_withdraws_and_is_journalled(evry, meter, sum_up):
    at = [NOW - timedelta(hours=n) for n in range(4)]
    push_values(INSTALLER, [Given(meter.pk, one, 50.0 - n) for n, one in enumerate(at)], HTTP)
    sum_up()
    changed = correct(INSTALLER, meter.pk, [Change(at[0], None), Change(at[1], 48.5)], "Compteur mal lu")
    sum_up()
    assert changed == 2
    assert raw(evry, meter) == [(at[3], 47.0), (at[2], 48.0), (at[1], 48.5)]
    assert (Latest.objects.get(datastream=meter).at, Latest.objects.get(datastream=meter).value) == (at[1], 48.5)
    entry = JournalEntry.objects.get(action="telemetry.values_corrected")
    assert (entry.facts["reason"], entry.facts["corrected"], entry.facts["withdrawn"]) == ("Compteur mal lu", 1, 1)
    assert entry.facts["changes"][1]["before"] == 49.0
    assert verify(machine("test"), NOW).disagreements == ()
    push_values(INSTALLER, [Given(meter.pk, at[0], 50.0)], HTTP)
    assert raw(evry, meter)[-1] == (at[1], 48.5)


def test_what_is_in_the_archive_is_corrected_too(evry, meter, sum_up):
    at = [NOW - timedelta(days=100, hours=n) for n in range(4)]
    push_values(INSTALLER, [Given(meter.pk, one, 50.0 - n) for n, one in enumerate(at)], HTTP)
    sum_up()
    archive_once(machine("archive"), NOW)
    correct(INSTALLER, meter.pk, [Change(at[0], None), Change(at[1], 48.5)], "Compteur mal lu")
    sum_up()
    expected = [(at[3], 47.0), (at[2], 48.0), (at[1], 48.5)]
    assert raw(evry, meter) == expected
    assert verify(machine("test"), NOW).disagreements == ()
    archive_once(machine("archive"), NOW)
    assert raw(evry, meter) == expected
    assert verify(machine("test"), NOW).disagreements == ()
    assert JournalEntry.objects.get(action="telemetry.values_corrected").facts["changes"][0]["before"] == 50.0


def test_a_correction_without_sense_is_refused(evry, brunoy, meter):
    for changes, reason, code in (
        ([Change(NOW, 1.0)], " ", "correction_without_reason"),
        ([], "Erreur", "values_too_many"),
        ([Change(NOW, 1.0), Change(NOW, 2.0)], "Erreur", "correction_twice"),
        ([Change(NOW, float("inf"))], "Erreur", "value_not_a_number"),
        ([Change(NOW + timedelta(days=2), 1.0)], "Erreur", "value_in_the_future"),
    ):
        with pytest.raises(Invalid, match=code):
            correct(INSTALLER, meter.pk, changes, reason)
    with pytest.raises(NotFound):
        correct(person(brunoy.organisation, Role.TECHNICIAN), meter.pk, [Change(NOW, 1.0)], "Erreur")
    with pytest.raises(Refused):
        correct(evry.mayor, meter.pk, [Change(NOW, 1.0)], "Erreur")
    assert not JournalEntry.objects.filter(action="telemetry.values_corrected").exists()


def test_a_back_fill_never_replaces_and_is_journalled(evry, meter, equipment):
    radio = queries.datastreams(INSTALLER, thing_id=equipment.valve.pk).get(quantity="air_temperature")
    given = [Given(one.pk, NOW - timedelta(days=400 + n), 1.0) for one in (meter, radio) for n in range(3)]
    assert backfill(INSTALLER, [meter.pk, radio.pk], given, "2024.csv").stored == 6
    pushed = backfill(INSTALLER, [meter.pk], [Given(meter.pk, given[0].at, 9.0)], "2024.csv")
    assert (pushed.stored, pushed.known) == (0, 1)
    first = JournalEntry.objects.filter(action="telemetry.values_imported").order_by("pk").first()
    assert (first.object_label, first.facts["values"], first.facts["datastreams"]) == ("2024.csv", 6, 2)


def post(client, path, body):
    return client.post(f"/api/v1{path}", body, content_type="application/json")


def test_the_api_declares_pushes_and_corrects(evry):
    client = logged_in(person(evry.organisation, Role.TECHNICIAN))
    measure = {"quantity": "water", "label": "Eau", "unit": "m3", "source": "http", "kind": "counter"}
    body = {"site_id": evry.school.pk, "name": "Eau", "category": "water_meter", "measures": [measure]}
    thing = post(client, "/things", body)
    assert thing.status_code == 201, thing.content
    (reading,) = client.get(f"/api/v1/things/{thing.json()['id']}").json()["readings"]
    at = NOW.isoformat()
    values = [{"datastream_id": reading["datastream_id"], "at": at, "value": value} for value in (12.5, 13.0)]
    pushed = post(client, "/observations", {"observations": values}).json()
    assert (pushed["stored"], pushed["known"]) == (1, 0)
    assert [(one["index"], one["code"]) for one in pushed["refused"]] == [(1, "value_given_twice")]
    path = f"/datastreams/{reading['datastream_id']}/corrections"
    corrected = post(client, path, {"reason": "Relevé", "changes": [{"at": at, "value": 12.0}]})
    assert corrected.json() == {"changed": 1}
    assert client.get(f"/api/v1/things/{thing.json()['id']}").json()["readings"][0]["value"] == 12.0
    assert [one["code"] for one in client.get("/api/v1/observed-properties").json()] == ["water"]
    assert client.get("/api/v1/datastreams").json()["items"][0]["source"] == "http"


def test_the_api_says_what_is_observed(evry, meter, brunoy):
    client = logged_in(person(evry.organisation, Role.TECHNICIAN))
    path = f"/api/v1/datastreams/{meter.pk}/feature"
    for feature in ("Logement du gardien", "Logement du gardien", ""):
        answer = client.put(path, {"name": feature}, content_type="application/json")
        assert (answer.status_code, answer.json()["feature"]) == (200, feature or None)
    assert FeatureOfInterest.objects.visible_to(evry.mayor).count() == 1
    stranger = logged_in(person(brunoy.organisation, Role.TECHNICIAN))
    assert stranger.put(path, {"name": "x"}, content_type="application/json").status_code == 404
    assert logged_in(evry.mayor).put(path, {"name": "x"}, content_type="application/json").status_code == 403


def test_a_curve_read_while_its_month_leaves_is_whole(evry, meter, sum_up, monkeypatch):
    at = [NOW - timedelta(days=100, hours=n) for n in range(4)]
    push_values(INSTALLER, [Given(meter.pk, one, 50.0 - n) for n, one in enumerate(at)], HTTP)
    sum_up()
    read = value_queries._first_rows

    def too_late(*arguments):
        archive_once(machine("archive"), NOW)
        return read(*arguments)

    monkeypatch.setattr(value_queries, "_first_rows", too_late)
    assert [value for _, value in raw(evry, meter)] == [47.0, 48.0, 49.0, 50.0]


def test_the_api_sets_and_removes_retention(evry):
    operator = logged_in(person(evry.organisation, Role.OPERATOR))
    body = {"organisation_id": evry.organisation.pk, "quantity": "presence", "value_days": 90}
    rule = post(operator, "/retention", body)
    assert rule.status_code == 200, rule.content
    assert operator.get("/api/v1/retention").json() == [rule.json()]
    technician = logged_in(person(evry.organisation, Role.TECHNICIAN))
    assert post(technician, "/retention", body).status_code == 403
    assert operator.delete(f"/api/v1/retention/{rule.json()['id']}").status_code == 204
