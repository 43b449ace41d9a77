"""Every address that can be read, walked by every kind of reader: nobody sees what another tenant owns, nothing fails.

The verdicts stand in ``rights.txt``, a line an address. A new address has no line: this test fails until somebody
has looked at who may read it: run this file with ``WRITE_RIGHTS=1``, read what changed, commit it.
"""

import os
import re
from collections.abc import Iterator
from datetime import date, timedelta
from http import HTTPStatus
from pathlib import Path

import pytest
from django.core.signals import request_finished
from django.db import close_old_connections
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from tests.fixtures.billing import run, subscribed
from tests.fixtures.measures import stream_of
from tests.fixtures.things import INSTALLER, device, installed, logged_in, person

from maillage.billing.models import Invoice
from maillage.command import actions as commands
from maillage.command.alarms import actions as alarms
from maillage.command.alarms.actions import Cause
from maillage.command.alarms.engine.oncall import Patience
from maillage.command.alarms.rosters import actions as rosters
from maillage.command.rules import actions as rules
from maillage.command.rules.actions import Draft, Variable
from maillage.identity import actions as identity_actions
from maillage.identity.actor import Role
from maillage.identity.models import Membership, Organisation, User
from maillage.identity.people import actions as people
from maillage.kernel import clock
from maillage.lorawan.integrations import actions as integrations
from maillage.lorawan.integrations.actions import Quotas, Target

# WeasyPrint leaves its colour profile open.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
VERDICTS = Path(__file__).with_name("rights.txt")
OURS, THEIRS = "zqevry", "zqbrunoy"
STRANGERS = ("neighbour", "contractor", "business", "anonymous")
NOBODY_S = {"uuid": "00000000-0000-4000-8000-000000000000", "other": "987654"}
_PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)")


