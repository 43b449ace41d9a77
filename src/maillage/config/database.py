"""A PostgreSQL address as Django wants it."""

from typing import Any

from psycopg.conninfo import conninfo_to_dict

_DJANGO_KEYS = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}


def django_connection(conninfo: str) -> dict[str, Any]:
    """``NAME``, ``USER``, ``PASSWORD``, ``HOST``, ``PORT`` of ``conninfo``; the rest goes to ``OPTIONS``.

    ``conninfo`` is a URL or ``key=value`` pairs, as libpq reads them; ``psycopg.ProgrammingError`` otherwise.
    """
    given = {key: str(value) for key, value in conninfo_to_dict(conninfo).items() if value is not None}
    named = {name: given.pop(key, "") for key, name in _DJANGO_KEYS.items()}
    return {**named, "OPTIONS": given}
