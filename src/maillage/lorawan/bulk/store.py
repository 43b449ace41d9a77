"""Thousands of devices written by one ``COPY``, in the caller's transaction."""

from collections.abc import Sequence

from django.db import connection
from psycopg.sql import SQL, Identifier

from maillage.lorawan.models import Device


def insert_devices(devices: Sequence[Device]) -> None:
    """All of them, or ``IntegrityError`` when one is there already."""
    meta = Device._meta  # noqa: SLF001 - Django's own name for it
    fields = meta.concrete_fields
    columns = SQL(", ").join([Identifier(str(field.column)) for field in fields])
    statement = SQL("COPY {} ({}) FROM STDIN").format(Identifier(meta.db_table), columns)
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        for device in devices:
            copy.write_row([field.get_db_prep_save(getattr(device, field.attname), connection) for field in fields])
