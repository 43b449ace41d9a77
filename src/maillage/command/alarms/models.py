"""Alarms and their life, who is on call, and when work is under way."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from maillage.command.notifications.models import Severity
from maillage.identity.models import User
from maillage.identity.tenancy import TenantOwned
from maillage.telemetry.models import Thing
from maillage.territory.models import Site


class Roster(TenantOwned):
    """Who is told of an alarm, in turn: level 1 first, the next level when nobody has acknowledged in time."""

    name = models.CharField(max_length=100)
    escalate_after_s = models.PositiveIntegerField(default=900)
    remind_every_s = models.PositiveIntegerField(default=1800)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "name"], name="command_roster_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Shift(models.Model):
    """A person is on call on these days, between these local times, for a span of days or for good."""

    roster = models.ForeignKey(Roster, on_delete=models.CASCADE, related_name="shifts")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    level = models.PositiveSmallIntegerField(default=1)
    weekdays = ArrayField(models.PositiveSmallIntegerField(), help_text="ISO days on which it begins.")
    start = models.TimeField()
    until = models.TimeField(help_text="At or before the start: on the next day.")
    first_day = models.DateField(null=True, blank=True)
    last_day = models.DateField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["level", "start", "pk"]


class Alarm(TenantOwned):
    """Something that somebody has to look at. ``key`` names its cause: one open alarm a cause and organisation."""

    class State(models.TextChoices):
        RAISED = "raised"
        ACKNOWLEDGED = "acknowledged"
        CLEARED = "cleared"
        CLOSED = "closed"

    key = models.CharField(max_length=80)
    code = models.CharField(max_length=32, help_text="What kind: rule, device_silent, gateway_silent, network_silent.")
    label = models.CharField(max_length=200, help_text="The rule's, device's or gateway's name.")
    facts = models.JSONField(default=dict, help_text="What fills its sentence.")
    severity = models.CharField(max_length=8, choices=Severity)
    state = models.CharField(max_length=16, choices=State, default=State.RAISED)
    site = models.ForeignKey(Site, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    thing = models.ForeignKey(Thing, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    gateway_eui = models.CharField(max_length=16, blank=True)
    roster = models.ForeignKey(Roster, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    assigned_to = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    raised_at = models.DateTimeField()
    rung_at = models.DateTimeField(help_text="When it last began to ring.")
    times_rung = models.PositiveIntegerField(default=1)
    ended_at = models.DateTimeField(null=True, blank=True)
    level = models.PositiveSmallIntegerField(default=0, help_text="The level of the roster told last; 0: nobody.")
    attend_at = models.DateTimeField(
        null=True, blank=True, help_text="When it is told, told again or told to the next level."
    )

    class Meta:
        constraints: ClassVar = [
            # A cause that goes on is one alarm, however often it is found again.
            models.UniqueConstraint(
                fields=["organisation", "key"],
                condition=models.Q(state__in=["raised", "acknowledged"]),
                name="command_one_open_alarm_a_cause",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organisation", "-raised_at"], name="command_alarm_tenant"),
            models.Index(
                fields=["attend_at"], condition=models.Q(attend_at__isnull=False), name="command_alarm_attend"
            ),
        ]

    @property
    def is_open(self) -> bool:
        return self.state in {self.State.RAISED, self.State.ACKNOWLEDGED}


class AlarmEvent(models.Model):
    """A line of an alarm's life. ``actor_label`` is empty for what came about by itself."""

    class Kind(models.TextChoices):
        RAISED = "raised"
        RANG_AGAIN = "rang_again"
        TOLD = "told"
        REMINDED = "reminded"
        ESCALATED = "escalated"
        MUTED = "muted"
        ACKNOWLEDGED = "acknowledged"
        ASSIGNED = "assigned"
        COMMENTED = "commented"
        CLEARED = "cleared"
        EXPLAINED = "explained"
        WITHDRAWN = "withdrawn"
        CLOSED = "closed"

    alarm = models.ForeignKey(Alarm, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField()
    kind = models.CharField(max_length=16, choices=Kind)
    user = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    actor_label = models.CharField(max_length=150, blank=True)
    comment = models.TextField(blank=True)
    facts = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["at", "pk"]


class Maintenance(TenantOwned):
    """Work is under way: alarms of this site or gateway, or of the whole organisation, are noted but told to nobody."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    gateway_eui = models.CharField(max_length=16, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=200)
    announced_by = models.CharField(max_length=150)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="command_maintenance_lasts", condition=models.Q(ends_at__gt=models.F("starts_at"))
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["organisation", "ends_at"], name="command_maintenance_end")]
