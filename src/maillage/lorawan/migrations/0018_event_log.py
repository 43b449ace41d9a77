from django.db import migrations

SQL = """
CREATE SEQUENCE lorawan_event_id;
CREATE TABLE lorawan_event (
    id bigint NOT NULL DEFAULT nextval('lorawan_event_id'),
    at timestamptz NOT NULL,
    application_id uuid NOT NULL,
    dev_eui varchar(16) NOT NULL,
    type varchar(12) NOT NULL,
    source varchar(64) NOT NULL,
    body text NOT NULL,
    PRIMARY KEY (id, at),
    -- News that the bus delivers twice makes an event once; the instant is part of the news.
    UNIQUE (source, at)
) PARTITION BY RANGE (at);
ALTER SEQUENCE lorawan_event_id OWNED BY lorawan_event.id;
CREATE INDEX lorawan_event_application ON lorawan_event (application_id, id);
"""


class Migration(migrations.Migration):
    dependencies = [("lorawan", "0017_applications")]
    operations = [migrations.RunSQL(SQL, "DROP TABLE lorawan_event CASCADE")]
