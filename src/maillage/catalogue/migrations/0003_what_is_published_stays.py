"""The promise of a published version, kept by the database itself: only its last day may still be decided."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION catalogue_version_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.state = 'published' AND OLD.valid_from <= current_date THEN
            RAISE EXCEPTION 'a version that was sold cannot be deleted' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.state = 'published' AND (to_jsonb(NEW) - 'valid_until' - 'last_update')
            IS DISTINCT FROM (to_jsonb(OLD) - 'valid_until' - 'last_update') THEN
        RAISE EXCEPTION 'a published version cannot be changed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER catalogue_version_stays BEFORE UPDATE OR DELETE ON catalogue_offeringversion
    FOR EACH ROW EXECUTE FUNCTION catalogue_version_stays();

CREATE FUNCTION catalogue_price_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (to_jsonb(NEW) - 'last_update') IS DISTINCT FROM (to_jsonb(OLD) - 'last_update') AND EXISTS (
        SELECT 1 FROM catalogue_offeringversion_prices link
        JOIN catalogue_offeringversion version ON version.id = link.offeringversion_id
        WHERE link.price_id = OLD.id AND version.state = 'published'
    ) THEN
        RAISE EXCEPTION 'a published price cannot be changed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER catalogue_price_stays BEFORE UPDATE ON catalogue_price
    FOR EACH ROW EXECUTE FUNCTION catalogue_price_stays();

CREATE FUNCTION catalogue_prices_stay() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    link catalogue_offeringversion_prices := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    IF EXISTS (
        SELECT 1 FROM catalogue_offeringversion version
        WHERE version.id = link.offeringversion_id AND version.state = 'published'
            AND (TG_OP <> 'DELETE' OR version.valid_from <= current_date)
    ) THEN
        RAISE EXCEPTION 'the prices of a published version cannot be changed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN link;
END $$;

CREATE TRIGGER catalogue_prices_stay BEFORE INSERT OR UPDATE OR DELETE ON catalogue_offeringversion_prices
    FOR EACH ROW EXECUTE FUNCTION catalogue_prices_stay();
"""

BACKWARD = """
DROP TRIGGER catalogue_prices_stay ON catalogue_offeringversion_prices;
DROP TRIGGER catalogue_price_stays ON catalogue_price;
DROP TRIGGER catalogue_version_stays ON catalogue_offeringversion;
DROP FUNCTION catalogue_prices_stay();
DROP FUNCTION catalogue_price_stays();
DROP FUNCTION catalogue_version_stays();
"""


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0002_photo_of_equipment")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
