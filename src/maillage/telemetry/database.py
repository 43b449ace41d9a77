"""The database that Django uses, for connections outside its ORM."""

from django.db import connections
from psycopg.conninfo import make_conninfo


def conninfo() -> str:
    """Its address, as libpq reads it."""
    names = {"host": "HOST", "port": "PORT", "dbname": "NAME", "user": "USER", "password": "PASSWORD"}
    given = connections["default"].settings_dict
    return make_conninfo(**{key: str(given[name]) for key, name in names.items() if given.get(name)})
