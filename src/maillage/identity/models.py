"""Organisations, people, what they may act for, and the journal of what they did."""

from datetime import UTC
from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower

from maillage.identity import journal
from maillage.identity.actor import Role
from maillage.identity.tenancy import TenantOwned


class Organisation(models.Model):
    """A tenant: the operating body, a commune, a contractor, later schools and businesses."""

    class Kind(models.TextChoices):
        OPERATOR = "operator"
        COMMUNE = "commune"
        CONTRACTOR = "contractor"
        BUSINESS = "business"

    kind = models.CharField(max_length=16, choices=Kind)
    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=80, unique=True)
    siren = models.CharField(max_length=9, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="From then on, nobody acts for it.")
    member_since = models.DateField(null=True, blank=True, help_text="Date of joining the syndicate, if a member.")

    class Meta:
        constraints: ClassVar = [
            # One body operates the platform; everybody else is its tenant.
            models.UniqueConstraint(fields=["kind"], condition=models.Q(kind="operator"), name="identity_one_operator"),
        ]

    def __str__(self) -> str:
        return self.name


class Mandate(models.Model):
    """``client`` lets ``contractor`` see and maintain its equipment, until revoked."""

    client = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    contractor = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="mandates")
    granted_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["client", "contractor"],
                condition=models.Q(revoked_at=None),
                name="identity_one_live_mandate",
            ),
        ]


class UserManager(BaseUserManager["User"]):
    """Finds people by e-mail address whatever its case."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A person who logs in with an e-mail address."""

    class Language(models.TextChoices):
        FRENCH = "fr"
        ENGLISH = "en"

    email = models.EmailField(unique=True)
    full_name = models.CharField(max_length=150)
    language = models.CharField(max_length=2, choices=Language, default=Language.FRENCH)
    is_active = models.BooleanField(default=True)

    objects = UserManager()

    USERNAME_FIELD = "email"

    class Meta:
        constraints: ClassVar = [
            # The same mailbox must not open two accounts by a change of case.
            models.UniqueConstraint(Lower("email"), name="identity_email_any_case"),
        ]

    def __str__(self) -> str:
        return self.full_name

    def get_full_name(self) -> str:
        """The name that Django's own templates and ours ask for."""
        return self.full_name


class Membership(models.Model):
    """A person acts for an organisation in one role."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=16, choices=[(r.value, r.value) for r in Role if r is not Role.MACHINE])

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "organisation"], name="identity_one_role_an_organisation"),
        ]


class Invitation(TenantOwned):
    """A link by which somebody starts to act for the organisation, once. Only the SHA-256 of its secret is kept.

    The account is made or found when the link is used, never before: who invites learns of no account.
    """

    email = models.EmailField()
    full_name = models.CharField(max_length=150)
    role = models.CharField(max_length=16, choices=[(r.value, r.value) for r in Role if r is not Role.MACHINE])
    digest = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True, help_text="When it was used, replaced or withdrawn.")


class PasswordLink(models.Model):
    """A link by which a person chooses a new password, once. Only the SHA-256 of its secret is kept."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    digest = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True, help_text="When it was used or replaced.")


class ApiToken(models.Model):
    """A bearer token of a membership. Only its SHA-256 is kept; the clear text is shown once."""

    NAME_LENGTH = 80

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=NAME_LENGTH)
    digest = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)


class JournalEntry(models.Model):
    """Who did what, when, on what. Append-only and hash-chained per organisation.

    ``hash`` = SHA-256 over ``previous_hash`` and the canonical JSON of the other fields (``identity.journal``). A
    trigger refuses UPDATE and DELETE, so that even a programming error cannot rewrite history.
    """

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    sequence = models.PositiveBigIntegerField(help_text="1, 2, 3… within the organisation, without a gap.")
    at = models.DateTimeField()
    user = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    actor_label = models.CharField(max_length=150)
    actor_role = models.CharField(max_length=16)
    action = models.CharField(max_length=64, help_text="Stable code such as command.requested.")
    object_type = models.CharField(max_length=64)
    object_id = models.CharField(max_length=64)
    object_label = models.CharField(max_length=200)
    facts = models.JSONField(default=dict, help_text="Before, after, cause: whatever explains the act.")
    previous_hash = models.BinaryField(max_length=32)
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organisation", "sequence"], name="identity_journal_sequence"),
        ]
        indexes: ClassVar = [models.Index(fields=["organisation", "object_type", "object_id"])]

    def hashed_fields(self) -> dict[str, object]:
        """Everything but the primary key and the hashes themselves."""
        return {
            "organisation_id": self.organisation_id,
            "sequence": self.sequence,
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "user_id": self.user_id,
            "actor_label": self.actor_label,
            "actor_role": self.actor_role,
            "action": self.action,
            "object_type": self.object_type,
            "object_id": self.object_id,
            "object_label": self.object_label,
            "facts": self.facts,
        }

    def as_link(self) -> journal.Entry:
        """The row as the chain sees it."""
        return journal.Entry(self.sequence, self.hashed_fields(), bytes(self.previous_hash), bytes(self.hash))


class IdempotentAnswer(models.Model):
    """The answer given to a write that carried an ``Idempotency-Key``, kept to be given again (``run_once``)."""

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    request_digest = models.BinaryField(max_length=32, help_text="SHA-256 of method, address and body.")
    status = models.PositiveSmallIntegerField(null=True, help_text="Null only while the write is under way.")
    body = models.BinaryField(null=True, help_text="Null for an answer that held a secret.")
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar = [
            # Two simultaneous requests with one key: the second waits here until the first has committed.
            models.UniqueConstraint(fields=["membership", "key"], name="identity_one_answer_a_key"),
        ]
