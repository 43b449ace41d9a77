from django.db import migrations

SQL = """
CREATE FUNCTION identity_journal_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the journal is append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER identity_journal_append_only BEFORE UPDATE OR DELETE ON identity_journalentry
    FOR EACH ROW EXECUTE FUNCTION identity_journal_refuse_change();
CREATE TRIGGER identity_journal_no_truncate BEFORE TRUNCATE ON identity_journalentry
    FOR EACH STATEMENT EXECUTE FUNCTION identity_journal_refuse_change();
"""
UNDO = """
DROP TRIGGER identity_journal_append_only ON identity_journalentry;
DROP TRIGGER identity_journal_no_truncate ON identity_journalentry;
DROP FUNCTION identity_journal_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("identity", "0001_initial")]
    operations = [migrations.RunSQL(SQL, UNDO)]
