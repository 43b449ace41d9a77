"""REST: rules, alarms, rosters, works and notifications, as far as the actor sees them."""

from datetime import timedelta

import pytest
from tests.fixtures.measures import measured, stream_of
from tests.fixtures.things import INSTALLER, logged_in

from maillage.command.alarms import actions as alarms
from maillage.command.alarms.actions import Cause
from maillage.command.notifications.models import Hook
from maillage.kernel import clock

API = "/api/v1"


@pytest.fixture
def mayor(evry):
    return logged_in(evry.mayor)


@pytest.fixture
def stranger(brunoy):
    return logged_in(brunoy.mayor)


def call(client, method, path, body=None, status=200):
    response = getattr(client, method)(f"{API}{path}", body, content_type="application/json")
    assert response.status_code == status, response.content
    return response.json() if response.content else None


def rule_of(evry, equipment, **more):
    air = stream_of(equipment.valve, "air_temperature")
    return {
        "organisation_id": evry.organisation.pk,
        "name": "Trop froid",
        "variables": [{"alias": "air", "datastream_ids": [air]}],
        "condition": "air < 16.0",
        "hold_s": 1200,
        "hours": {"weekdays": [1, 2, 3, 4, 5], "start": "08:00", "until": "18:00"},
        "orders": [
            {"turn": "raised", "thing_id": equipment.valve.pk, "verb": "set_temperature", "value": 19.0},
            {"turn": "cleared", "thing_id": equipment.valve.pk, "verb": "set_temperature", "value": 17.0},
        ],
        **more,
    }


def test_a_rule_is_added_read_switched_changed_and_removed(evry, equipment, mayor, stranger):
    made = call(mayor, "post", "/rules", rule_of(evry, equipment), 201)
    assert (made["enabled"], made["phase"], len(made["orders"])) == (False, None, 2)
    assert call(mayor, "get", "/rules") == [made]
    assert call(stranger, "get", "/rules") == []
    for method, path in (("get", ""), ("delete", "")):
        call(stranger, method, f"/rules/{made['id']}{path}", status=404)
    on = call(mayor, "put", f"/rules/{made['id']}/enabled", {"enabled": True})
    assert (on["enabled"], on["phase"]) == (True, "quiet")
    changed = rule_of(evry, equipment, condition="air < 15.0", hours=None, orders=[])
    assert call(mayor, "put", f"/rules/{made['id']}", changed)["condition"] == "air < 15.0"
    call(mayor, "delete", f"/rules/{made['id']}", status=204)
    assert call(mayor, "get", "/rules") == []


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"condition": "air < "}, "condition_syntax"),
        ({"name": " "}, "rule_name_missing"),
        ({"variables": []}, "rule_input_missing"),
        ({"variables": [{"alias": "true", "datastream_ids": [1]}]}, "rule_input_unfit"),
        ({"hold_s": 10_000_000}, "rule_delay_unfit"),
        ({"raises_alarm": False, "orders": []}, "rule_does_nothing"),
        ({"hours": {"weekdays": [], "start": "08:00", "until": "09:00"}}, "rule_window_unfit"),
    ],
)
def test_what_is_wrong_with_a_rule_is_said_and_nothing_is_kept(wrong, code, evry, equipment, mayor):
    refused = call(mayor, "post", "/rules", rule_of(evry, equipment, **wrong), 422)
    assert refused["code"] == code
    assert "%(" not in refused["detail"]
    assert call(mayor, "get", "/rules") == []


def test_an_order_out_of_bounds_is_refused_when_the_rule_is_saved(evry, equipment, mayor):
    order = {"turn": "raised", "thing_id": equipment.valve.pk, "verb": "set_temperature", "value": 90.0}
    assert call(mayor, "post", "/rules", rule_of(evry, equipment, orders=[order]), 422)["code"] == (
        "setpoint_out_of_bounds"
    )


def test_nobody_watches_or_commands_what_is_anothers(evry, brunoy, equipment, stranger):
    mine = rule_of(evry, equipment) | {"organisation_id": brunoy.organisation.pk, "orders": []}
    assert call(stranger, "post", "/rules", mine, 422)["code"] == "rule_input_unfit"
    call(stranger, "post", "/rules", rule_of(evry, equipment), 403)
    call(stranger, "post", "/rules/rehearse", mine | {"start": "2026-03-01T00:00Z", "end": "2026-03-02T00:00Z"}, 422)


def test_a_name_is_taken_once(evry, equipment, mayor):
    call(mayor, "post", "/rules", rule_of(evry, equipment), 201)
    assert call(mayor, "post", "/rules", rule_of(evry, equipment), 409)["code"] == "rule_name_taken"


