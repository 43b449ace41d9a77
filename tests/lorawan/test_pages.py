"""The operator's and the technician's pages: who sees what, and that it is said in words."""

import asyncio
import json

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.test import RequestFactory
from django.urls import reverse
from tests.fixtures.radio import (
    EVRY_SENSOR,
    EVRY_VALVE,
    JOIN_EUI,
    KEY,
    MASSY_VALVE,
    MAST,
    NOW,
    SCHOOL_ROOF,
    device,
    frame,
)

from maillage.lorawan import actions, device_pages, pages
from maillage.lorawan.device_pages import DEVICES_A_PAGE, FRAMES_A_PAGE
from maillage.lorawan.models import Device, Gateway, Session
from maillage.lorawan.protocol.build import DataContent, build_data_uplink
from maillage.lorawan.protocol.crypto import SessionCrypto
from maillage.lorawan.protocol.mac.link_adr import LinkADRAns, LinkADRReq
from maillage.lorawan.protocol.mac.new_channel import NewChannelReq
from maillage.lorawan.protocol.mac.rx_timing_setup import RXTimingSetupReq

PAGES = ["home", "home_map", "gateways", "gateways_map", "devices", "refusals", "register_device", "import"]
FRESH = "70b3d52dd30000aa"


def page(client, name, *args, status=200, **query):
    answer = client.get(reverse(f"lorawan:{name}", args=args), query)
    assert answer.status_code == status
    return answer.content.decode()


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("person", "status"), [("operator", 200), ("technician", 200), ("mayor", 403), ("agent", 403)])
def test_only_the_operator_and_technicians_see_the_network(equipped, name, person, status):
    page(equipped.client(person), name, status=status)


@pytest.mark.parametrize("name", ["home", "gateways", "devices", "refusals", "register_device", "register_gateway"])
def test_pages_are_drawn_in_english_too(equipped, name):
    membership = equipped.people["operator"]
    membership.user.language = "en"
    membership.user.save()
    assert '<html lang="en"' in page(equipped.client("operator"), name)


def test_nobody_sees_the_network_without_logging_in(client, equipped):
    assert client.get(reverse("lorawan:home")).status_code == 302


def test_the_navigation_offers_the_network_to_those_who_may_see_it(equipped):
    assert "Réseau radio" in equipped.client("technician").get(reverse("identity:account")).content.decode()
    assert "Réseau radio" not in equipped.client("mayor").get(reverse("identity:account")).content.decode()


def test_the_home_page_counts_what_the_actor_sees(equipped):
    everything = equipped.client("operator").get(reverse("lorawan:home")).context
    assert (everything["gateway_count"], everything["online_count"], everything["refusal_count"]) == (2, 1, 1208)
    fleet = everything["fleet"]
    assert (fleet.total, fleet.recent, fleet.silent, fleet.never) == (3, 1, 1, 1)
    mandated = equipped.client("technician").get(reverse("lorawan:home")).context
    assert (mandated["fleet"].total, mandated["refusal_count"]) == (2, 3)
    assert [line.organisation.name for line in mandated["lines"]] == ["Évry-Courcouronnes"]


def test_the_map_colours_only_the_communes_that_the_actor_sees(equipped):
    def layers(person):
        features = json.loads(page(equipped.client(person), "home_map"))["features"]
        return sorted((f["properties"]["name"], f["properties"]["layer"]) for f in features)

    evry, massy, mast = "Évry-Courcouronnes", "Massy", "Mât du château d’eau"
    assert layers("operator") == [(massy, "area"), (mast, "site"), (evry, "area")]
    assert layers("technician") == [(massy, "neighbour"), (evry, "area")]


def test_the_gateways_are_listed_with_their_counters(equipped):
    text = page(equipped.client("operator"), "gateways")
    assert "Mât du château d’eau" in text
    assert "12\u202f345" in text
    assert "En ligne" in text
    assert "Jamais vue" in text
    assert f'data-live="gateway.{MAST}.uplinks"' in text


def test_the_rows_alone_answer_htmx(equipped):
    rows = equipped.client("operator").get(reverse("lorawan:gateways"), headers={"HX-Request": "true"})
    assert "<html" not in rows.content.decode()
    assert rows.content.decode().count("<tr>") == 2


def test_one_gateway_says_what_was_refused_through_it(equipped):
    text = page(equipped.client("operator"), "gateway", MAST)
    assert "Adresse d’un autre réseau" in text
    assert "1\u202f208" in text


@pytest.mark.parametrize("name", ["gateway", "change_gateway"])
def test_a_gateway_of_another_tenant_does_not_exist(equipped, name):
    page(equipped.client("technician"), name, MAST, status=404)


