"""Commands in words: what was asked, what became of it and why, for the pages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext, ngettext

from maillage.command.engine.life import State, is_open
from maillage.command.engine.rhythm import Rhythm, wakes_at
from maillage.command.labels import ORIGINS, explain
from maillage.command.live import tone_of
from maillage.command.models import Command, CommandStep
from maillage.command.places import Equipment
from maillage.command.queries import asking_for, offers
from maillage.command.undoing.before import may_be_undone
from maillage.identity.labels import who
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
    who: str = ""
    before: str = ""
    again: str = ""
    approved_by: str = ""

    @property
    def is_open(self) -> bool:
        """Whether something may still become of it."""
        return is_open(State(self.command.state))

    @property
    def is_proposed(self) -> bool:
        """Whether a second person is waited for."""
        return self.command.state == State.PROPOSED

    @property
    def may_be_undone(self) -> bool:
        """Whether the page offers it; that no newer command followed is the page's to know."""
        return may_be_undone(self.command)

    @property
    def dialog_id(self) -> str:
        """Of the dialog that asks before undoing it."""
        return f"undo-{self.command.pk}"

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


def task(equipment: Equipment, life: Life | None, now: datetime, speaks: Rhythm | None = None) -> Task:
    """A device and its newest command. Its steps are told while it lasts, and for a while after its end."""
    ended_at = life.command.ended_at if life else None
    in_full = life is not None and (life.is_open or (ended_at is not None and now - ended_at < RECENT))
    return Task(equipment, life, in_full, listening(equipment, now, speaks))


def listening(equipment: Equipment, now: datetime, speaks: Rhythm | None = None) -> str:
    """When the device can be spoken to: always in class C, right after it spoke in class A (LoRaWAN 1.0.4 §3.3).

    ``speaks`` is its rhythm as learnt; without it, the one that its model declares.
    """
    if equipment.listens_always:
        return gettext("L’appareil écoute en permanence : il répond d’ordinaire en quelques secondes.")
    period = speaks.period if speaks else equipment.state.period
    minutes = max(1, round(period / timedelta(minutes=1)))
    rhythm = (
        ngettext(
            "La vanne écoute chaque minute environ", "La vanne écoute toutes les %(count)s minutes environ", minutes
        )
        if equipment.state.thing.category == "radiator_valve"
        else ngettext(
            "L’appareil écoute chaque minute environ", "L’appareil écoute toutes les %(count)s minutes environ", minutes
        )
    ) % {"count": minutes}
    device = equipment.state.thing.device
    heard_at = device.last_seen_at if device else None
    if heard_at is None:
        return gettext("%(rhythm)s, mais n’a pas encore donné de nouvelles.") % {"rhythm": rhythm}
    wakes = wakes_at(period, heard_at, now)
    if wakes is None or heard_at + period < now:
        return gettext("%(rhythm)s ; on l’attendait à %(time)s.") % {
            "rhythm": rhythm,
            "time": formats.clock_time(heard_at + period),
        }
    return ngettext(
        "%(rhythm)s, la prochaine fois dans une minute environ, vers %(time)s.",
        "%(rhythm)s, la prochaine fois dans %(count)s minutes environ, vers %(time)s.",
        in_minutes := max(1, round((wakes - now) / timedelta(minutes=1))),
    ) % {"rhythm": rhythm, "count": in_minutes, "time": formats.clock_time(wakes)}


def lives(commands: Iterable[Command]) -> list[Life]:
    """Each command with the words of its life, in their order."""
    return [life_of(command) for command in commands]


def life_of(command: Command) -> Life:
    """One command in words. Its thing and its steps are at hand (``queries.commands``)."""
    steps = list(command.steps.all())
    ended = next((step for step in reversed(steps) if step.cause and step.state == command.state), None)
    open_again = ended is not None and is_open(State(command.state))
    cause = explain(ended.state, ended.cause, ended.facts) if ended and not open_again else ""
    times = {step.state: step.at for step in steps if step.attempt == command.attempt or step.state == State.PROPOSED}
    approvals = (step.facts.get("approved_by") for step in steps)
    return Life(
        command=command,
        what=what_is_asked(command),
        cause=cause,
        origin=str(ORIGINS.get(command.origin, command.origin)),
        steps=life_steps(command.state, times, cause),
        who=who(command.actor_label, is_machine=command.requested_by_id is None),
        before=state_in_words(command, command.previous_value),
        again=_again(command, steps),
        approved_by=next((str(name) for name in approvals if name), ""),
    )


def state_in_words(command: Command, reported: float | None) -> str:
    """What the thing reported, in the words of the verb: « 16 °C », « Fermer »; empty when nothing is known."""
    offer = offers(command.thing).get(command.verb)
    if reported is None or offer is None:
        return ""
    if offer.limits is not None:
        return formats.quantity(reported, offer.limits.unit)
    verb, _value = asking_for(offers(command.thing), command.verb, reported)
    return str(offers(command.thing)[verb].verb.label) if verb else ""


def _again(command: Command, steps: Sequence[CommandStep]) -> str:
    """Which attempt it is, and why the one before was not enough."""
    retried = next((step for step in reversed(steps) if step.state == State.REQUESTED and step.cause), None)
    if command.attempt == 1 or retried is None:
        return ""
    why = explain(State.FAILED, retried.cause, retried.facts)
    return gettext("Essai n° %(number)s. L’essai précédent : %(why)s") % {"number": command.attempt, "why": why}


def what_is_asked(command: Command) -> str:
    """The value with its unit, else the verb in the words of its use."""
    offer = offers(command.thing).get(command.verb)
    if command.value is not None:
        return formats.quantity(command.value, offer.limits.unit if offer and offer.limits else "")
    return str(offer.verb.label) if offer else command.verb
