from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations

# Accents and case do not matter to who searches, whatever the cluster's locale makes of ``lower``.
# ``unaccent`` is not immutable, so that no index may use it.
FOLD = """
CREATE FUNCTION lorawan_fold(given text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT translate(lower(given), 'àâäáãåçéèêëíîïìñóôöòõúùûüýÿœæ’ÀÂÄÁÃÅÇÉÈÊËÍÎÏÌÑÓÔÖÒÕÚÙÛÜÝŸŒÆ',
                     'aaaaaaceeeeiiiinooooouuuuyyoa''aaaaaaceeeeiiiinooooouuuuyyoa') $$;
CREATE FUNCTION lorawan_search_text(name text, dev_eui text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT lorawan_fold(name || ' ' || dev_eui) $$;
CREATE INDEX lorawan_device_search ON lorawan_device USING gin (lorawan_search_text(name, dev_eui) gin_trgm_ops);
"""
UNFOLD = """
DROP INDEX lorawan_device_search;
DROP FUNCTION lorawan_search_text(text, text);
DROP FUNCTION lorawan_fold(text);
"""


class Migration(migrations.Migration):
    dependencies = [("lorawan", "0003_device_lists_and_imports")]
    operations = [TrigramExtension(), migrations.RunSQL(FOLD, UNFOLD)]
