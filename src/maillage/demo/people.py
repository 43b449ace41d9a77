"""The demonstration's people and log-ins. Public on purpose: never load them on an installation that others reach."""

from dataclasses import dataclass

from maillage.demo import names
from maillage.demo.territory import FEATURED
from maillage.identity.actor import Role


@dataclass(frozen=True, slots=True)
class Person:
    """``organisation`` is a slug; ``label`` is what the terminal calls the log-in."""

    label: str
    email: str
    password: str
    full_name: str
    organisation: str
    role: Role


PEOPLE = (
    Person(
        "operator",
        "operateur@essonne-numerique.example",
        "demonstration-operateur-91",
        "Camille Perrin",
        names.OPERATOR_SLUG,
        Role.OPERATOR,
    ),
    Person(
        "mayor",
        "maire@evry-courcouronnes.example",
        "demonstration-maire-evry",
        "Dominique Laurent",
        f"commune-{FEATURED[0]}",
        Role.MAYOR,
    ),
    Person(
        "technician",
        "technicien@objets-reseaux.example",
        "demonstration-technicien",
        "Sacha Moreau",
        names.CONTRACTOR_SLUG,
        Role.TECHNICIAN,
    ),
    Person(
        "other mayor",
        "maire@corbeil-essonnes.example",
        "demonstration-maire-corbeil",
        "Claude Fontaine",
        f"commune-{FEATURED[1]}",
        Role.MAYOR,
    ),
)
MANDATES = 12
"""How many members, from the first, have mandated the contractor."""
