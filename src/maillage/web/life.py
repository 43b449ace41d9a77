"""A command's life as steps to draw: requested → sent → acknowledged → confirmed, or where and why it stopped.

Values only: the command capability keeps the states, this says how they look.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

StepState = Literal["done", "current", "todo", "failed"]

PROPOSED = "proposed"
ORDER = ("requested", "sent", "acknowledged", "confirmed")
ENDINGS = ("refused", "failed", "expired")
LABELS: Mapping[str, Promise] = {
    "proposed": _("À approuver"),
    "requested": _("Demandée"),
    "sent": _("Envoyée"),
    "acknowledged": _("Reçue par l’appareil"),
    "confirmed": _("Confirmée"),
    "refused": _("Refusée"),
    "failed": _("Échouée"),
    "expired": _("Expirée"),
}


@dataclass(frozen=True, slots=True)
class LifeStep:
    """One step; ``cause`` is a sentence shown under a step that failed."""

    label: str | Promise
    state: StepState
    at: datetime | None = None
    cause: str = ""


def life_steps(state: str, times: Mapping[str, datetime], cause: str = "") -> list[LifeStep]:
    """The steps of a command in ``state`` (``PROPOSED``, one of ``ORDER`` or of ``ENDINGS``).

    ``times`` has the instant of each state it went through. A confirmation may come without an acknowledgement having
    been heard: the earlier steps are then done, without a time.
    """
    if state in ENDINGS:
        passed = [LifeStep(LABELS[name], "done", times[name]) for name in (PROPOSED, *ORDER) if name in times]
        return [*passed, LifeStep(LABELS[state], "failed", times.get(state), cause)]
    if state == PROPOSED:
        waiting = LifeStep(LABELS[PROPOSED], "current", times.get(PROPOSED))
        return [waiting, *(LifeStep(LABELS[name], "todo") for name in ORDER)]
    if state not in ORDER:
        raise ValueError(f"a command has no state {state!r}")
    reached = ORDER.index(state)
    finished = reached == len(ORDER) - 1
    approved = [LifeStep(LABELS[PROPOSED], "done", times[PROPOSED])] if PROPOSED in times else []
    return approved + [
        LifeStep(LABELS[name], _state_of(index, reached, finished=finished), times.get(name))
        for index, name in enumerate(ORDER)
    ]


def _state_of(index: int, reached: int, *, finished: bool) -> StepState:
    if index <= reached:
        return "done"
    return "current" if index == reached + 1 and not finished else "todo"
