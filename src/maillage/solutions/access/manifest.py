"""Access: gates that open and close by hand and on a schedule."""

from datetime import timedelta
from types import MappingProxyType

from django.utils.translation import gettext_lazy as _

from maillage.command.engine.interlock import Interlock
from maillage.command.engine.retry import Retry
from maillage.command.solution import Solution, Verb

OPEN = Verb(
    code="open",
    label=_("Ouvrir"),
    asks_confirmation=_("Le portail va s’ouvrir : assurez-vous que rien ne se trouve dans sa course."),
)
CLOSE = Verb(
    code="close",
    label=_("Fermer"),
    asks_confirmation=_(
        "Le portail va se fermer : assurez-vous que personne ne reste à l’intérieur ni sur son passage."
    ),
)

# EN 12453: a gate that moves by itself must not close on anybody. Its own edge or light barrier stops it at once; this
# keeps it from being told to close while somebody is seen there.
PRESENCE = tuple(
    Interlock(code="presence", verbs=frozenset({CLOSE.code}), quantity=quantity) for quantity in ("occupancy", "motion")
)

SOLUTION = Solution(
    code="access",
    label=_("Accès"),
    icon="lock-open",
    verbs=MappingProxyType({OPEN.code: OPEN, CLOSE.code: CLOSE}),
    panel="access/panel.html",
    chart_quantities=("relay_1",),
    site_kinds=("cemetery", "technical_centre", "gymnasium"),
    quantities=MappingProxyType({"relay_1": _("Portail")}),
    # A gate that opens long after its hour surprises people.
    catch_up=timedelta(minutes=30),
    # Nobody expects a gate to move later on its own: again at once or not at all.
    retry=Retry(attempts=2, within=timedelta(minutes=2)),
    interlocks=PRESENCE,
    approval_within=timedelta(hours=1),
)
