from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import translation

from maillage.web import formats

NOW = datetime(2025, 3, 3, 13, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "unit", "decimals", "french", "english"),
    [
        (19.5, "Cel", 1, "19,5\u202f°C", "19.5\u202f°C"),
        (19, "Cel", 1, "19,0\u202f°C", "19.0\u202f°C"),
        (-3.25, "Cel", 1, "−3,3\u202f°C", "−3.3\u202f°C"),
        (54, "%", None, "54\u202f%", "54%"),
        (1284.5, "kW.h", None, "1\u202f284,5\u202fkWh", "1,284.5\u202fkWh"),
        (Decimal("12.30"), "ug/m3", 2, "12,30\u202fµg/m³", "12.30\u202fµg/m³"),
        (640, "[ppm]", None, "640\u202fppm", "640\u202fppm"),
        (-98, "dB[mW]", 0, "−98\u202fdBm", "−98\u202fdBm"),
        (3, "", None, "3", "3"),
        (None, "Cel", 1, "—", "—"),
    ],
)
def test_a_quantity_is_written_as_each_language_writes_it(value, unit, decimals, french, english):
    with translation.override("fr"):
        assert formats.quantity(value, unit, decimals) == french
    with translation.override("en"):
        assert formats.quantity(value, unit, decimals) == english


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=-4), "à l’instant"),
        (timedelta(seconds=59), "à l’instant"),
        (timedelta(minutes=3, seconds=50), "il y a 3 min"),
        (timedelta(hours=7), "il y a 7 h"),
        (timedelta(days=1), "il y a 1 jour"),
        (timedelta(days=6, hours=23), "il y a 6 jours"),
        (timedelta(days=30), "le 1 février 2025"),
    ],
)
def test_an_age_is_said_in_words(age, words):
    with translation.override("fr"):
        assert formats.ago(NOW - age, NOW) == words


def test_a_value_never_heard_is_said_so_and_stale():
    with translation.override("fr"):
        assert formats.ago(None, NOW) == "jamais"
    assert formats.is_stale(None, 60, NOW)


def test_a_value_is_stale_only_after_its_time():
    assert not formats.is_stale(NOW - timedelta(seconds=60), 60, NOW)
    assert formats.is_stale(NOW - timedelta(seconds=61), 60, NOW)
    assert not formats.is_stale(NOW - timedelta(days=9), 0, NOW)


def test_instants_are_told_in_the_territory_s_time():
    with translation.override("fr"):
        assert formats.instant(NOW) == "3 mars 2025 à 14:05"
        assert formats.instant(datetime(2025, 7, 3, 22, 30, tzinfo=UTC)) == "4 juillet 2025 à 00:30"


def test_a_number_nobody_could_read_is_written_in_powers_of_ten():
    assert formats.number(1e308) == "1e+308"
    assert formats.number(-1e16) == "−1e+16"


@pytest.mark.parametrize(
    ("cents", "french", "english"),
    [
        (123450, "1\u202f234,50\u202f€", "€1,234.50"),
        (120000, "1\u202f200\u202f€", "€1,200"),
        (-5, "−0,05\u202f€", "−€0.05"),
        (None, "—", "—"),
    ],
)
def test_an_amount_of_money_reads_as_people_write_it(cents, french, english):
    assert formats.money(cents) == french
    with translation.override("en"):
        assert formats.money(cents) == english