def test_a_gateway_is_registered_and_changed_by_the_operator(equipped):
    client = equipped.client("operator")
    values = {"eui": "72-76-FF-00-00-00-00-09", "name": "Pylône", "organisation": equipped.operator.pk}
    answer = client.post(reverse("lorawan:register_gateway"), {**values, "latitude": "48.7", "longitude": "2.3"})
    assert answer.status_code == 302
    change = reverse("lorawan:change_gateway", args=["7276ff0000000009"])
    assert client.post(change, {"name": "Pylône nord", "altitude_m": "120"}).status_code == 302
    made = Gateway.objects.unscoped("test").get(pk="7276ff0000000009")
    assert (made.name, made.location, made.altitude_m) == ("Pylône nord", None, 120)


def test_a_gateway_form_with_half_a_place_or_a_known_eui_is_given_back_with_the_reason(equipped):
    client = equipped.client("operator")
    values = {"eui": MAST, "name": "Pylône", "organisation": equipped.operator.pk}
    half = client.post(reverse("lorawan:register_gateway"), {**values, "latitude": "48.7"})
    assert half.status_code == 422
    assert "aucune des deux" in half.content.decode()
    twice = client.post(reverse("lorawan:register_gateway"), values)
    assert twice.status_code == 422
    assert "est déjà enregistrée" in twice.content.decode()


def test_a_technician_registers_no_gateway(equipped):
    page(equipped.client("technician"), "register_gateway", status=403)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, {EVRY_VALVE, EVRY_SENSOR, MASSY_VALVE}),
        ({"text": "ecole jean"}, {EVRY_VALVE}),
        ({"text": "70-B3-D5-2D-D3-00-00-03"}, {MASSY_VALVE}),
        ({"text": "00002"}, {EVRY_SENSOR}),
        ({"text": "gy"}, {EVRY_SENSOR}),
        ({"text": "%%%"}, set()),
        ({"model": "elsys-ers"}, {EVRY_SENSOR}),
        ({"hearing": "recent"}, {EVRY_VALVE}),
        ({"hearing": "silent"}, {EVRY_SENSOR}),
        ({"hearing": "never"}, {MASSY_VALVE}),
        ({"hearing": "retired"}, set()),
    ],
)
def test_devices_are_found_by_name_eui_model_and_hearing(equipped, query, found):
    lines = equipped.client("operator").get(reverse("lorawan:devices"), query).context["lines"]
    assert {line.device.pk for line in lines} == found


def test_devices_are_found_by_commune(equipped):
    client = equipped.client("operator")
    lines = client.get(reverse("lorawan:devices"), {"organisation": equipped.massy.pk}).context["lines"]
    assert [line.device.pk for line in lines] == [MASSY_VALVE]


def test_a_technician_sees_the_devices_of_its_mandates_only(equipped):
    client = equipped.client("technician")
    assert "Mairie de Massy" not in page(client, "devices")
    page(client, "devices", organisation=equipped.massy.pk, status=422)
    for name in ("device", "device_state", "device_live"):
        page(client, name, MASSY_VALVE, status=404)
    page(client, "new_frames", MASSY_VALVE, after=0, status=404)


def test_the_list_goes_on_by_cursor_without_losing_devices_of_one_name(equipped):
    for number in range(DEVICES_A_PAGE + 5):
        device(equipped.massy, f"a000000000000{number:03x}", "Même nom")
    client = equipped.client("operator")
    first = client.get(reverse("lorawan:devices"), {"text": "meme nom"})
    second = client.get(f"{reverse('lorawan:devices')}?{first.context['next_query']}")
    euis = [line.device.pk for answer in (first, second) for line in answer.context["lines"]]
    assert len(euis) == len(set(euis)) == DEVICES_A_PAGE + 5
    assert second.context["next_query"] == ""


def test_a_cursor_of_somebody_s_invention_is_answered_with_a_sentence(equipped):
    page(equipped.client("operator"), "devices", cursor="nonsense", status=422)


def test_one_device_shows_its_session_its_radio_and_no_key(equipped):
    text = page(equipped.client("operator"), "device", EVRY_VALVE)
    for words in ("26011234", "−97", "Mât du château d’eau", "MClimate Vicki", "n° 41"):
        assert words in text
    assert KEY.hex() not in text.lower()


def test_a_frame_is_told_in_words(equipped):
    text = page(equipped.client("operator"), "device", EVRY_VALVE)
    for words in ("Montée sans accusé", "SF7 · 125", "868,1", "01 1D 5A 78", "Consigne", "19,5", "Fenêtre ouverte"):
        assert words in text


def test_a_frame_that_the_codec_refused_says_why(equipped):
    refused = {"error": "threw", "message": "TypeError: <b>"}
    frame(Device.objects.unscoped("test").get(pk=EVRY_VALVE), 9, decoded=refused)
    text = page(equipped.client("operator"), "device", EVRY_VALVE)
    assert "threw : TypeError: &lt;b&gt;" in text


