"""The monthly run: started once, advanced one organisation a transaction, by as many workers as like."""

from datetime import date

from django.db import IntegrityError, transaction

from maillage.billing import queries
from maillage.billing.assembly import Bill, bill_of
from maillage.billing.issuing.actions import Circumstances, issue
from maillage.billing.models import Account, Run, RunItem
from maillage.identity.actions import write_journal
from maillage.identity.actor import Actor
from maillage.identity.policies import require_operate
from maillage.kernel import clock
from maillage.kernel.errors import Conflict, Invalid, MaillageError
from maillage.orders.actions import settle
from maillage.orders.engine.intervals import month_of
from maillage.orders.models import Subscription


@transaction.atomic
def start_run(actor: Actor, month: date, issued_on: date) -> Run:
    """Open the run of a month: an item for each organisation that can be billed.

    Raises ``Conflict`` when the month was run, or one before it is not complete: bills follow one another.
    """
    seller = queries.issuer(actor)
    require_operate(actor, seller.organisation_id)
    if month.day != 1 or issued_on < month:
        raise Invalid("run_dates_unfit", month=month.isoformat(), issued_on=issued_on.isoformat())
    _require_order(actor, month)
    try:
        with transaction.atomic():
            run = Run.objects.create(
                month=month, issued_on=issued_on, started_at=clock.now(), started_by=actor.label[:150]
            )
    except IntegrityError as error:
        raise Conflict("run_exists", month=month.isoformat()) from error
    RunItem.objects.bulk_create(
        RunItem(run=run, organisation_id=one.organisation_id) for one in queries.accounts(actor)
    )
    facts: dict[str, object] = {"month": month.isoformat(), "issued_on": issued_on.isoformat()}
    write_journal(actor, seller.organisation_id, "billing.run_started", "run", run.pk, f"{month:%Y-%m}", facts)
    return run


def bill_next(actor: Actor, run_id: int) -> RunItem | None:
    """Bill one more organisation of the run; None when nothing is left to take. Restartable: a worker that dies
    leaves its organisation as it was, and others take the next one meanwhile. A typed error marks the item.
    """
    run = queries.run(actor, run_id)
    try:
        return _bill_next(actor, run)
    except _Failing as failing:
        return _mark_failed(actor, failing.item, failing.error)


@transaction.atomic
def retry_failed(actor: Actor, run_id: int) -> int:
    """Put the run's failed organisations back. Returns how many."""
    run = queries.run(actor, run_id)
    require_operate(actor, queries.issuer(actor).organisation_id)
    failed = RunItem.objects.visible_to(actor).filter(run=run, state=RunItem.State.FAILED)
    return failed.update(state=RunItem.State.PENDING, cause={})


class _Failing(Exception):  # noqa: N818 - carries a verdict out of its transaction
    def __init__(self, item: RunItem, error: MaillageError) -> None:
        super().__init__(str(error))
        self.item, self.error = item, error


@transaction.atomic
def _bill_next(actor: Actor, run: Run) -> RunItem | None:
    pending = RunItem.objects.visible_to(actor).filter(run=run, state=RunItem.State.PENDING)
    item = pending.select_for_update(skip_locked=True).order_by("pk").first()
    if item is None:
        return None
    require_operate(actor, item.organisation_id)
    try:
        with transaction.atomic():
            _bill(actor, run, item)
    except MaillageError as error:
        raise _Failing(item, error) from error
    return item


def _bill(actor: Actor, run: Run, item: RunItem) -> None:
    """Locks, computes, issues. What changes subscriptions, credits or bills this organisation waits meanwhile."""
    account = Account.objects.visible_to(actor).select_for_update().get(organisation_id=item.organisation_id)
    mine = Subscription.objects.visible_to(actor).filter(organisation_id=item.organisation_id)
    list(mine.select_for_update().order_by("pk").values_list("pk", flat=True))
    bill = bill_of(actor, account, run.month)
    _issue(actor, run, account, bill)
    if bill.outcome.is_settled:
        settle(actor, list(bill.looked_at), month_of(run.month).end)
    item.state, item.carried_cents = _state(bill), bill.outcome.carried
    item.save(update_fields=["state", "carried_cents"])


def _issue(actor: Actor, run: Run, account: Account, bill: Bill) -> None:
    drafts = [one for one in (bill.outcome.invoice, *bill.outcome.credits) if one is not None]
    if drafts:
        facts = Circumstances(queries.issuer(actor), account, run.issued_on, run)
        for draft in drafts:
            issue(actor, facts, draft, bill.why)


def _state(bill: Bill) -> RunItem.State:
    if bill.outcome.carried:
        return RunItem.State.CARRIED
    issued = bill.outcome.invoice is not None or bill.outcome.credits
    return RunItem.State.INVOICED if issued else RunItem.State.NOTHING


@transaction.atomic
def _mark_failed(actor: Actor, item: RunItem, error: MaillageError) -> RunItem:
    locked = RunItem.objects.visible_to(actor).select_for_update().get(pk=item.pk)
    if locked.state == RunItem.State.PENDING:
        locked.state, locked.cause = RunItem.State.FAILED, {"code": error.code, "facts": error.facts}
        locked.save(update_fields=["state", "cause"])
    return locked


def _require_order(actor: Actor, month: date) -> None:
    """Every run before it is complete, and none after it was started."""
    last = queries.runs(actor).exclude(month=month).first()
    if last is None:
        return
    if last.month > month:
        raise Conflict("run_out_of_order", month=month.isoformat(), last=last.month.isoformat())
    if not queries.progress(actor, last).is_complete:
        raise Conflict("run_before_incomplete", month=last.month.isoformat())
