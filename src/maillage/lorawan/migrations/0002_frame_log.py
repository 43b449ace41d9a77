from django.db import migrations

SQL = """
CREATE SEQUENCE lorawan_frame_id;
CREATE TABLE lorawan_frame (
    id bigint NOT NULL DEFAULT nextval('lorawan_frame_id'),
    at timestamptz NOT NULL,
    direction varchar(4) NOT NULL,
    dev_eui varchar(16) NOT NULL,
    organisation_id bigint NOT NULL,
    dev_addr bigint,
    m_type smallint NOT NULL,
    f_cnt bigint,
    f_port smallint,
    frequency_hz integer NOT NULL,
    data_rate varchar(16) NOT NULL,
    phy_payload bytea NOT NULL,
    payload bytea,
    receptions jsonb NOT NULL,
    decoded jsonb,
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
ALTER SEQUENCE lorawan_frame_id OWNED BY lorawan_frame.id;
CREATE INDEX lorawan_frame_device ON lorawan_frame (dev_eui, id DESC);
-- Counters are rewritten at every uplink: leave room in the page so that the update stays in it (HOT).
ALTER TABLE lorawan_session SET (fillfactor = 50);
ALTER TABLE lorawan_device SET (fillfactor = 60);
"""


class Migration(migrations.Migration):
    dependencies = [("lorawan", "0001_initial")]
    operations = [migrations.RunSQL(SQL, "DROP TABLE lorawan_frame CASCADE")]
