"""Writes: how long values are kept, and forgetting what is past its time."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from maillage.identity.actions import write_journal
from maillage.identity.actor import Actor
from maillage.identity.models import Organisation
from maillage.identity.policies import require_operate
from maillage.kernel.errors import Invalid, NotFound, Refused
from maillage.telemetry.models import RetentionRule
from maillage.telemetry.retention import queries, store

LONGEST_DAYS = 36_500


@transaction.atomic
def set_retention(
    actor: Actor, organisation_id: int | None, quantity: str, value_days: int, summary_days: int | None
) -> RetentionRule:
    """Values are kept ``value_days``, summaries ``summary_days`` (None: for ever). Replaces the rule of the same scope.

    ``organisation_id`` None: of everybody; then only the operating body decides. Raises ``Refused``, ``NotFound``,
    ``Invalid``.
    """
    home = _home(actor, organisation_id)
    shortest = value_days if summary_days is None else min(value_days, summary_days)
    if not 0 < shortest <= max(value_days, summary_days or 0) <= LONGEST_DAYS:
        raise Invalid("retention_days_unfit", longest=LONGEST_DAYS)
    if summary_days is not None and summary_days < value_days:
        raise Invalid("retention_summaries_shorter", value_days=value_days)
    whose = None if organisation_id is None else Organisation.objects.filter(pk=organisation_id).first()
    rule, _ = RetentionRule.objects.unscoped("the scope was checked above").update_or_create(
        organisation=whose, quantity=quantity, defaults={"value_days": value_days, "summary_days": summary_days}
    )
    facts: dict[str, object] = {"quantity": quantity, "value_days": value_days, "summary_days": summary_days}
    write_journal(actor, home, "telemetry.retention_set", "retention", rule.pk, quantity, facts)
    return rule


@transaction.atomic
def remove_retention(actor: Actor, rule_id: int) -> None:
    """The rule no longer counts: what it concerned falls under a more general one, or is kept for ever."""
    found = [one for one in queries.rules_seen(actor) if one.pk == rule_id]
    if not found:
        raise NotFound("retention_unknown", rule_id=rule_id)
    rule = found[0]
    home = _home(actor, rule.organisation_id)
    facts: dict[str, object] = {
        "quantity": rule.quantity,
        "value_days": rule.value_days,
        "summary_days": rule.summary_days,
    }
    write_journal(actor, home, "telemetry.retention_removed", "retention", rule.pk, rule.quantity, facts)
    rule.delete()


@transaction.atomic
def forget_expired(actor: Actor, now: datetime) -> int:
    """Delete values and summaries of the database that are past their time; returns how many values went."""
    limits = queries.limits(actor, now)
    if not limits:
        return 0
    went = store.forget_values(limits)
    store.forget_summaries(limits)
    _journal(actor, limits, went, "")
    return sum(went.values())


@transaction.atomic
def note_forgotten_file(actor: Actor, month: str, limits: list[queries.Limit], count: int) -> None:
    """Journal that ``count`` values of ``month`` of these datastreams are no longer in the archive."""
    for organisation_id in sorted({one.organisation_id for one in limits}):
        streams = [one.datastream_id for one in limits if one.organisation_id == organisation_id]
        facts: dict[str, object] = {"month": month, "datastreams": len(streams), "of_values": count}
        write_journal(actor, organisation_id, "telemetry.values_forgotten", "archive", month, month, facts)


def _journal(actor: Actor, limits: list[queries.Limit], went: Mapping[int, int], label: str) -> None:
    by_organisation: Counter[int] = Counter()
    for one in limits:
        by_organisation[one.organisation_id] += went.get(one.datastream_id, 0)
    for organisation_id, count in sorted(by_organisation.items()):
        if count:
            facts: dict[str, object] = {"values": count}
            write_journal(actor, organisation_id, "telemetry.values_forgotten", "values", "", label, facts)


def _home(actor: Actor, organisation_id: int | None) -> int:
    """The organisation in whose journal the decision stands."""
    if organisation_id is not None:
        if not Organisation.objects.filter(pk=organisation_id).exists():
            raise NotFound("organisation_unknown", organisation_id=organisation_id)
        require_operate(actor, organisation_id)
        return organisation_id
    operator = Organisation.objects.filter(kind=Organisation.Kind.OPERATOR).first()
    if operator is None:
        raise Refused("not_permitted", what="operate", organisation_id=None)
    require_operate(actor, operator.pk)
    return operator.pk
