"""The journal in words: no code, no identifier, for a mayor."""

import re
import uuid
from datetime import time, timedelta

import pytest
from django.urls import reverse
from tests.fixtures.things import logged_in

from maillage.command import actions
from maillage.command.engine.schedule import AtClock
from maillage.command.schedules.actions import Draft, add_entry, change_entry
from maillage.command.specials.actions import Plan, plan_period
from maillage.command.telling import told
from maillage.identity.actor import machine
from maillage.identity.models import JournalEntry
from maillage.kernel import clock
from maillage.kernel.errors import Invalid

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-")
EVERY_DAY = frozenset(range(1, 8))


@pytest.fixture
def lived(evry, equipment):
    """A bit of everything that the journal tells."""
    actions.request(evry.mayor, equipment.valve.pk, "set_temperature", 19)
    overtaking = actions.request(evry.agent, equipment.valve.pk, "set_temperature", 18)
    actions.expire_overdue(machine("command"), overtaking.expires_at)
    with pytest.raises(Invalid):
        actions.request(evry.mayor, equipment.valve.pk, "set_temperature", 80)
    entry = add_entry(machine("demonstration"), equipment.gate.pk, Draft("open", None, EVERY_DAY, AtClock(time(8))))
    change_entry(evry.mayor, entry.pk, Draft("close", None, frozenset({1, 2}), AtClock(time(18))))
    start = clock.now() + timedelta(days=1)
    fair = Plan("Fête", "set_temperature", 19, start, start + timedelta(hours=3))
    plan_period(evry.mayor, [equipment.valve.pk], fair)


def rows(client):
    page = client.get(reverse("identity:journal")).content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page[page.index("<tbody>") : page.index("</tbody>")]))


def test_a_mayor_reads_words_and_neither_codes_nor_identifiers(evry, lived):
    words = rows(logged_in(evry.mayor))
    assert not UUID.search(words)
    for code in ("set_temperature", "clock", "device_silent", "superseded", "demonstration", "None", "[", "{"):
        assert code not in words, code
    for sentence in (
        "Régler la température : 19 °C",
        "Une commande plus récente l’a remplacée.",
        "remplace la commande précédente",
        "est hors limites : demandez une valeur de 5 à 30",
        "Le poste de commande",
        "La démonstration",
        "nom : Fête",
        "jours : lundi, mardi",
    ):
        assert sentence in words, sentence


def test_what_a_line_said_before_is_told_in_words(evry, lived):
    words = rows(logged_in(evry.mayor))
    assert "avant : Ouvrir" in words


def test_a_skipped_turn_says_why():
    facts = {"cause": "too_late", "count": 1, "first": "2026-01-05T07:00:00+00:00", "last": "2026-01-05T07:00:00+00:00"}
    found = dict(told("schedule.skipped", facts))
    assert found["cause"] == "Son heure était passée depuis trop longtemps."
    assert "5 janvier 2026" in found["première"]


def test_every_line_that_the_house_wrote_can_be_told(evry, lived):
    for entry in JournalEntry.objects.filter(action__regex=r"^(command|schedule|special)\."):
        assert all(isinstance(words, str) and words for _, words in told(entry.action, entry.facts))


def test_an_unknown_fact_is_shown_rather_than_lost():
    assert told("command.requested", {"colour": "bleu", "id": str(uuid.uuid4())})[0] == ("colour", "bleu")
    assert told("command.requested", {"verb": "explode"}) == [("", "explode")]
