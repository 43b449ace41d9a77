"""Commands and their life, and the weekly schedules that issue them."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from maillage.command.alarms.models import Alarm, AlarmEvent, Maintenance, Roster, Shift
from maillage.command.notifications.models import Hook, Notification, Preference, PushSubscription
from maillage.command.rules.models import Rule, RuleAct, RuleInput, RuleOrder, RuleState
from maillage.identity.models import User
from maillage.identity.tenancy import TenantOwned
from maillage.telemetry.models import Thing

# Each room declares its own models; Django looks for them here.
__all__ = [
    "Alarm",
    "AlarmEvent",
    "Command",
    "CommandStep",
    "Hook",
    "Maintenance",
    "Notification",
    "Preference",
    "PushSubscription",
    "Roster",
    "Rule",
    "RuleAct",
    "RuleInput",
    "RuleOrder",
    "RuleState",
    "ScheduleEntry",
    "Shift",
]


class Command(TenantOwned):
    """Somebody or a schedule asked a thing to do something. ``steps`` tells what became of it."""

    class State(models.TextChoices):
        REQUESTED = "requested"
        SENT = "sent"
        ACKNOWLEDGED = "acknowledged"
        CONFIRMED = "confirmed"
        REFUSED = "refused"
        FAILED = "failed"
        EXPIRED = "expired"

    class Origin(models.TextChoices):
        PERSON = "person"
        SCHEDULE = "schedule"
        API = "api"
        RULE = "rule"

    id = models.UUIDField(primary_key=True)
    thing = models.ForeignKey(Thing, on_delete=models.PROTECT, related_name="+")
    verb = models.CharField(max_length=48, help_text="As the solution declares: set_temperature, open, close.")
    value = models.FloatField(null=True, blank=True)
    previous_value = models.FloatField(null=True, blank=True, help_text="What the thing last reported before it.")
    origin = models.CharField(max_length=16, choices=Origin)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    actor_label = models.CharField(max_length=150)
    state = models.CharField(max_length=16, choices=State)
    requested_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["thing", "-requested_at"], name="command_thing"),
            models.Index(
                fields=["expires_at"],
                condition=models.Q(state__in=["requested", "sent", "acknowledged"]),
                name="command_open",
            ),
        ]


class CommandStep(models.Model):
    """One change of state, with its cause: a stable code and the facts that fill its sentence."""

    command = models.ForeignKey(Command, on_delete=models.CASCADE, related_name="steps")
    state = models.CharField(max_length=16, choices=Command.State)
    at = models.DateTimeField()
    cause = models.CharField(max_length=64, blank=True)
    facts = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            # A state is entered once; a repeated event changes nothing.
            models.UniqueConstraint(fields=["command", "state"], name="command_step_once"),
        ]


class ScheduleEntry(TenantOwned):
    """A weekly line: on these days, at this moment, the thing does this."""

    class Anchor(models.TextChoices):
        CLOCK = "clock"
        SUNRISE = "sunrise"
        SUNSET = "sunset"

    thing = models.ForeignKey(Thing, on_delete=models.CASCADE, related_name="+")
    verb = models.CharField(max_length=48)
    value = models.FloatField(null=True, blank=True)
    weekdays = ArrayField(models.PositiveSmallIntegerField(), help_text="ISO days, 1 = Monday … 7 = Sunday.")
    anchor = models.CharField(max_length=8, choices=Anchor)
    clock_time = models.TimeField(null=True, blank=True, help_text="Local time; for the clock anchor.")
    offset_minutes = models.SmallIntegerField(default=0, help_text="After sunrise or sunset; negative is before.")
    enabled = models.BooleanField(default=True)
    valid_from = models.DateTimeField(help_text="No occurrence before this instant is ever carried out.")
    last_occurrence_at = models.DateTimeField(null=True, blank=True, help_text="So that a restart repeats nothing.")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="command_clock_has_time",
                condition=models.Q(anchor="clock", clock_time__isnull=False)
                | models.Q(anchor__in=["sunrise", "sunset"], clock_time__isnull=True),
            ),
        ]
