from django.db import migrations

APPEND_ONLY = ["payment", "document", "bordereau", "titre", "ledgerentry", "ledgerposting", "usageevent", "reminder"]
PARTS = ["invoiceline", "chargerow", "vatrow"]

SQL = """
CREATE FUNCTION billing_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;

CREATE FUNCTION billing_refuse_change_of_issued() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.number IS NOT NULL THEN
        RAISE EXCEPTION 'invoice % is issued: % refused', OLD.number, TG_OP USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER billing_invoice_immutable BEFORE UPDATE OR DELETE ON billing_invoice
    FOR EACH ROW EXECUTE FUNCTION billing_refuse_change_of_issued();

CREATE FUNCTION billing_refuse_change_of_part() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND EXISTS (SELECT 1 FROM billing_invoice WHERE id = OLD.invoice_id AND number IS NOT NULL)
        OR TG_OP <> 'DELETE' AND EXISTS (SELECT 1 FROM billing_invoice WHERE id = NEW.invoice_id AND number IS NOT NULL)
    THEN
        RAISE EXCEPTION 'the invoice is issued: % of % refused', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION billing_require_balance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT SUM(debit_cents) <> SUM(credit_cents) FROM billing_ledgerposting WHERE entry_id = NEW.entry_id) THEN
        RAISE EXCEPTION 'ledger entry % does not balance', NEW.entry_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER billing_ledger_balances AFTER INSERT ON billing_ledgerposting
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION billing_require_balance();
""" + "".join(
    f"""
CREATE TRIGGER billing_{table}_append_only BEFORE UPDATE OR DELETE ON billing_{table}
    FOR EACH ROW EXECUTE FUNCTION billing_refuse_change();"""
    for table in APPEND_ONLY
) + "".join(
    f"""
CREATE TRIGGER billing_{table}_immutable BEFORE INSERT OR UPDATE OR DELETE ON billing_{table}
    FOR EACH ROW EXECUTE FUNCTION billing_refuse_change_of_part();"""
    for table in PARTS
)
UNDO = """
DROP TRIGGER billing_invoice_immutable ON billing_invoice;
DROP TRIGGER billing_ledger_balances ON billing_ledgerposting;
""" + "".join(f"DROP TRIGGER billing_{table}_append_only ON billing_{table};" for table in APPEND_ONLY) + "".join(
    f"DROP TRIGGER billing_{table}_immutable ON billing_{table};" for table in PARTS
) + """
DROP FUNCTION billing_refuse_change();
DROP FUNCTION billing_refuse_change_of_issued();
DROP FUNCTION billing_refuse_change_of_part();
DROP FUNCTION billing_require_balance();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]
    operations = [migrations.RunSQL(SQL, UNDO)]
