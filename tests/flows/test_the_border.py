"""What one commune's people see does not exist for another commune's mayor, whatever address they try."""

import pytest
from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.system]

INSEE = "91228"


def test_another_mayor_gets_not_found_at_every_address_of_the_commune(theatre):
    page = theatre.logged_in("mayor")
    things = _items(page, "/api/v1/things")
    addresses = [*_addresses_of_the_commune(), *_addresses_of_sites(things)]
    stranger = theatre.logged_in("other mayor")

    assert {address: _status(page, address) for address in addresses} == dict.fromkeys(addresses, 200)
    assert {address: _status(stranger, address) for address in addresses} == dict.fromkeys(addresses, 404)


def test_another_mayor_can_ask_nothing_of_the_commune(theatre):
    page, stranger = theatre.logged_in("mayor"), theatre.logged_in("other mayor")
    things = _items(page, "/api/v1/things")
    gate = next(thing for thing in things if thing["solution"] == "access")
    commands = f"/api/v1/things/{gate['id']}/commands"
    known = _items(page, commands)

    assert _post(stranger, "/api/v1/commands", {"thing_id": gate["id"], "verb": "open"}) == 404
    assert _post(stranger, f"/api/v1/things/{gate['id']}/schedule", _LINE) == 404
    assert _post(stranger, f"/sites/{gate['site_id']}/places/{_place(gate)}/ask/", {}) == 404
    assert _items(page, commands) == known


def test_the_lists_of_two_mayors_have_nothing_in_common(theatre):
    page, stranger = theatre.logged_in("mayor"), theatre.logged_in("other mayor")
    for address in ("/api/v1/things", "/api/v1/communes"):
        mine, theirs = (_identities(_items(each, address)) for each in (page, stranger))
        assert mine
        assert theirs
        assert not mine & theirs, address
    assert _items(page, f"/api/v1/sites?commune={INSEE}")
    assert _items(stranger, f"/api/v1/sites?commune={INSEE}") == []


_LINE = {"verb": "close", "weekdays": [1], "anchor": "clock", "clock_time": "08:00"}


def _addresses_of_the_commune() -> list[str]:
    return [f"/communes/{INSEE}/{each}" for each in ("", "overview/", "map/", "live/")]


def _addresses_of_sites(things: list[dict]) -> list[str]:
    found = []
    for solution in ("heating", "access"):
        thing = next(each for each in things if each["solution"] == solution)
        site = f"/sites/{thing['site_id']}/"
        found += [site + each for each in ("", "live/", "values/", "series/", "series/table/", "series/csv/")]
        found += [f"{site}places/{_place(thing)}/{each}" for each in ("", "state/", "life/", "history/")]
        found += [f"/things/{thing['id']}/schedule/add/", f"/api/v1/sites/{thing['site_id']}/things"]
        found += [f"/api/v1/things/{thing['id']}{each}" for each in ("", "/commands", "/schedule")]
    return found


def _place(thing: dict) -> str:
    return f"s{thing['space_id']}" if thing["space_id"] else f"t{thing['id']}"


def _items(page: Page, address: str) -> list[dict]:
    answer = page.request.get(address)
    assert answer.ok, answer.text()
    found = answer.json()
    return found["items"] if isinstance(found, dict) else found


def _identities(items: list[dict]) -> set[object]:
    return {each.get("id", each.get("insee")) for each in items}


def _status(page: Page, address: str) -> int:
    """By the page's own script, so that a stream that never ends can be left after its first line."""
    return page.evaluate(
        """async (address) => {
            const leaving = new AbortController();
            const answer = await fetch(address, {signal: leaving.signal});
            leaving.abort();
            return answer.status;
        }""",
        address,
    )


def _post(page: Page, address: str, body: dict) -> int:
    token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    origin = page.evaluate("location.origin")
    headers = {"X-CSRFToken": token, "Origin": origin, "Referer": f"{origin}/"}
    return page.request.post(address, data=body, headers=headers).status
