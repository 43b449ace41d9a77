"""The pages of the command post: who sees which, and what they say and do."""

import asyncio
import csv
import json
import re
from datetime import UTC, datetime, time, timedelta
from html import unescape
from io import StringIO

import pytest
from django.test import Client
from django.urls import URLPattern, reverse
from tests.fixtures.things import INSTALLER, person

from maillage.command import actions, queries
from maillage.command.bulk.actions import request_many
from maillage.command.bulk.queries import Selection
from maillage.command.engine.schedule import AtClock
from maillage.command.models import Batch, Command, OpeningHours, ScheduleEntry, SpecialPeriod, TwoPersonRule
from maillage.command.openings.actions import Hours, add_opening
from maillage.command.schedules.actions import Draft, add_entry
from maillage.command.specials.actions import Plan, plan_period
from maillage.command.two_persons.actions import require_two
from maillage.command.urls import urlpatterns
from maillage.identity.actor import Role
from maillage.identity.models import JournalEntry, Mandate, Membership, Organisation, User
from maillage.kernel import clock
from maillage.lorawan.models import Device, Downlink
from maillage.telemetry.models import Latest
from maillage.telemetry.queries import datastreams

JOINED = datetime(2026, 1, 1, tzinfo=UTC)


def client_of(actor):
    """Logged in, in the actor's only role."""
    Membership.objects.get_or_create(user_id=actor.user_id, organisation_id=actor.organisation_id, role=actor.role)
    client = Client()
    client.force_login(User.objects.get(pk=actor.user_id))
    return client


@pytest.fixture
def mayor(evry):
    return client_of(evry.mayor)


@pytest.fixture
def stranger(brunoy):
    return client_of(brunoy.mayor)


@pytest.fixture
def technician(evry, brunoy):
    """Mandated by Evry, not by Brunoy."""
    contractor = Organisation.objects.create(kind="contractor", name="Réseaux", slug="reseaux")
    Mandate.objects.create(client=evry.organisation, contractor=contractor, granted_at=JOINED)
    return client_of(person(contractor, Role.TECHNICIAN))


@pytest.fixture
def operator(db):
    body = Organisation.objects.create(kind="operator", name="Syndicat", slug="syndicat")
    return client_of(person(body, Role.OPERATOR))


@pytest.fixture
def line(evry, equipment):
    draft = Draft("open", None, frozenset({1, 2, 3, 4, 5, 6, 7}), AtClock(time(8)))
    return add_entry(evry.mayor, equipment.gate.pk, draft)


def report(thing, quantity, value, minutes_ago=1):
    at = clock.now() - timedelta(minutes=minutes_ago)
    stream = datastreams(INSTALLER, thing_id=thing.pk).get(quantity=quantity)
    Latest.objects.update_or_create(datastream=stream, defaults={"at": at, "value": value})
    Device.objects.visible_to(INSTALLER).filter(pk=thing.device_id).update(last_seen_at=at)
    thing.device.last_seen_at = at
    return stream


def everything_reports(equipment):
    report(equipment.valve, "target_temperature", 17)
    report(equipment.valve, "valve_opening", 35)
    report(equipment.sensor, "air_temperature", 19.4)
    report(equipment.gate, "relay_1", 1)


def room_of(evry):
    return f"s{evry.classroom.pk}"


def ask_room(client, evry, value, **headers):
    address = reverse("command:ask", args=[evry.school.pk, room_of(evry)])
    return client.post(address, {"verb": "set_temperature", "value": value}, headers=headers)


def ask_gate(client, evry, equipment, **typed):
    address = reverse("command:ask", args=[evry.cemetery.pk, f"t{equipment.gate.pk}"])
    return client.post(address, {"verb": "open", **typed})


def text(response):
    """The words of a page, without its markup."""
    words = unescape(re.sub(r"<[^>]+>", " ", response.content.decode()))
    return re.sub(r"\s+", " ", words)


# --- who sees what

