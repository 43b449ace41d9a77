"""Writes: an organisation decides what two persons must agree on. Its mayor does, or the operator for it."""

from django.db import IntegrityError, transaction

from maillage.command import queries, registry
from maillage.command.models import TwoPersonRule
from maillage.identity.actions import write_journal
from maillage.identity.actor import Actor
from maillage.identity.policies import require_represent
from maillage.kernel.errors import Conflict, Invalid, NotFound
from maillage.telemetry import queries as telemetry


@transaction.atomic
def require_two(
    actor: Actor, organisation_id: int, solution: str, verb: str, site_id: int | None = None
) -> TwoPersonRule:
    """From now on ``verb`` needs two persons: on one site, or on all of the organisation's."""
    require_represent(actor, organisation_id)
    declared = registry.solutions().get(solution)
    if declared is None or verb not in declared.verbs:
        raise Invalid("verb_not_understood", verb=verb, model=solution)
    if site_id is not None and telemetry.site(actor, site_id).organisation_id != organisation_id:
        raise NotFound("site_unknown", site_id=site_id)
    try:
        with transaction.atomic():
            rule = TwoPersonRule.objects.create(
                organisation_id=organisation_id, solution=solution, verb=verb, site_id=site_id
            )
    except IntegrityError as problem:
        raise Conflict("rule_exists") from problem
    _journal(actor, rule, "command.two_person_rule_added")
    return rule


@transaction.atomic
def lift_rule(actor: Actor, rule_id: int) -> str:
    """One person is enough again. Returns the commune's INSEE code, empty for an organisation that is none."""
    rule = queries.two_person_rules(actor).filter(pk=rule_id).first()
    if rule is None:
        raise NotFound("rule_unknown", rule_id=rule_id)
    require_represent(actor, rule.organisation_id)
    _journal(actor, rule, "command.two_person_rule_removed")
    rule.delete()
    commune = getattr(rule.organisation, "commune", None)
    return commune.pk if commune is not None else ""


def _journal(actor: Actor, rule: TwoPersonRule, action: str) -> None:
    where = rule.site.name if rule.site else ""
    facts: dict[str, object] = {"verb": rule.verb, "site": where}
    write_journal(actor, rule.organisation_id, action, "two_person_rule", rule.pk, where or rule.solution, facts)
