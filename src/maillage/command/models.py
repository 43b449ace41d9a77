"""Commands and their life, the weekly schedules and exceptional periods that issue them, and what guards them."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models

from maillage.command.alarms.models import Alarm, AlarmEvent, Maintenance, Roster, Shift
from maillage.command.notifications.models import Hook, Notification, Preference, PushSubscription
from maillage.command.rules.models import Rule, RuleAct, RuleInput, RuleOrder, RuleState
from maillage.identity.models import User
from maillage.identity.tenancy import TenantOwned
from maillage.telemetry.models import Thing
from maillage.territory.models import Site

# Each room declares its own models; Django looks for them here.
__all__ = [
    "Alarm",
    "AlarmEvent",
    "Batch",
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

REASON_LENGTH = 300


class Days(models.TextChoices):
    """Whether something applies on holidays: like on any day, only then, or never then."""

    ANY = "any"
    ONLY = "only"
    NEVER = "never"


class Batch(TenantOwned):
    """One wish for many things at once: all the schools of a commune. Each thing has a command of its own."""

    id = models.UUIDField(primary_key=True)
    solution = models.CharField(max_length=32)
    verb = models.CharField(max_length=48)
    value = models.FloatField(null=True, blank=True)
    label = models.CharField(max_length=150, help_text="What was chosen, in words: all the schools.")
    reason = models.CharField(max_length=REASON_LENGTH, blank=True)
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    actor_label = models.CharField(max_length=150)
    requested_at = models.DateTimeField()


class Command(TenantOwned):
    """Somebody or a schedule asked a thing to do something. ``steps`` tells what became of it."""

    class State(models.TextChoices):
        PROPOSED = "proposed"
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
        SPECIAL = "special"
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
    reason = models.CharField(max_length=REASON_LENGTH, blank=True, help_text="Why, as the person wrote it.")
    beyond_law = models.BooleanField(default=False, help_text="Above the legal ceiling, for the reason given.")
    undoes = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, null=True, blank=True, related_name="commands")
    attempt = models.PositiveSmallIntegerField(default=1, help_text="How often it has been sent, or is being sent.")
    requested_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["thing", "-requested_at"], name="command_thing"),
            models.Index(
                fields=["expires_at"],
                condition=models.Q(state__in=["proposed", "requested", "sent", "acknowledged"]),
                name="command_not_ended",
            ),
        ]


class CommandStep(models.Model):
    """One change of state, with its cause: a stable code and the facts that fill its sentence."""

    command = models.ForeignKey(Command, on_delete=models.CASCADE, related_name="steps")
    state = models.CharField(max_length=16, choices=Command.State)
    attempt = models.PositiveSmallIntegerField(default=1)
    at = models.DateTimeField()
    cause = models.CharField(max_length=64, blank=True)
    facts = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            # A state is entered once an attempt; a repeated event changes nothing.
            models.UniqueConstraint(fields=["command", "state", "attempt"], name="command_step_once_an_attempt"),
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
    school_holidays = models.CharField(max_length=5, choices=Days, default=Days.ANY)
    public_holidays = models.CharField(max_length=5, choices=Days, default=Days.ANY)
    first_day = models.DateField(null=True, blank=True)
    last_day = models.DateField(null=True, blank=True)
    ready = models.BooleanField(default=False, help_text="Begun early enough for the state to hold at that time.")
    exception_reason = models.CharField(max_length=REASON_LENGTH, blank=True, help_text="Why above the legal ceiling.")
    proposed_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+", help_text="Waits for somebody else."
    )
    enabled = models.BooleanField(default=True)
    waiting_since = models.DateTimeField(null=True, blank=True, help_text="Its hour has come, an interlock forbids it.")
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


class SpecialPeriod(TenantOwned):
    """For a time a thing does something else than its schedule: an override by hand, a village fair, a closure.

    Its weekly lines rest meanwhile. At the end the thing becomes what its schedule then wants, else what it was.
    """

    thing = models.ForeignKey(Thing, on_delete=models.CASCADE, related_name="+")
    batch = models.UUIDField(db_index=True, help_text="The same for the things of one event.")
    label = models.CharField(max_length=150)
    reason = models.CharField(max_length=REASON_LENGTH, blank=True, help_text="Why above the legal ceiling.")
    verb = models.CharField(max_length=48)
    value = models.FloatField(null=True, blank=True)
    verb_after = models.CharField(max_length=48, blank=True, help_text="Where no schedule says what then.")
    value_after = models.FloatField(null=True, blank=True)
    occupied = models.BooleanField(default=True, help_text="The building is used meanwhile.")
    ready = models.BooleanField(default=False)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    actor_label = models.CharField(max_length=150)
    begun_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="command_special_order", condition=models.Q(starts_at__lt=models.F("ends_at"))),
        ]
        indexes: ClassVar = [
            models.Index(fields=["starts_at"], condition=models.Q(ended_at=None), name="command_special_open"),
            models.Index(fields=["thing", "starts_at"], name="command_special_thing"),
        ]


class OpeningHours(TenantOwned):
    """When a building is used. Where none are said it counts as used at all times."""

    site = models.ForeignKey(Site, on_delete=models.CASCADE, related_name="+")
    weekdays = ArrayField(models.PositiveSmallIntegerField(), help_text="ISO days, 1 = Monday … 7 = Sunday.")
    opens = models.TimeField(help_text="Local time.")
    closes = models.TimeField()
    school_holidays = models.CharField(max_length=5, choices=Days, default=Days.ANY)
    public_holidays = models.CharField(max_length=5, choices=Days, default=Days.NEVER)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="command_opening_order", condition=models.Q(opens__lt=models.F("closes"))),
        ]


class TwoPersonRule(TenantOwned):
    """What one person asks another one must approve: on one site, or on all of the organisation's."""

    solution = models.CharField(max_length=32)
    verb = models.CharField(max_length=48)
    site = models.ForeignKey(Site, on_delete=models.CASCADE, null=True, blank=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organisation", "solution", "verb", "site"],
                nulls_distinct=False,
                name="command_two_person_rule_once",
            ),
        ]


class SchoolHoliday(models.Model):
    """Reference data that an operator imported; it stands before what the house was shipped with."""

    zone = models.CharField(max_length=1, help_text="A, B or C.")
    first_day = models.DateField()
    last_day = models.DateField()
    label = models.CharField(max_length=100)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["zone", "first_day"], name="command_school_holiday_once"),
        ]


class WarmUp(TenantOwned):
    """How the room of a thing becomes warm, learnt from its own measures (``engine.warm_up.Response``)."""

    thing = models.OneToOneField(Thing, on_delete=models.CASCADE, primary_key=True, related_name="+")
    learnt_at = models.DateTimeField()
    warm_ups = models.PositiveSmallIntegerField(help_text="How many it was learnt from; 0: not enough yet.")
    tau_s = models.FloatField(null=True, blank=True)
    limit_c = models.FloatField(default=0)
    rate_k_per_h = models.FloatField(default=0)
    spread = models.FloatField(default=0)