ADDRESSES = [
    ("get", "commune", "insee"),
    ("get", "commune-overview", "insee"),
    ("get", "commune-map", "insee"),
    ("get", "commune-live", "insee"),
    ("get", "site", "site"),
    ("get", "site-live", "site"),
    ("get", "site-values", "site"),
    ("get", "series", "site"),
    ("get", "series-table", "site"),
    ("get", "series-csv", "site"),
    ("get", "place", "room"),
    ("get", "state", "room"),
    ("get", "life", "room"),
    ("get", "history", "room"),
    ("post", "ask", "room"),
    ("get", "schedule-add", "thing"),
    ("post", "schedule-add", "thing"),
    ("get", "schedule-change", "line"),
    ("post", "schedule-change", "line"),
    ("post", "schedule-switch", "line"),
    ("post", "schedule-remove", "line"),
    ("get", "many", "insee"),
    ("post", "many", "insee"),
    ("get", "batch", "batch"),
    ("get", "batch-results", "batch"),
    ("get", "batch-live", "batch"),
    ("get", "rules", "insee"),
    ("post", "rule-add", "insee"),
    ("post", "rule-remove", "rule"),
    ("get", "special-add", "site"),
    ("post", "special-add", "site"),
    ("post", "special-cancel", "special"),
    ("get", "openings", "site"),
    ("post", "openings", "site"),
    ("post", "opening-remove", "opening"),
    ("post", "undo", "command"),
    ("post", "approve", "command"),
    ("post", "decline", "command"),
]
OPEN_TO_ALL = {"home", "communes", "communes-map"}


def arguments(kind, evry, equipment, line):
    return {
        "insee": [evry.commune.pk],
        "site": [evry.school.pk],
        "room": [evry.school.pk, room_of(evry)],
        "thing": [equipment.gate.pk],
        "line": [line.pk],
        "batch": [Batch.objects.unscoped("test").get().pk],
        "rule": [TwoPersonRule.objects.unscoped("test").get().pk],
        "special": [SpecialPeriod.objects.unscoped("test").get().pk],
        "opening": [OpeningHours.objects.unscoped("test").get().pk],
        "command": [Command.objects.unscoped("test").get(state="proposed").pk],
    }[kind]


@pytest.fixture
def everything(evry, equipment, line):
    """One of each thing that has an address; the weekly line."""
    require_two(evry.mayor, evry.organisation.pk, "access", "open")
    actions.request(evry.agent, equipment.gate.pk, "open")
    request_many(evry.mayor, Selection(evry.commune.pk, "heating", "set_temperature"), 18, "Tous les sites")
    add_opening(evry.mayor, evry.school.pk, Hours(frozenset({1}), time(8), time(17)))
    start = clock.now() + timedelta(days=1)
    fair = Plan("Fête", "set_temperature", 19, start, start + timedelta(hours=4))
    plan_period(evry.mayor, [equipment.valve.pk], fair)
    return line


def all_there_is():
    models = (Command, ScheduleEntry, Batch, TwoPersonRule, OpeningHours)
    rows = {model.__name__: list(model.objects.unscoped("test").order_by("pk").values()) for model in models}
    return rows, list(SpecialPeriod.objects.unscoped("test").values("pk", "cancelled_at", "ended_at"))


def test_the_matrix_names_every_address():
    assert {name for _, name, _ in ADDRESSES} | OPEN_TO_ALL == {
        pattern.name for pattern in urlpatterns if isinstance(pattern, URLPattern)
    }


@pytest.mark.parametrize(("method", "name", "kind"), ADDRESSES)
def test_another_communes_mayor_finds_nothing(method, name, kind, evry, equipment, everything, stranger):
    before = all_there_is()
    address = reverse(f"command:{name}", args=arguments(kind, evry, equipment, everything))
    response = getattr(stranger, method)(address, {"verb": "open", "enabled": "0", "confirmed": "1"})
    assert response.status_code == 404
    assert "Evry" not in response.content.decode()
    assert all_there_is() == before