def test_the_names_of_gateways_of_others_are_not_told(equipped):
    text = page(equipped.client("technician"), "device", EVRY_VALVE)
    assert "Mât du château d’eau" not in text
    assert MAST.upper() in text


def test_the_frame_log_goes_on_by_cursor(equipped):
    owner = Device.objects.unscoped("test").get(pk=EVRY_VALVE)
    for number in range(10, 10 + FRAMES_A_PAGE):
        frame(owner, number)
    client = equipped.client("operator")
    address = reverse("lorawan:device", args=[EVRY_VALVE])
    first = client.get(address).context
    second = client.get(address, {"cursor": first["next_cursor"]}).context
    assert [line.id for line in second["frames"]] == [3, 2, 1]
    assert second["next_cursor"] is None


def test_a_device_tells_its_setting_its_battery_and_what_it_was_asked(equipped):
    valve = Device.objects.unscoped("test").get(pk=EVRY_VALVE)
    valve.battery, valve.status_margin_db, valve.status_at = 127, -4, NOW
    valve.save()
    asked = LinkADRReq(5, 1, 0x00FF, 0, 1).encode()
    Session.objects.filter(device=valve).update(data_rate=3, tx_power=2, nb_trans=2, mac_pending=asked)
    text = " ".join(page(equipped.client("operator"), "device", EVRY_VALVE).split()).replace("\u202f", " ")
    assert "SF9, 12 dBm, 2 envois par message" in text
    assert "Réglage radio demandé : SF7, 14 dBm, 1 envoi par message" in text
    assert "50 %" in text
    assert "il entend mal le réseau" in text


def test_the_commands_of_a_frame_are_in_its_log_in_words(equipped):
    answer = DataContent(0x26011234, 9, 2, b"x", LinkADRAns(True, True, True).encode())
    sent = build_data_uplink(SessionCrypto(bytes(16), bytes(16)), answer)
    frame(Device.objects.unscoped("test").get(pk=EVRY_VALVE), 9, phy_payload=sent)
    assert "Réglage radio : accepté" in page(equipped.client("operator"), "device", EVRY_VALVE)


def test_the_log_grows_with_what_came_since(equipped):
    client = equipped.client("operator")
    text = page(client, "new_frames", EVRY_VALVE, after=2)
    assert text.count("<li") == 1
    assert 'name="after" value="3"' in text
    page(client, "new_frames", EVRY_VALVE, after=3, status=204)
    page(client, "new_frames", EVRY_VALVE, after="x", status=422)


def test_frames_of_an_earlier_owner_are_not_shown(equipped):
    owner = Device.objects.unscoped("test").get(pk=EVRY_VALVE)
    owner.organisation = equipped.massy
    frame(owner, 50)
    client = equipped.client("technician")
    assert [line.id for line in client.get(reverse("lorawan:device", args=[EVRY_VALVE])).context["frames"]] == [3, 2, 1]


def first_event(view, actor, *args):
    """What an event stream says first."""
    request = RequestFactory().get("/")
    request.actor, request.session = actor, SessionStore()
    answer = view(request, *args)
    assert answer["Content-Type"].startswith("text/event-stream")

    async def read():
        stream = aiter(answer.streaming_content)
        first = await anext(stream)
        await stream.aclose()
        return first.decode()

    return asyncio.run(read())


def test_the_live_log_of_a_device_is_an_event_stream(equipped):
    assert f"frames.{EVRY_VALVE}" in first_event(device_pages.device_live, equipped.actor("operator"), EVRY_VALVE)


def test_the_live_gateways_of_a_technician_are_those_of_its_mandates(equipped):
    said = first_event(pages.gateways_live, equipped.actor("technician"))
    assert f'"gateways.{equipped.evry.pk}"' in said
    assert '"gateways"' not in said
    assert f"gateways.{equipped.massy.pk}" not in said


def values(organisation, **changes):
    return {
        "name": "Classe 2",
        "organisation": organisation.pk,
        "model": "mclimate-vicki",
        "dev_eui": FRESH.upper(),
        "join_eui": JOIN_EUI,
        "app_key": KEY.hex(),
        **changes,
    }


