"""What a month brings: invoices, credits, amounts that wait."""

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.billing.engine.plans import EXEMPT, TEN, TWENTY, calls, contract, contracts, recurring

from maillage.billing.engine.credit import Remaining
from maillage.billing.engine.due import due
from maillage.billing.engine.facts import Use
from maillage.billing.engine.monthly import SMALLEST_TITRE, Ledgered, monthly_bill
from maillage.kernel.money import ZERO, percent_of
from maillage.orders.engine.intervals import Interval, month_of, months_of
from maillage.orders.engine.timeline import Change, ChangeKind, Life, segments

HALF_YEAR = Interval(date(2026, 1, 1), date(2026, 7, 1))
MONTHS = [month.start for month in months_of(HALF_YEAR)]


class Books:
    """A small memory of issued documents: what the database holds, as values."""

    def __init__(self):
        self.invoices = []
        self.notes = []

    def known(self):
        billed, rules = defaultdict(int), {}
        signed = [(1, one) for one in self.invoices] + [(-1, one) for one in self.notes]
        for sign, draft in signed:
            for charge in (charge for line in draft.lines for charge in line.charges):
                billed[charge.key] += sign * charge.amount
                rules[charge.key] = charge.vat
        return Ledgered(dict(billed), rules, [self.remaining(n) for n in reversed(range(len(self.invoices)))])

    def remaining(self, number):
        by_rate, by_key = defaultdict(int), defaultdict(int)
        gross = self.invoices[number].gross
        credited = [note for note in self.notes if note.corrects == number]
        for sign, draft in [(1, self.invoices[number]), *((-1, note) for note in credited)]:
            for group in draft.groups:
                by_rate[group.rule.rate] += sign * group.base
            for charge in (charge for line in draft.lines for charge in line.charges):
                by_key[charge.key, charge.vat] += sign * charge.amount
        return Remaining(number, by_rate, by_key, gross - sum(note.gross for note in credited))

    def run(self, owned, month, smallest=ZERO, since=None):
        since = since or {}
        outcome = monthly_bill(
            [(one, since.get(one.subscription_id, one.life.start)) for one in owned],
            month,
            self.known(),
            smallest=smallest,
        )
        if outcome.invoice:
            self.invoices.append(outcome.invoice)
        self.notes += outcome.credits
        return outcome


several = st.tuples(contracts(1), contracts(2))


@given(several)
@settings(max_examples=40)
def test_line_vat_and_document_totals_are_exact(owned):
    books = Books()
    for month in MONTHS:
        books.run(owned, month)
    for draft in books.invoices:
        assert all(line.amount == sum(one.amount for one in line.charges) for line in draft.lines)
        assert draft.net == sum(line.amount for line in draft.lines) == sum(group.base for group in draft.groups)
        assert all(group.vat == percent_of(group.base, group.rule.percent) for group in draft.groups)
        assert draft.vat == sum(group.vat for group in draft.groups)
        assert draft.gross == draft.net + draft.vat


@given(contracts())
def test_billed_intervals_partition_the_days_served(owned):
    for month in months_of(HALF_YEAR):
        served = [part.interval for part in segments(owned.life, month) if not part.suspended]
        expected = {span.start + timedelta(days=n) for span in served for n in range(span.days)}
        for component in {one.key.component for one in due(owned, month) if one.kind == "recurring"}:
            billed = [
                one.interval.start + timedelta(days=n)
                for one in due(owned, month)
                if one.key.component == component
                for n in range(one.interval.days)
            ]
            assert len(billed) == len(set(billed))
            assert set(billed) == expected


@given(several)
@settings(max_examples=40)
def test_no_invoice_and_no_credit_is_ever_negative(owned):
    books = Books()
    for month in MONTHS:
        books.run(owned, month)
    assert books.notes == []  # nothing was learnt late
    assert all(draft.gross > 0 and all(line.amount >= 0 for line in draft.lines) for draft in books.invoices)


@given(several)
@settings(max_examples=40)
def test_running_a_month_again_asks_nothing(owned):
    books = Books()
    for month in MONTHS:
        books.run(owned, month)
        again = books.run(owned, month)
        assert (again.invoice, again.credits, again.carried) == (None, (), 0)


@given(several)
@settings(max_examples=40)
def test_catching_up_five_months_makes_the_five_monthly_invoices(owned):
    in_time, late = Books(), Books()
    for month in MONTHS[:5]:
        known = [_as_known_in(one, month_of(month).end) for one in owned]
        in_time.run(known, month)
    for month in MONTHS[:5]:
        late.run(owned, month)
    assert in_time.invoices == late.invoices


def _as_known_in(one, day):
    """Without what happens from ``day`` on."""
    changes = tuple(change for change in one.life.changes if change.effective_on < day)
    uses = tuple(use for use in one.uses if use.on < day)
    return replace(one, life=replace(one.life, changes=changes), uses=uses)


@given(several)
@settings(max_examples=40)
def test_small_amounts_wait_and_lose_nothing(owned):
    plain, patient = Books(), Books()
    for month in MONTHS:
        plain.run(owned, month)
        outcome = patient.run(owned, month, SMALLEST_TITRE)
        assert outcome.invoice is None or outcome.invoice.gross >= SMALLEST_TITRE
        assert outcome.carried < SMALLEST_TITRE
    asked = sum(draft.net for draft in patient.invoices)
    waiting = Books()
    waiting.invoices = list(patient.invoices)
    rest = waiting.run(owned, MONTHS[-1])
    assert asked + (rest.invoice.net if rest.invoice else 0) == sum(draft.net for draft in plain.invoices)