@pytest.mark.parametrize(("method", "name", "kind"), ADDRESSES)
def test_nobody_gets_in_without_logging_in(method, name, kind, evry, equipment, line, everything):
    address = reverse(f"command:{name}", args=arguments(kind, evry, equipment, line))
    response = getattr(Client(), method)(address)
    assert (response.status_code, response["Location"].startswith("/login/")) == (302, True)


@pytest.mark.parametrize("role", ["mayor", "technician", "operator"])
def test_those_whom_the_policies_let_in_see_everything(role, evry, equipment, line, everything, request):
    client = request.getfixturevalue(role)
    readable = [(name, arguments(kind, evry, equipment, line)) for method, name, kind in ADDRESSES if method == "get"]
    statuses = {name: client.get(reverse(f"command:{name}", args=given)).status_code for name, given in readable}
    assert set(statuses.values()) == {200}, statuses


def test_a_technician_without_mandate_finds_nothing(brunoy, technician):
    assert technician.get(reverse("command:commune", args=[brunoy.commune.pk])).status_code == 404
    assert technician.get(reverse("command:site", args=[brunoy.school.pk])).status_code == 404


def test_a_room_of_another_site_is_not_found(evry, equipment, mayor):
    assert mayor.get(reverse("command:place", args=[evry.cemetery.pk, room_of(evry)])).status_code == 404


# --- home


def test_a_mayor_is_taken_to_the_own_commune(evry, equipment, mayor):
    page = text(mayor.get("/"))
    assert evry.mayor.label in page
    assert "École Jean-Moulin" in page


def test_all_is_well_is_said_only_when_it_is_proven(evry, equipment, mayor):
    assert "Tout va bien" not in text(mayor.get("/"))
    everything_reports(equipment)
    page = text(mayor.get("/"))
    assert "Tout va bien" in page
    assert "19,4 °C" in page
    assert "portail ouvert" in page


def test_a_mayor_sees_at_home_what_waits_for_a_second_person(evry, equipment, mayor):
    require_two(evry.mayor, evry.organisation.pk, "access", "open")
    actions.request(evry.agent, equipment.gate.pk, "open")
    page = text(mayor.get(reverse("command:home")))
    assert "Une commande attend l’accord d’une autre personne" in page
    assert f"Cimetière, Portail : Ouvrir ( {evry.agent.label}" in page or f"Ouvrir ({evry.agent.label}" in page


def test_undoing_and_overriding_from_the_page(evry, equipment, mayor):
    everything_reports(equipment)
    address = reverse("command:ask", args=[evry.school.pk, room_of(evry)])
    typed = {"verb": "set_temperature", "value": "18", "hours": "2", "reason": "Réunion"}
    assert mayor.post(address, typed).status_code == 302
    assert SpecialPeriod.objects.unscoped("test").get().label == "Réunion"
    command = queries.commands(evry.mayor).get()
    assert mayor.post(reverse("command:undo", args=[command.pk])).status_code == 302
    command.refresh_from_db()
    assert command.state == "expired"


def test_an_unlawful_wish_is_answered_beside_the_field_with_the_way_out(evry, equipment, mayor):
    answer = ask_room(mayor, evry, "22", **{"HX-Request": "true"})
    assert answer.status_code == 422
    assert "R. 241-26" in text(answer)
    assert 'name="exception"' in answer.content.decode()


def test_a_silent_sensor_is_named(evry, equipment, mayor):
    everything_reports(equipment)
    report(equipment.sensor, "air_temperature", 19.4, minutes_ago=600)
    page = text(mayor.get("/"))
    assert "Un point à regarder" in page
    assert "Capteur" in page
    assert "il y a 10 h" in page
    assert "Tout va bien" not in page


def test_a_command_that_came_to_nothing_is_told_with_its_cause(evry, equipment, mayor):
    everything_reports(equipment)
    command = actions.request(evry.mayor, equipment.valve.pk, "set_temperature", 19)
    actions.expire_overdue(INSTALLER, command.expires_at)
    page = text(mayor.get("/"))
    assert "19 °C" in page
    assert "n’a pas abouti" in page
    assert "Tout va bien" not in page