def test_a_device_is_registered_by_form(equipped):
    answer = equipped.client("technician").post(reverse("lorawan:register_device"), values(equipped.evry), follow=True)
    assert answer.redirect_chain == [(reverse("lorawan:device", args=[FRESH]), 302)]
    assert KEY.hex() not in answer.content.decode().lower()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dev_eui": "12"}, "16 chiffres hexadécimaux attendus, 2 trouvés"),
        ({"dev_eui": EVRY_VALVE}, "est déjà enregistré"),
        ({"app_key": "f" * 32}, "ne protège rien"),
        ({"model": "toaster"}, "model"),
        ({"name": "  "}, "name"),
    ],
)
def test_a_form_that_is_wrong_comes_back_with_the_reason(equipped, changes, words):
    answer = equipped.client("operator").post(reverse("lorawan:register_device"), values(equipped.evry, **changes))
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_a_technician_is_not_offered_communes_that_did_not_mandate_it(equipped):
    answer = equipped.client("technician").post(reverse("lorawan:register_device"), values(equipped.massy))
    assert answer.status_code == 422
    assert not Device.objects.unscoped("test").filter(pk=FRESH).exists()


def test_a_device_is_taken_out_of_service_once_confirmed(equipped):
    client, address = equipped.client("operator"), reverse("lorawan:decommission_device", args=[EVRY_VALVE])
    asked = client.post(address)
    assert "Retirer École Jean-Moulin, classe 1 du service ?" in asked.content.decode()
    assert Device.objects.unscoped("test").get(pk=EVRY_VALVE).decommissioned_at is None
    assert client.post(address, {"confirmed": "1"}).status_code == 302
    assert Device.objects.unscoped("test").get(pk=EVRY_VALVE).decommissioned_at is not None
    assert "Retiré du service" in page(client, "device", EVRY_VALVE)


def test_refusals_are_told_by_cause_with_a_remedy_and_a_sample(equipped):
    text = page(equipped.client("operator"), "refusals")
    for words in ("Activation avec une clé fausse", "demandez-les au fabricant", "1\u202f200 fois", "40 01", "Gymnase"):
        assert words in text


def test_refusals_are_filtered(equipped):
    client = equipped.client("operator")
    lines = client.get(reverse("lorawan:refusals"), {"cause": "wrong_mic"}).context["lines"]
    assert [line.refusal.subject for line in lines] == [MASSY_VALVE]
    assert not client.get(reverse("lorawan:refusals"), {"gateway": SCHOOL_ROOF}).context["lines"]


def test_a_technician_sees_only_refusals_of_devices_of_its_mandates(equipped):
    lines = equipped.client("technician").get(reverse("lorawan:refusals")).context["lines"]
    assert [line.refusal.subject for line in lines] == [EVRY_SENSOR]


def test_a_retired_device_leaves_the_counts(equipped):
    actions.decommission_device(equipped.actor("operator"), EVRY_VALVE)
    assert equipped.client("operator").get(reverse("lorawan:home")).context["fleet"].total == 2


def abp_values(organisation, **changes):
    otaa = {name: value for name, value in values(organisation).items() if name not in ("join_eui", "app_key")}
    return {**otaa, "dev_addr": "26 0B 12 34", "nwk_s_key": "1" * 32, "app_s_key": "2" * 32, **changes}


def test_an_abp_device_is_registered_by_form_and_its_page_warns_of_a_free_counter(equipped):
    address = reverse("lorawan:register_abp_device")
    answer = equipped.client("technician").post(address, abp_values(equipped.evry, relaxed="on"), follow=True)
    assert answer.redirect_chain == [(reverse("lorawan:device", args=[FRESH]), 302)]
    said = answer.content.decode()
    assert "260B1234" in said
    assert "d’anciennes trames peuvent être rejouées" in said
    assert "1" * 32 not in said


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dev_addr": "260b12"}, "8 chiffres hexadécimaux attendus"),
        ({"f_cnt_up": "-1"}, "Un compteur est un nombre entier"),
        ({"s_nwk_s_int_key": "3" * 32}, "vont ensemble"),
        ({"app_s_key": ""}, "app_s_key"),
    ],
)
def test_an_abp_form_says_what_to_change_and_gives_no_key_back_to_the_next(equipped, changes, words):
    answer = equipped.client("technician").post(
        reverse("lorawan:register_abp_device"), abp_values(equipped.evry, **changes)
    )
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Device.objects.unscoped("test").filter(pk=FRESH).exists()


def test_a_device_that_is_not_as_its_model_says_is_shown_so(equipped):
    Session.objects.filter(device_id=EVRY_VALVE).update(
        mismatch="speaks_1_1",
        mac_taught=NewChannelReq(8, 865_100_000, 0, 5).encode(),
        mac_refused=RXTimingSetupReq(5).encode(),
        s_nwk_s_int_key=b"wrapped",
    )
    said = page(equipped.client("operator"), "device", EVRY_VALVE)
    assert "L’appareil parle LoRaWAN 1.1, mais son modèle annonce 1.0" in said
    assert "8 à 865,1" in said
    assert "Refusé par l’appareil" in said
    assert "(application)" in said
