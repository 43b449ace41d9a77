"""Accounts and usage: what bills are made with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from stdnum.fr import siret as siret_number

from maillage.billing import queries
from maillage.billing.models import Account, UsageEvent
from maillage.billing.parties import Party, snapshot
from maillage.identity.actions import write_journal
from maillage.identity.actor import Actor
from maillage.identity.policies import require_operate
from maillage.kernel import clock
from maillage.kernel.errors import Invalid
from maillage.orders import queries as orders
from maillage.orders.actions import reopen
from maillage.orders.engine.terms import Kind, from_json


@dataclass(frozen=True, slots=True)
class NewUse:
    """Something used on a local day. ``reference`` is the source's: sent twice, it counts once."""

    reference: str
    component: str
    used_on: date
    quantity: Decimal


@transaction.atomic
def set_account(
    actor: Actor,
    organisation_id: int,
    party: Party,
    channel: str,
    terms_days: int = 30,
    pes: dict[str, str] | None = None,
) -> Account:
    """How an organisation is billed from now on; issued documents keep what they say."""
    require_operate(actor, organisation_id)
    if not siret_number.is_valid(party.siret):
        raise Invalid("siret_wrong", siret=party.siret)
    missing = next((name for name in ("legal_name", "street", "postcode", "city") if not getattr(party, name)), None)
    if missing:
        raise Invalid("address_incomplete", field=missing)
    given = {name: getattr(party, name) for name in Party.__struct_fields__}
    given |= {"channel": channel, "terms_days": terms_days, "pes": pes or {}}
    row, _created = Account.objects.visible_to(actor).update_or_create(organisation_id=organisation_id, defaults=given)
    facts: dict[str, object] = {"channel": channel, **snapshot(row)}
    write_journal(actor, organisation_id, "billing.account_set", "account", row.pk, party.legal_name, facts)
    return row


@transaction.atomic
def record_usage(actor: Actor, subscription_id: int, uses: Sequence[NewUse]) -> int:
    """Keep events of use; those known already are left as they are. Returns how many are new.

    Late ones reopen their month: the next run asks the difference. Raises ``Invalid`` for a component that is not
    charged by use, or a day outside the subscription; then nothing is kept.
    """
    one = orders.subscription(actor, subscription_id)
    require_operate(actor, one.organisation_id)
    terms = from_json(one.terms)
    for use in uses:
        if terms.component(use.component).kind is not Kind.USAGE or use.quantity <= 0:
            raise Invalid("usage_unfit", reference=use.reference, component=use.component)
        if use.used_on < one.starts_on or (one.ends_on is not None and use.used_on >= one.ends_on):
            raise Invalid("usage_outside_subscription", reference=use.reference, used_on=use.used_on.isoformat())
    known = queries.known_usage(actor, subscription_id, [use.reference for use in uses])
    new = {use.reference: use for use in uses if use.reference not in known}
    now = clock.now()
    UsageEvent.objects.bulk_create(
        UsageEvent(
            organisation_id=one.organisation_id,
            subscription=one,
            component=use.component,
            reference=use.reference,
            used_on=use.used_on,
            quantity=use.quantity,
            received_at=now,
        )
        for use in new.values()
    )
    if new:
        reopen(actor, subscription_id, min(use.used_on for use in new.values()))
        facts: dict[str, object] = {"events": len(new)}
        write_journal(actor, one.organisation_id, "billing.usage_recorded", "subscription", one.pk, one.label, facts)
    return len(new)
