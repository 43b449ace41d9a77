"""A body with a small shop, and who keeps it."""

from datetime import date
from decimal import Decimal

import pytest
from tests.fixtures.things import logged_in, person

from maillage.catalogue import actions, shelf
from maillage.catalogue.drafts import Draft, Sla
from maillage.catalogue.engine.eligibility import Audience
from maillage.catalogue.engine.price import Mode, PriceTerm, Rhythm, Tier, flat
from maillage.catalogue.engine.revision import Formula, Part, Revision
from maillage.catalogue.models import Offering
from maillage.catalogue.terms import NamedTerm
from maillage.identity.actor import Actor, Role, machine
from maillage.identity.models import Organisation

KEEPER = machine("test")
REVISED = Revision(
    Formula(Decimal("0.15"), (Part("syntec", Decimal("0.85"), Decimal(100)),)), date(2020, 1, 1), every_months=1
)


def heating_draft(**changes):
    values = {
        "name": "Température, site moyen",
        "summary": "Un groupe scolaire chauffé juste ce qu’il faut.",
        "included": ("La pose",),
        "audiences": frozenset({Audience.MEMBER, Audience.OUTSIDE}),
        "needs_lora": True,
        "estimator": "heating",
        "level": "medium",
        "sla": Sla(Decimal("99.5"), 4, 48, "En semaine"),
        "terms": (
            NamedTerm("Abonnement", flat("m", Rhythm.MONTHLY, "site", "25")),
            NamedTerm("Mise en service", flat("s", Rhythm.ONE_OFF, "site", "500")),
            NamedTerm("Vanne", flat("v", Rhythm.ONE_OFF, "valve", "80")),
        ),
        "specifications": ("vicki",),
    }
    return Draft(**(values | changes))


def lora_draft(**changes):
    tiers = (Tier(Decimal(0), Decimal("1.20")), Tier(Decimal(100), Decimal("0.80")))
    term = PriceTerm("d", Rhythm.MONTHLY, "device", tiers, Mode.GRADUATED)
    values = {
        "name": "Connexion LoRa seule",
        "summary": "Vos objets sur notre réseau.",
        "audiences": frozenset(Audience),
        "estimator": "connectivity",
        "terms": (NamedTerm("Appareil", term),),
    }
    return Draft(**(values | changes))


@pytest.fixture
def body(db):
    return Organisation.objects.create(kind="operator", name="Syndicat", slug="syndicat")


@pytest.fixture
def keeper(body):
    """A person who operates the platform."""
    one = person(body, Role.OPERATOR)
    return Actor(one.user_id, one.label, one.organisation_id, Role.OPERATOR, None)


@pytest.fixture
def keeper_client(keeper):
    return logged_in(keeper)


@pytest.fixture
def shop(body):
    """Heating and connectivity, on sale since today."""
    today = shelf.today()
    category = actions.set_category(KEEPER, "confort", {"name": "Confort et énergie", "icon": "temperature"})
    sheet = {"name": "Vanne Vicki", "brand": "MClimate", "protocol": "LoRaWAN", "battery_life_years": Decimal(10)}
    actions.set_specification(KEEPER, "vicki", sheet)
    actions.create_offering(KEEPER, "temperature", Offering.Kind.PACK, category, heating_draft())
    actions.publish(KEEPER, "temperature", today, today)
    actions.create_offering(KEEPER, "lora", Offering.Kind.CONNECTIVITY, category, lora_draft())
    actions.publish(KEEPER, "lora", today, today)
    return category