@st.composite
def learnt_late(draw):
    """Two subscriptions as they were believed to be, and as they turn out to be: same terms, same start."""
    before = draw(several)
    after = []
    for one in before:
        other = draw(contracts(one.subscription_id))
        life = replace(other.life, start=HALF_YEAR.start)
        after.append(replace(other, terms=one.terms, life=life))
    return tuple(replace(one, life=replace(one.life, start=HALF_YEAR.start)) for one in before), tuple(after)


@given(learnt_late(), st.sampled_from(MONTHS))
@settings(max_examples=60)
def test_whatever_is_learnt_late_credits_stay_within_their_invoice_and_the_sum_is_what_is_due(versions, learnt):
    before, after = versions
    books = Books()
    for month in MONTHS:
        books.run(before if month < learnt else after, month)
        assert all(left.gross >= 0 for left in books.known().invoices)
        assert all(rate >= 0 for left in books.known().invoices for rate in left.by_rate.values())
    due_now = sum(one.amount for each in after for month in months_of(HALF_YEAR) for one in due(each, month))
    asked = sum(draft.net for draft in books.invoices) - sum(note.net for note in books.notes)
    assert 0 <= asked - due_now <= 5 * len(books.invoices)  # cents that only VAT's rounding keeps back


@given(contracts(), st.integers(0, 5))
def test_a_revision_leaves_the_lines_before_it_alone(owned, index):
    day = MONTHS[index]
    life = owned.life
    if day < life.start or (life.end and life.end < day):
        return
    later = tuple(one for one in life.changes if one.kind is not ChangeKind.REVISION)
    plain = replace(owned, life=replace(life, changes=later))
    change = Change(day, ChangeKind.REVISION, coefficient=Decimal("1.07"))
    revised = replace(plain, life=replace(life, changes=(change, *later)))
    for month in months_of(HALF_YEAR):
        if month.end <= day:
            assert due(revised, month) == due(plain, month)


@given(contracts())
def test_a_revision_by_an_index_that_did_not_move_gives_the_first_price(owned):
    changes = tuple(one for one in owned.life.changes if one.kind is not ChangeKind.REVISION)
    plain = replace(owned, life=replace(owned.life, changes=changes))
    same = Change(owned.life.start, ChangeKind.REVISION, coefficient=Decimal(1))
    revised = replace(plain, life=replace(plain.life, changes=(same, *changes)))
    assert all(due(revised, month) == due(plain, month) for month in months_of(HALF_YEAR))


def test_a_month_billed_whole_stays_as_it_is_and_a_late_end_becomes_a_credit():
    life = Life(date(2026, 1, 1), 1, 7)
    books = Books()
    books.run([contract(life)], MONTHS[0])
    ended = replace(life, changes=(Change(date(2026, 1, 22), ChangeKind.END),))
    outcome = books.run([contract(ended)], MONTHS[1])
    assert outcome.invoice is None
    (note,) = outcome.credits
    assert (note.corrects, note.net, note.vat, note.gross) == (0, 1000, 200, 1200)
    assert books.invoices[0].net == 3100


def test_what_was_used_and_reported_late_is_asked_with_the_next_month():
    life = Life(date(2026, 1, 1), 1, 7)
    early, late = Use("a", "calls", date(2026, 1, 3), Decimal(90)), Use("b", "calls", date(2026, 1, 30), Decimal(50))
    books = Books()
    first = books.run([contract(life, calls("0.10", "100"), uses=[early])], MONTHS[0])
    assert first.invoice is None
    second = books.run([contract(life, calls("0.10", "100"), uses=[early, late])], MONTHS[1])
    assert second.invoice.net == 400  # 140 used in January, 100 included


def test_a_minimum_is_asked_by_the_days_served():
    life = Life(date(2026, 1, 22), 1, 7)
    outcome = Books().run([contract(life, recurring("1.00"), minimum_cents=3100)], MONTHS[0])
    assert outcome.invoice.net == 1000


def test_a_discount_ends_on_its_day():
    life = Life(date(2026, 1, 1), 1, 7)
    agreed = contract(life, recurring("31.00"), discount_percent=Decimal(50), discount_until=date(2026, 1, 11))
    (line,) = Books().run([agreed], MONTHS[0]).invoice.lines
    assert [(one.gross, one.discount, one.amount) for one in line.charges] == [(1000, 500, 500), (2100, 0, 2100)]


def test_lines_are_one_a_site_and_vat_rule():
    owned = [
        contract(Life(date(2026, 1, 1), 1, site), recurring("10", vat), number=number)
        for number, (site, vat) in enumerate([(1, TWENTY), (1, TWENTY), (2, TEN), (2, EXEMPT)], 1)
    ]
    invoice = Books().run(owned, MONTHS[0]).invoice
    assert [(line.site_id, line.vat, line.amount) for line in invoice.lines] == [
        (1, TWENTY, 2000),
        (2, TEN, 1000),
        (2, EXEMPT, 1000),
    ]
    assert [(group.base, group.vat) for group in invoice.groups] == [(2000, 400), (1000, 100), (1000, 0)]


def test_vat_is_rounded_on_the_sum_and_not_line_by_line():
    owned = [contract(Life(date(2026, 1, 1), 1, n), recurring("0.02"), number=n) for n in range(1, 11)]
    invoice = Books().run(owned, MONTHS[0]).invoice
    assert (invoice.net, invoice.vat) == (20, 4)