def addresses(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    """Every pattern of the house, once."""
    for each in (resolver or get_resolver()).url_patterns:
        whole = prefix + str(each.pattern)
        if isinstance(each, URLPattern):
            yield "/" + whole.replace("^", "").removesuffix("/?$")
        else:
            yield from addresses(each, whole)


ADDRESSES = sorted(set(addresses()))


@pytest.fixture
def readers(operator, billed_evry, brunoy):
    """A browser for each kind of reader."""
    body = {
        name: Organisation.objects.create(kind=kind, name=name, slug=name)
        for name, kind in (("mandated", "contractor"), ("contractor", "contractor"), ("business", "business"))
    }
    identity_actions.grant_mandate(INSTALLER, billed_evry.organisation, body["mandated"])
    return {
        "operator": logged_in(operator),
        "mayor": logged_in(billed_evry.mayor),
        "agent": logged_in(billed_evry.agent),
        "mandated": logged_in(person(body["mandated"], Role.TECHNICIAN)),
        "neighbour": logged_in(brunoy.mayor),
        "contractor": logged_in(person(body["contractor"], Role.TECHNICIAN)),
        "business": logged_in(person(body["business"], Role.MAYOR)),
        "anonymous": Client(),
    }


@pytest.fixture
def evry_s(operator, billed_evry, brunoy):
    """What Évry owns, by the parameter that names it in an address: everything bears Évry's mark."""
    ours = _marked(billed_evry, OURS, "70b3d52dd3000001")
    _marked(brunoy, THEIRS, "70b3d52dd3000002")
    subscribed(billed_evry)
    run(date(2026, 1, 1))
    application = integrations.create_application(operator, billed_evry.organisation.pk, OURS, Quotas())
    target = Target("https://93.184.216.34/x", ["up"])
    hook, _secret = integrations.create_webhook(operator, application.pk, target)
    invitation, secret = people.invite(INSTALLER, billed_evry.organisation, "new@x.example", OURS, Role.AGENT)
    token, _clear = identity_actions.create_token(billed_evry.mayor, OURS, None)
    bill = Invoice.objects.unscoped("test").exclude(number=None).first()
    return ours | {
        "insee": billed_evry.commune.insee,
        "organisation_id": billed_evry.organisation.pk,
        "membership_id": Membership.objects.get(user_id=billed_evry.agent.user_id).pk,
        "invitation_id": invitation.pk,
        "secret": secret,
        "token_id": token.pk,
        "number": bill.number,
        "application_id": application.pk,
        "webhook_id": hook.pk,
    }


def _marked(town, mark, eui):
    """A site, a thing, an order, a rule, an alarm, a roster, works and people, all of whose names bear ``mark``."""
    for row in (town.school, town.classroom, town.cemetery):
        row.name = f"{mark} {row.name}"
        row.save()
    User.objects.filter(pk__in=[town.mayor.user_id, town.agent.user_id]).update(full_name=mark)
    owner = town.organisation.pk
    valve = installed(town.school, eui, "mclimate-vicki", f"{mark} valve", "heating", town.classroom)
    spare = device(town.organisation, eui[:-1] + "f" if mark == OURS else eui[:-1] + "e", "mclimate-vicki")
    spare.name = mark
    spare.save()
    air = stream_of(valve, "air_temperature")
    order = commands.request(town.mayor, valve.pk, "set_temperature", 19.0)
    rule = rules.add_rule(town.mayor, owner, Draft(mark, (Variable("air", (air,)),), "air < 16.0"))
    cause = Cause(owner, "rule:1", "rule", mark, "warning", clock.now(), {"advice": mark}, site_id=town.school.pk)
    roster = rosters.save_roster(town.mayor, owner, mark, Patience(timedelta(minutes=15), timedelta(minutes=30)))
    return {
        "site_id": town.school.pk,
        "key": f"space-{town.classroom.pk}",
        "thing_id": valve.pk,
        "dev_eui": eui,
        "datastream_id": air,
        "command_id": order.pk,
        "rule_id": rule.pk,
        "alarm_id": alarms.raise_alarm(INSTALLER, cause).pk,
        "roster_id": roster.pk,
    }


def _filled(address: str, of: dict[str, object]) -> str:
    """The address of one of Évry's objects; of an object that does not exist where the fixture makes none."""

    def value(found: re.Match[str]) -> str:
        name = found.group(1) or found.group(2)
        unknown = NOBODY_S["uuid" if "uuid" in found.group() else "other"]
        return str(of.get(name, unknown))

    return _PARAMETER.sub(value, address)


def _read(browser: Client, address: str) -> tuple[int, str]:
    """The status, and the text unless it is a stream without end."""
    answer = browser.get(address)
    endless = answer.streaming and answer.is_async
    text = "" if endless else answer.getvalue().decode(errors="replace")
    if endless:
        request_finished.disconnect(close_old_connections)  # it would take the test's transaction with it
        answer.close()
        request_finished.connect(close_old_connections)
    return answer.status_code, text


def test_nobody_sees_what_another_owns_and_every_address_has_its_verdict(readers, evry_s):
    verdicts, leaks, failed = {}, [], []
    for browser in readers.values():
        browser.raise_request_exception = False
    for address in ADDRESSES:
        if "logout" in address or address.rstrip("/").endswith(("live", "stream")):
            continue
        statuses = []
        for name, browser in readers.items():
            status, text = _read(browser, _filled(address, evry_s))
            statuses.append(str(status))
            failed += [f"{name} {address}"] if status >= HTTPStatus.INTERNAL_SERVER_ERROR else []
            is_own_link = "<str:secret>" in address  # whoever holds an invitation is told whose it is
            leaks += [f"{name} {address}"] if name in STRANGERS and OURS in text and not is_own_link else []
            leaks += [f"{name} {address}"] if name in ("mayor", "agent", "mandated") and THEIRS in text else []
        verdicts[address] = " ".join(statuses)
    assert not failed, failed
    assert not leaks, leaks
    told = "".join(f"{verdict} {address}\n" for address, verdict in verdicts.items())
    heading = f"# status of GET for: {' '.join(readers)}\n"
    if os.environ.get("WRITE_RIGHTS"):
        VERDICTS.write_text(heading + told)
    assert VERDICTS.read_text() == heading + told


def test_the_walk_would_notice_a_leak(readers, evry_s):
    """The owner does see the marks, on pages and by the API: their absence elsewhere means something."""
    for address in ("/sites/<int:site_id>/", "/api/v1/things", "/alarms/", "/people/<int:organisation_id>/"):
        status, text = _read(readers["mayor"], _filled(address, evry_s))
        assert status == HTTPStatus.OK
        assert OURS in text, address
        assert THEIRS in _read(readers["neighbour"], "/alarms/")[1]