def test_a_typing_error_corrected_on_the_spot_leaves_all_well(evry, equipment, mayor):
    everything_reports(equipment)
    assert ask_room(mayor, evry, "80").status_code == 422
    assert "Tout va bien" in text(mayor.get("/"))


def test_without_equipment_home_says_so(brunoy, stranger):
    assert "Aucun équipement connecté" in text(stranger.get("/"))


def test_a_technician_with_one_mandate_goes_straight_to_it(evry, technician):
    response = technician.get("/")
    assert response["Location"] == reverse("command:commune", args=[evry.commune.pk])


def test_the_operator_chooses_a_commune(evry, brunoy, operator):
    page = text(operator.get("/"))
    assert "2 communes" in page
    assert "Brunoy" in page
    areas = json.loads(operator.get(reverse("command:communes-map")).content)["features"]
    assert [area["properties"]["name"] for area in areas] == ["Brunoy", "Evry"]


def test_the_map_has_the_outline_its_neighbours_and_the_sites(evry, brunoy, equipment, mayor):
    everything_reports(equipment)
    features = json.loads(mayor.get(reverse("command:commune-map", args=[evry.commune.pk])).content)["features"]
    layers = [feature["properties"]["layer"] for feature in features]
    assert layers == ["neighbour", "outline", "site", "site"]
    gate, school = (feature["properties"] for feature in features[2:])
    assert (gate["text"], gate["state"]) == ("portail ouvert", "ok")
    assert (school["name"], school["text"]) == ("École Jean-Moulin", "19,4\u202f°C")
    assert school["href"] == reverse("command:site", args=[evry.school.pk])


# --- a room


def test_a_room_shows_the_wall_sensor_rather_than_the_valve(evry, equipment, mayor):
    everything_reports(equipment)
    valve = report(equipment.valve, "air_temperature", 24.0)
    page = mayor.get(reverse("command:place", args=[evry.school.pk, room_of(evry)]))
    assert "19,4 °C" in text(page)
    assert f'data-live="datastream.{valve.pk}"' not in page.content.decode()


def test_a_stale_value_is_marked(evry, equipment, mayor):
    stream = report(equipment.sensor, "air_temperature", 19.4, minutes_ago=600)
    page = mayor.get(reverse("command:place", args=[evry.school.pk, room_of(evry)])).content.decode()
    assert re.search(rf'data-live="datastream\.{stream.pk}"[^>]*data-stale(?!-)', page)


def test_setting_nineteen_degrees_without_javascript(evry, equipment, mayor):
    everything_reports(equipment)
    response = ask_room(mayor, evry, "19")
    assert response["Location"] == reverse("command:place", args=[evry.school.pk, room_of(evry)])
    page = text(mayor.get(response["Location"]))
    assert "Demandée" in page
    assert "La vanne écoute toutes les 10 minutes environ, la prochaine fois dans 9 minutes environ, vers" in page
    (command,) = queries.commands(evry.mayor)
    assert (command.value, command.requested_by_id) == (19, evry.mayor.user_id)


def test_setting_nineteen_degrees_with_htmx_answers_the_fragment(evry, equipment, mayor):
    response = ask_room(mayor, evry, "19", hx_request="true")
    assert response.status_code == 200
    assert response.content.decode().startswith(f'<div class="c-control" id="control-{room_of(evry)}">')
    assert "Demandée" in text(response)


@pytest.mark.parametrize("headers", [{}, {"hx_request": "true"}])
def test_eighty_degrees_get_a_sentence_and_nothing_is_sent(headers, evry, equipment, mayor):
    response = ask_room(mayor, evry, "80", **headers)
    assert response.status_code == 422
    assert "80 °C est hors limites : demandez une valeur de 5 à 30 °C." in text(response)
    assert 'aria-invalid="true"' in response.content.decode()
    assert not Downlink.objects.exists()


