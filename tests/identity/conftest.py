"""A small house: the operator, two communes, a contractor, and their people."""

from dataclasses import dataclass

import pytest
from django.test import Client

from maillage.identity import actions, queries
from maillage.identity.actor import Actor, Role, machine
from maillage.identity.models import Membership, Organisation

PASSWORD = "correct horse battery"
SETUP = machine("set-up")


@dataclass
class House:
    operator: Organisation
    evry: Organisation
    massy: Organisation
    contractor: Organisation
    operator_person: Membership
    mayor: Membership
    other_mayor: Membership
    agent: Membership
    technician: Membership

    def actor(self, name: str) -> Actor:
        membership = Membership.objects.get(pk=getattr(self, name).pk)
        return queries.actor_of(membership)

    def client(self, name: str, **options) -> Client:
        client = Client(**options)
        client.force_login(getattr(self, name).user)
        return client


def build_house() -> House:
    kinds = Organisation.Kind
    operator = actions.create_organisation(SETUP, kinds.OPERATOR, "Syndicat", "syndicat")
    evry = actions.create_organisation(SETUP, kinds.COMMUNE, "Évry", "evry")
    massy = actions.create_organisation(SETUP, kinds.COMMUNE, "Massy", "massy")
    contractor = actions.create_organisation(SETUP, kinds.CONTRACTOR, "Radio & Fils", "radio")

    def person(email, name, organisation, role):
        return actions.create_user(SETUP, email, name, PASSWORD, organisation, role)

    return House(
        operator,
        evry,
        massy,
        contractor,
        person("op@syndicat.example", "Olga Perrin", operator, Role.OPERATOR),
        person("Maire@evry.example", "Inès Moreau", evry, Role.MAYOR),
        person("maire@massy.example", "Paul Roux", massy, Role.MAYOR),
        person("agent@evry.example", "Luc Petit", evry, Role.AGENT),
        person("tech@radio.example", "Tom Leroy", contractor, Role.TECHNICIAN),
    )


@pytest.fixture(autouse=True)
def quick_passwords(settings):
    """Argon2 is slow by design; here only its result matters."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def house(db) -> House:
    return build_house()
