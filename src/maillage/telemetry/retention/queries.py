"""Which datastreams forget, and from when on."""

from dataclasses import dataclass
from datetime import datetime

from maillage.identity.actor import Actor
from maillage.telemetry.engine.retention import Rule, forgotten_before, rule_for
from maillage.telemetry.models import Datastream, RetentionRule


@dataclass(frozen=True, slots=True)
class Limit:
    """Of a datastream: values before ``values`` go, and summaries before ``summaries`` if that is not None."""

    datastream_id: int
    organisation_id: int
    values: datetime
    summaries: datetime | None


def rules() -> list[Rule]:
    """Every rule of the house, those of all organisations."""
    found = RetentionRule.objects.unscoped("what is kept how long is decided over all rules").order_by("pk")
    return [Rule(one.organisation_id, one.quantity, one.value_days, one.summary_days) for one in found]


def rules_seen(actor: Actor) -> list[RetentionRule]:
    """The rules that concern what ``actor`` sees: everybody's and those of the organisations it sees."""
    found = RetentionRule.objects.unscoped("everybody's rules concern everybody").select_related("organisation")
    ordered = found.order_by("organisation__name", "quantity", "pk")
    return [one for one in ordered if one.organisation_id is None or actor.sees(one.organisation_id)]


def limits(actor: Actor, now: datetime) -> list[Limit]:
    """The datastreams that forget, among those that ``actor`` sees."""
    all_rules, found = rules(), []
    streams = Datastream.objects.visible_to(actor).order_by("pk").values_list("pk", "organisation_id", "quantity")
    for pk, organisation_id, quantity in streams if all_rules else []:
        rule = rule_for(all_rules, organisation_id, quantity)
        if rule is not None:
            summaries = None if rule.summary_days is None else forgotten_before(rule.summary_days, now)
            found.append(Limit(pk, organisation_id, forgotten_before(rule.value_days, now), summaries))
    return found