def test_a_double_click_is_one_command(evry, equipment, mayor):
    address = reverse("command:ask", args=[evry.school.pk, room_of(evry)])
    page = mayor.get(reverse("command:place", args=[evry.school.pk, room_of(evry)])).content.decode()
    token = re.search(r'name="token" value="([^"]+)"', page)[1]
    for _ in range(2):
        mayor.post(address, {"verb": "set_temperature", "value": "19", "token": token})
    assert queries.commands(evry.mayor).count() == 1


def test_a_verb_that_the_room_does_not_know_is_refused_in_words(evry, equipment, mayor):
    address = reverse("command:ask", args=[evry.school.pk, room_of(evry)])
    assert mayor.post(address, {"verb": "explode"}).status_code == 422


def test_the_life_says_why_a_command_failed(evry, equipment, mayor):
    everything_reports(equipment)
    command = actions.request(evry.mayor, equipment.valve.pk, "set_temperature", 19)
    actions.expire_overdue(INSTALLER, command.expires_at)
    fragment = text(mayor.get(reverse("command:life", args=[evry.school.pk, room_of(evry)])))
    assert "Expirée" in fragment
    assert "L’appareil ne s’est pas manifesté" in fragment


def test_the_history_says_who_asked_what(evry, equipment, mayor):
    actions.request(evry.mayor, equipment.valve.pk, "set_temperature", 19)
    actions.request(evry.agent, equipment.valve.pk, "set_temperature", 18)
    page = text(mayor.get(reverse("command:history", args=[evry.school.pk, room_of(evry)])))
    assert page.index(evry.agent.label) < page.index(evry.mayor.label)
    assert "Une commande plus récente l’a remplacée." in page


def test_a_generated_site_says_so(evry, equipment, mayor):
    address = reverse("command:site", args=[evry.school.pk])
    assert "site de démonstration" not in text(mayor.get(address))
    evry.school.generated = True
    evry.school.save()
    assert "site de démonstration" in text(mayor.get(address))


# --- curves


def test_the_chart_has_the_rooms_quantities_and_knows_what_is_a_step(evry, equipment, mayor):
    everything_reports(equipment)
    address = reverse("command:series", args=[evry.school.pk])
    data = mayor.get(address, {"place": room_of(evry), "period": "7d"}).json()
    assert data["to"] - data["from"] == 7 * 86400
    drawn = [(one["key"], one["unit"], one["step"], one["area"]) for one in data["series"]]
    assert drawn == [
        ("air_temperature", "Cel", False, False),
        ("target_temperature", "Cel", True, False),
        ("valve_opening", "%", False, True),
    ]


def test_a_period_that_is_not_offered_is_refused(evry, equipment, mayor):
    assert mayor.get(reverse("command:series", args=[evry.school.pk]), {"period": "1h"}).status_code == 422


def test_the_csv_opens_in_a_french_spreadsheet(evry, equipment, mayor):
    everything_reports(equipment)
    response = mayor.get(reverse("command:series-csv", args=[evry.school.pk]), {"place": room_of(evry)})
    content = response.content.decode()
    assert content.startswith("\ufeff")
    (heading,) = csv.reader(StringIO(content[1:]), delimiter=";")
    assert heading == ["heure locale", "UTC", "Température (°C)", "Consigne (°C)", "Ouverture de la vanne (%)"]
    assert response["Content-Disposition"].startswith('attachment; filename="ecole-jean-moulin')


# --- the gate


@pytest.mark.parametrize(("value", "words"), [(1, "Ouvert"), (0, "Fermé")])
def test_a_gate_says_how_it_stands(value, words, evry, equipment, mayor):
    report(equipment.gate, "relay_1", value)
    assert words in text(mayor.get(reverse("command:site", args=[evry.cemetery.pk])))


def test_a_gate_not_heard_any_more_is_in_an_unknown_state(evry, equipment, mayor):
    report(equipment.gate, "relay_1", 1, minutes_ago=600)
    page = text(mayor.get(reverse("command:site", args=[evry.cemetery.pk])))
    assert "État inconnu" in page
    assert "Dernier état connu : ouvert, il y a 10 h." in page