def test_a_rule_is_tried_on_the_past(evry, equipment, mayor):
    air = stream_of(equipment.valve, "air_temperature")
    end = clock.now().replace(microsecond=0)
    start = end - timedelta(days=2)
    measured(air, [(start + timedelta(minutes=10 * n), 15.0 if n % 60 < 30 else 20.0) for n in range(288)])
    asked = rule_of(evry, equipment, hours=None) | {"start": start.isoformat(), "end": end.isoformat()}
    found = call(mayor, "post", "/rules/rehearse", asked)
    assert (found["times"], found["readings"], found["is_cut"]) == (5, 288, False)
    assert found["total_s"] >= 4 * 280 * 60  # each time five hours, less the twenty minutes that it must hold
    too_long = asked | {"start": (end - timedelta(days=100)).isoformat()}
    assert call(mayor, "post", "/rules/rehearse", too_long, 422)["code"] == "rehearsal_unfit"


def test_alarms_are_listed_by_pages_taken_and_closed(evry, equipment, mayor, stranger):
    for number in range(3):
        at = clock.now() - timedelta(minutes=number)
        alarms.raise_alarm(
            INSTALLER, Cause(evry.organisation.pk, f"rule:{number}", "rule", f"Alarme {number}", "warning", at)
        )
    first = call(mayor, "get", "/alarms?limit=2")
    assert [one["title"] for one in first["items"]] == ["Alarme 0", "Alarme 1"]
    rest = call(mayor, "get", f"/alarms?limit=2&cursor={first['next_cursor']}")
    assert ([one["title"] for one in rest["items"]], rest["next_cursor"]) == (["Alarme 2"], None)
    assert call(stranger, "get", "/alarms?state=all")["items"] == []
    path = f"/alarms/{first['items'][0]['id']}"
    taken = call(mayor, "post", f"{path}/acknowledge", {"comment": "J’y vais."})
    assert (taken["state"], taken["events"][-1]["comment"]) == ("acknowledged", "J’y vais.")
    assert call(mayor, "post", f"{path}/close", {"comment": ""}, 422)["code"] == "comment_missing"
    assert call(mayor, "post", f"{path}/close", {"comment": "Purgé."})["state"] == "closed"
    assert call(mayor, "post", f"{path}/acknowledge", {}, 409)["code"] == "alarm_over"
    call(stranger, "get", path, status=404)


def test_rosters_and_works(evry, mayor, stranger):
    owner = evry.organisation.pk
    made = call(mayor, "post", "/rosters", {"organisation_id": owner, "name": "Semaine"}, 201)
    shift = {"user_id": evry.agent.user_id, "weekdays": [1, 2], "start": "08:00", "until": "08:00"}
    with_shift = call(mayor, "post", f"/rosters/{made['id']}/shifts", shift, 201)
    assert with_shift["shifts"][0]["person"] == evry.agent.label
    call(stranger, "post", f"/rosters/{made['id']}/shifts", shift, 404)
    call(mayor, "delete", f"/rosters/{made['id']}/shifts/{with_shift['shifts'][0]['id']}", status=204)
    wrong = {"organisation_id": owner, "name": "x", "escalate_after_min": 1}
    assert call(mayor, "post", "/rosters", wrong, 422)["code"] == "roster_delay_unfit"
    works = {"organisation_id": owner, "starts_at": "2030-01-01T00:00Z", "ends_at": "2030-01-02T00:00Z", "reason": "x"}
    announced = call(mayor, "post", "/maintenances", works, 201)
    assert [one["id"] for one in call(mayor, "get", "/maintenances")] == [announced["id"]]
    assert call(stranger, "get", "/maintenances") == []
    call(mayor, "delete", f"/maintenances/{announced['id']}", status=204)


def test_preferences_and_programs(evry, mayor):
    assert call(mayor, "get", "/me/notification-preference")["severity"] == "critical"
    wanted = {"by_email": False, "sms_number": "+33612345678", "severity": "info", "digest_at": "07:00:00"}
    assert call(mayor, "put", "/me/notification-preference", wanted)["sms_number"] == "+33612345678"
    hook = {"organisation_id": evry.organisation.pk, "name": "Centre", "url": "https://example.org/in"}
    made = call(mayor, "post", "/hooks", hook, 201)
    assert made["secret"] == Hook.objects.unscoped("test").get().secret
    assert "secret" not in call(mayor, "get", "/hooks")[0]
    assert call(logged_in(evry.agent), "get", "/hooks") == []  # an address may hold a secret
    call(mayor, "delete", f"/hooks/{made['id']}", status=204)
    assert call(mayor, "post", "/hooks", hook | {"url": "ftp://x"}, 422)["code"] == "hook_address_unfit"
    assert call(mayor, "get", "/me/notifications") == {"items": [], "next_cursor": None}
