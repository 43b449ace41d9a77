"""Alarms as pages show them."""

from dataclasses import dataclass
from datetime import datetime

from maillage.command.alarms import labels
from maillage.command.alarms.models import Alarm, AlarmEvent
from maillage.identity import policies
from maillage.identity.actor import Actor


@dataclass(frozen=True, slots=True)
class AlarmLine:
    """One alarm in words; ``tone`` is the kit's colour of its severity, ``state_tone`` of its state."""

    alarm: Alarm
    title: str
    explanation: str
    severity: str
    tone: str
    state: str
    state_tone: str
    may_act: bool

    @property
    def rule_id(self) -> int | None:
        """The rule that raised it."""
        found = self.alarm.facts.get("rule")
        return found if isinstance(found, int) else None

    @property
    def place(self) -> str:
        """Where."""
        return self.alarm.site.name if self.alarm.site else self.alarm.organisation.name


@dataclass(frozen=True, slots=True)
class EventLine:
    """A line of its life."""

    at: datetime
    words: str
    by: str
    comment: str


def line(actor: Actor, alarm: Alarm) -> AlarmLine:
    """The alarm for this reader, in the active language."""
    return AlarmLine(
        alarm=alarm,
        title=labels.title(alarm.code, alarm.label),
        explanation=labels.explanation(alarm.code, alarm.facts),
        severity=str(labels.SEVERITIES[alarm.severity]),
        tone=labels.SEVERITY_TONES[alarm.severity],
        state=str(labels.STATES[alarm.state]),
        state_tone=labels.STATE_TONES[alarm.state],
        may_act=policies.may_command(actor, alarm.organisation_id),
    )


def event_line(event: AlarmEvent) -> EventLine:
    """In the active language."""
    return EventLine(event.at, labels.event_words(event.kind, event.facts), event.actor_label, event.comment)
