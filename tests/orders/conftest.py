"""A town that orders from a small shop, its contractor, and devices to install."""

from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO

import pytest
from pypdf import PdfReader
from tests.catalogue.conftest import body, shop
from tests.fixtures.billing import party
from tests.fixtures.things import Town, brunoy, device, evry, person

from maillage.catalogue.basket import BasketLine
from maillage.identity.actor import Actor, Role
from maillage.identity.models import Mandate, Organisation
from maillage.kernel import clock
from maillage.lorawan.models import Device
from maillage.orders.models import WorkItem
from maillage.orders.quoting import actions
from maillage.orders.quoting.actions import NewQuote, WantedLine

__all__ = ["body", "brunoy", "evry", "party", "shop"]

SIRET = "21910228200015"
VALVES = ("70b3d52dd3000011", "70b3d52dd3000012")


@dataclass(frozen=True, slots=True)
class Market:
    """Who orders and who installs."""

    town: Town
    contractor: Actor


@pytest.fixture
def market(shop, evry):
    company = Organisation.objects.create(kind="contractor", name="Objets Réseaux", slug="objets-reseaux")
    Mandate.objects.create(client=evry.organisation, contractor=company, granted_at=clock.now())
    one = person(company, Role.TECHNICIAN)
    sees = frozenset({company.pk, evry.organisation.pk})
    for dev_eui in VALVES:
        device(evry.organisation, dev_eui, "mclimate-vicki")
    return Market(evry, Actor(one.user_id, one.label, company.pk, Role.TECHNICIAN, sees))


def wanted(place, code="temperature", valves=2):
    return WantedLine(BasketLine(code, 1, {"site": 1, "valve": valves}), place.pk)


def quoted(market, *lines, siret=SIRET, by=None):
    new = NewQuote(siret, lines or (wanted(market.town.school),), "COMPTA")
    return actions.issue_quote(by or market.town.agent, new)


def ordered(market):
    quote = quoted(market)
    actions.approve(market.town.agent, quote.number)
    return actions.place_order(market.town.agent, quote.number, "ENG-42")


def items(market):
    return list(WorkItem.objects.visible_to(market.contractor).order_by("position"))


def heard(dev_eui, gateways=("g1", "g2", "g3"), snr_db=7):
    """The network heard it, a moment after now."""
    found = Device.objects.unscoped("test").filter(pk=dev_eui)
    at = clock.now() + timedelta(seconds=1)
    found.update(last_seen_at=at, last_gateways=list(gateways), last_snr_db=snr_db, last_rssi_dbm=-101)


@pytest.fixture
def pdf_text():
    """The words of a PDF, its pages one after the other."""

    def read(content):
        pages = PdfReader(BytesIO(content)).pages
        return " ".join(" ".join(page.extract_text() for page in pages).replace("\u202f", " ").split())

    return read
