"""Commands in words: what was asked, what became of it and why, for the pages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext, ngettext

from maillage.command.engine.life import State, is_open
from maillage.command.labels import ORIGINS, explain
from maillage.command.live import tone_of
from maillage.command.models import Command
from maillage.command.places import Equipment
from maillage.command.queries import offers
from maillage.web import formats
from maillage.web.life import LABELS, LifeStep, life_steps

RECENT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Life:
    """``what`` is « 19 °C » or « Ouvrir »; ``cause`` a sentence, empty while nothing went wrong."""

    command: Command
    what: str
    cause: str
    origin: str
    steps: Sequence[LifeStep]

    @property
    def is_open(self) -> bool:
        """Whether something may still become of it."""
        return is_open(State(self.command.state))

    @property
    def label(self) -> str:
        """The state in a word."""
        return str(LABELS[self.command.state])

    @property
    def tone(self) -> str:
        """The state as the kit colours it."""
        return tone_of(self.command.state)


@dataclass(frozen=True, slots=True)
class Task:
    """The newest command of a device, if it was ever asked anything. ``listening`` says when it will hear."""

    equipment: Equipment
    life: Life | None
    in_full: bool
    listening: str


def task(equipment: Equipment, life: Life | None, now: datetime) -> Task:
    """A device and its newest command. Its steps are told while it lasts, and for a while after its end."""
    ended_at = life.command.ended_at if life else None
    in_full = life is not None and (life.is_open or (ended_at is not None and now - ended_at < RECENT))
    return Task(equipment, life, in_full, listening(equipment, now))


def listening(equipment: Equipment, now: datetime) -> str:
    """When the device can be spoken to: always in class C, right after it spoke in class A (LoRaWAN 1.0.4 §3.3)."""
    if equipment.listens_always:
        return gettext("L’appareil écoute en permanence : il répond d’ordinaire en quelques secondes.")
    minutes = equipment.period_min
    rhythm = (
        ngettext(
            "La vanne écoute chaque minute environ", "La vanne écoute toutes les %(count)s minutes environ", minutes
        )
        if equipment.state.thing.category == "radiator_valve"
        else ngettext(
            "L’appareil écoute chaque minute environ", "L’appareil écoute toutes les %(count)s minutes environ", minutes
        )
    ) % {"count": minutes}
    expected = equipment.state.next_expected_at
    if expected is None:
        return gettext("%(rhythm)s, mais n’a pas encore donné de nouvelles.") % {"rhythm": rhythm}
    if expected < now:
        return gettext("%(rhythm)s ; on l’attendait à %(time)s.") % {
            "rhythm": rhythm,
            "time": formats.clock_time(expected),
        }
    return gettext("%(rhythm)s, la prochaine fois vers %(time)s.") % {
        "rhythm": rhythm,
        "time": formats.clock_time(expected),
    }


def lives(commands: Iterable[Command]) -> list[Life]:
    """Each command with the words of its life, in their order."""
    return [life_of(command) for command in commands]


def life_of(command: Command) -> Life:
    """One command in words. Its thing and its steps are at hand (``queries.commands``)."""
    steps = list(command.steps.all())
    ended = next((step for step in steps if step.cause), None)
    cause = explain(ended.state, ended.cause, ended.facts) if ended else ""
    times = {step.state: step.at for step in steps}
    return Life(
        command=command,
        what=what_is_asked(command),
        cause=cause,
        origin=str(ORIGINS.get(command.origin, command.origin)),
        steps=life_steps(command.state, times, cause),
    )


def what_is_asked(command: Command) -> str:
    """The value with its unit, else the verb in the words of its use."""
    offer = offers(command.thing).get(command.verb)
    if command.value is not None:
        return formats.quantity(command.value, offer.limits.unit if offer and offer.limits else "")
    return str(offer.verb.label) if offer else command.verb
