"""The journal in the database: gap-free, append-only, verified."""

from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, connections, transaction

from maillage.identity import actions, queries
from maillage.identity.actions import TransactionMissing, write_journal
from maillage.identity.actor import machine
from maillage.identity.models import JournalEntry, Organisation
from maillage.kernel.errors import NotFound

MACHINE = machine("test")
WRITERS, ENTRIES_EACH = 8, 6


def write(organisation_id, number=0):
    return write_journal(
        MACHINE, organisation_id, "test.done", "thing", number, f"thing {number}", {"n": number, "v": 1e22}
    )


def forge(sql, *parameters):
    """What somebody with the database owner's rights could do: the trigger is off for the session."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE identity_journalentry DISABLE TRIGGER USER")
        cursor.execute(sql, parameters)
        cursor.execute("ALTER TABLE identity_journalentry ENABLE TRIGGER USER")


@pytest.mark.django_db(transaction=True)
def test_the_journal_is_not_written_outside_a_transaction():
    organisation = Organisation.objects.create(kind="commune", name="Évry", slug="evry")
    with pytest.raises(TransactionMissing):
        write(organisation.pk)
    assert not JournalEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_concurrent_writers_leave_no_gap_and_one_chain_an_organisation():
    organisations = [Organisation.objects.create(kind="commune", name=n, slug=n).pk for n in ("a", "b")]

    def writer(number):
        try:
            for turn in range(ENTRIES_EACH):
                with transaction.atomic():
                    write(organisations[number % 2], number * 100 + turn)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(writer, range(WRITERS)))
    for organisation_id in organisations:
        entries = JournalEntry.objects.filter(organisation_id=organisation_id).order_by("sequence")
        count = WRITERS // 2 * ENTRIES_EACH
        assert list(entries.values_list("sequence", flat=True)) == list(range(1, count + 1))
        verdict = queries.verify_journal(organisation_id)
        assert (verdict.checked, verdict.broken) == (count, None)


@pytest.mark.django_db(transaction=True)
def test_an_act_that_fails_leaves_no_trace_and_no_gap():
    organisation = Organisation.objects.create(kind="commune", name="a", slug="a")
    with transaction.atomic():
        write(organisation.pk)
    with pytest.raises(NotFound), transaction.atomic():  # noqa: PT012 - the act fails after its journal is written
        write(organisation.pk)
        write(999_999)
    with transaction.atomic():
        assert write(organisation.pk).sequence == 2


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE identity_journalentry SET action = 'x'",
        "DELETE FROM identity_journalentry",
        "TRUNCATE identity_journalentry",
    ],
)
def test_the_database_refuses_to_rewrite_the_journal(house, sql):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS ALL IMMEDIATE; {sql}")


def test_an_unknown_organisation_has_no_journal(house):
    with pytest.raises(NotFound):
        write(999_999)


def test_a_forged_entry_is_found(house):
    for number in range(5):
        write(house.massy.pk, number)
    newest = queries.verify_journal(house.massy.pk).checked
    assert queries.verify_journal(house.massy.pk).broken is None
    forge(
        "UPDATE identity_journalentry SET object_label = 'x' WHERE organisation_id = %s AND sequence = 4",
        house.massy.pk,
    )
    broken = queries.verify_journal(house.massy.pk).broken
    assert (broken.sequence, broken.reason) == (4, "content")
    assert queries.verify_recent_journal(house.massy.pk, newest - 4).broken is None
    assert queries.verify_recent_journal(house.massy.pk, newest).broken == broken


def test_the_command_prints_every_head_and_fails_on_a_broken_chain(house):
    out = StringIO()
    call_command("verify_journal", stdout=out)
    assert f"evry: {queries.verify_journal(house.evry.pk).checked} entries intact" in out.getvalue()
    forge("DELETE FROM identity_journalentry WHERE organisation_id = %s AND sequence = 2", house.evry.pk)
    call_command("verify_journal", "massy", stdout=out)
    with pytest.raises(CommandError, match="evry"):
        call_command("verify_journal", stdout=out)
    with pytest.raises(CommandError, match="nowhere"):
        call_command("verify_journal", "nowhere", stdout=out)


def test_each_organisation_has_its_own_chain(house):
    actions.grant_mandate(house.actor("mayor"), house.evry, house.contractor)
    for organisation in (house.operator, house.evry, house.massy, house.contractor):
        verdict = queries.verify_journal(organisation.pk)
        assert verdict.checked > 0
        assert verdict.broken is None
