from django.db import migrations

_SUMMARY = """
    count integer NOT NULL,
    minimum double precision,
    maximum double precision,
    total double precision,
    first_at timestamptz,
    first_value double precision,
    last_at timestamptz,
    last_value double precision,
    rise double precision,
    resets integer,
"""
# A bucket whose values were all withdrawn stays with count 0. "stale" lists the hours to sum up again: one row a
# transaction that wrote, appended in it, so that it is seen exactly when its values are.
SQL = f"""
CREATE TABLE telemetry_hourly (
    datastream_id bigint NOT NULL,
    hour timestamptz NOT NULL,
    {_SUMMARY}
    PRIMARY KEY (datastream_id, hour)
) PARTITION BY RANGE (hour);
CREATE TABLE telemetry_daily (
    datastream_id bigint NOT NULL,
    day date NOT NULL,
    {_SUMMARY}
    PRIMARY KEY (datastream_id, day)
);
CREATE TABLE telemetry_stale (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    datastream_ids bigint[] NOT NULL,
    hours timestamptz[] NOT NULL
);
INSERT INTO telemetry_stale (datastream_ids, hours)
SELECT array_agg(datastream_id), array_agg(hour) FROM (
    SELECT DISTINCT datastream_id, date_trunc('hour', at, 'UTC') AS hour FROM telemetry_observation
) h GROUP BY datastream_id;
"""
UNDO = "DROP TABLE telemetry_hourly CASCADE; DROP TABLE telemetry_daily; DROP TABLE telemetry_stale;"


class Migration(migrations.Migration):
    dependencies = [("telemetry", "0004_sources_archive_retention")]
    operations = [migrations.RunSQL(SQL, UNDO)]
