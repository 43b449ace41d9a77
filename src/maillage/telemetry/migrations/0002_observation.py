from django.db import migrations

SQL = """
CREATE TABLE telemetry_observation (
    at timestamptz NOT NULL,
    value double precision NOT NULL,
    datastream_id bigint NOT NULL,
    source smallint NOT NULL DEFAULT 0,
    PRIMARY KEY (datastream_id, at)
) PARTITION BY RANGE (at);
ALTER TABLE telemetry_latest SET (fillfactor = 50);
"""


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0001_initial")]
    operations = [migrations.RunSQL(SQL, "DROP TABLE telemetry_observation CASCADE")]
