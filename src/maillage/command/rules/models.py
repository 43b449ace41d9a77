"""Rules: what is watched, when it rings, and what is done then."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from maillage.command.alarms.models import Roster
from maillage.command.notifications.models import Hook, Severity
from maillage.identity.tenancy import TenantOwned
from maillage.telemetry.models import Datastream, Thing


class Rule(TenantOwned):
    """A condition in CEL over datastreams (``engine.condition``) and what follows from it."""

    name = models.CharField(max_length=150)
    advice = models.CharField(max_length=500, blank=True, help_text="What to do, told with the alarm.")
    enabled = models.BooleanField(default=False)
    condition = models.CharField(max_length=1000)
    clear_condition = models.CharField(max_length=1000, blank=True, help_text="Hysteresis; empty: once it ceases.")
    hold_s = models.PositiveIntegerField(default=0)
    clear_hold_s = models.PositiveIntegerField(default=0)
    rest_s = models.PositiveIntegerField(default=600, help_text="Ringing again within it is the same alarm.")
    severity = models.CharField(max_length=8, choices=Severity, default=Severity.WARNING)
    raises_alarm = models.BooleanField(default=True)
    roster = models.ForeignKey(Roster, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    hook = models.ForeignKey(Hook, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list, help_text="ISO days; empty: always.")
    window_start = models.TimeField(null=True, blank=True, help_text="Local time.")
    window_until = models.TimeField(null=True, blank=True, help_text="At or before the start: on the next day.")
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "name"], name="command_rule_name"),
            models.CheckConstraint(
                name="command_window_is_whole",
                condition=models.Q(weekdays=[], window_start=None, window_until=None)
                | models.Q(window_start__isnull=False, window_until__isnull=False) & ~models.Q(weekdays=[]),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class RuleInput(models.Model):
    """A variable of the condition: one datastream, or a group of them."""

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="inputs")
    alias = models.CharField(max_length=32)
    is_group = models.BooleanField(default=False)
    datastreams: models.ManyToManyField = models.ManyToManyField(Datastream, related_name="+")  # type: ignore[type-arg]

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rule", "alias"], name="command_rule_alias"),
        ]


class RuleOrder(models.Model):
    """A command that the rule gives when it rings, or when it is quiet again."""

    class Turn(models.TextChoices):
        RAISED = "raised"
        CLEARED = "cleared"

    rule = models.ForeignKey(Rule, on_delete=models.CASCADE, related_name="orders")
    turn = models.CharField(max_length=8, choices=Turn)
    thing = models.ForeignKey(Thing, on_delete=models.CASCADE, related_name="+")
    verb = models.CharField(max_length=48)
    value = models.FloatField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["pk"]


class RuleState(models.Model):
    """What an enabled rule remembers (``engine.replay.Memory``): a restart goes on from here."""

    rule = models.OneToOneField(Rule, on_delete=models.CASCADE, primary_key=True, related_name="state")
    at = models.DateTimeField(help_text="How far it has been judged.")
    phase = models.CharField(max_length=8)
    since = models.DateTimeField(null=True, blank=True)
    values = models.JSONField(default=dict, help_text="Datastream id → [instant, value].")
    fault = models.CharField(max_length=16, blank=True)


class RuleAct(models.Model):
    """An order owed by a transition; carried out once, whatever restarts (``command_id`` is made from both)."""

    class State(models.TextChoices):
        OWED = "owed"
        DONE = "done"
        REFUSED = "refused"
        TOO_LATE = "too_late"

    command_id = models.UUIDField(primary_key=True)
    order = models.ForeignKey(RuleOrder, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State, default=State.OWED)
    cause = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["at"], condition=models.Q(state="owed"), name="command_rule_act_owed"),
        ]