def test_a_gate_opens_only_once_confirmed(evry, equipment, mayor):
    asked = ask_gate(mayor, evry, equipment)
    assert "assurez-vous que rien ne se trouve dans sa course" in text(asked)
    assert not queries.commands(evry.mayor).exists()
    assert ask_gate(mayor, evry, equipment, confirmed="1").status_code == 302
    assert [command.verb for command in queries.commands(evry.mayor)] == ["open"]


def test_the_week_ahead_is_shown_in_local_time(evry, equipment, line, mayor):
    page = text(mayor.get(reverse("command:site", args=[evry.cemetery.pk])))
    assert "Ouvrir à 08:00 tous les jours" in page
    assert page.count("08:00 Ouvrir") == 30


def test_a_line_is_added_changed_suspended_and_removed(evry, equipment, mayor):
    add = reverse("command:schedule-add", args=[equipment.gate.pk])
    typed = {"verb": "close", "weekdays": ["6", "7"], "anchor": "sunset", "offset_minutes": "15", "direction": "before"}
    assert mayor.post(add, typed).status_code == 302
    (entry,) = queries.schedule_of_thing(evry.mayor, equipment.gate.pk)
    page = text(mayor.get(reverse("command:site", args=[evry.cemetery.pk])))
    assert "Fermer 15 min avant le coucher du soleil samedi et dimanche" in page
    change = reverse("command:schedule-change", args=[entry.pk])
    assert 'value="15"' in mayor.get(change).content.decode()
    assert mayor.post(change, {**typed, "anchor": "clock", "clock_time": "18:00"}).status_code == 302
    mayor.post(reverse("command:schedule-switch", args=[entry.pk]), {"enabled": "0"})
    entry.refresh_from_db()
    assert (entry.anchor, entry.clock_time, entry.enabled) == ("clock", time(18), False)
    remove = reverse("command:schedule-remove", args=[entry.pk])
    assert mayor.post(remove).status_code == 200
    assert queries.schedule_of_thing(evry.mayor, equipment.gate.pk)
    assert mayor.post(remove, {"confirmed": "1"}).status_code == 302
    assert not queries.schedule_of_thing(evry.mayor, equipment.gate.pk)
    assert JournalEntry.objects.filter(action__startswith="schedule.").count() == 4


def test_a_line_without_a_day_says_so_and_is_not_kept(evry, equipment, mayor):
    response = mayor.post(
        reverse("command:schedule-add", args=[equipment.gate.pk]), {"verb": "open", "anchor": "clock"}
    )
    assert response.status_code == 422
    assert "Choisissez au moins un jour." in text(response)
    assert "Indiquez l’heure." in text(response)
    assert not queries.schedule_of_thing(evry.mayor, equipment.gate.pk)


# --- alive


def test_the_stream_of_a_site_carries_its_things_and_no_others(evry, equipment, mayor):
    response = mayor.get(reverse("command:site-live", args=[evry.school.pk]))
    assert response["Content-Type"].startswith("text/event-stream")

    async def first():
        frames = response.streaming_content
        frame = await anext(aiter(frames))
        await frames.aclose()
        return frame.decode() if isinstance(frame, bytes) else frame

    hello = json.loads(asyncio.run(first()).split("data: ")[1])
    ids = (equipment.valve.pk, equipment.sensor.pk)
    assert hello["topics"] == sorted(f"{kind}.{thing_id}" for kind in ("thing", "command") for thing_id in ids)


def test_the_snapshot_has_the_values_that_the_page_shows(evry, equipment, mayor):
    stream = report(equipment.sensor, "air_temperature", 19.4)
    values = mayor.get(reverse("command:site-values", args=[evry.school.pk])).json()
    assert values[f"datastream.{stream.pk}"]["value"] == 19.4


def test_pages_speak_english_too(evry, equipment, mayor):
    everything_reports(equipment)
    User.objects.filter(pk=evry.mayor.user_id).update(language="en")
    home = text(mayor.get("/"))
    assert "All is well" in home
    assert "gate open" in home
    assert "Set" in text(mayor.get(reverse("command:place", args=[evry.school.pk, room_of(evry)])))
