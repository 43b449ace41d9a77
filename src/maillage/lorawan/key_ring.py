"""The key ring of this installation, for pages and commands; long-running processes are given theirs."""

from functools import cache

from django.conf import settings

from maillage.lorawan.keys import KeyRing


@cache
def key_ring() -> KeyRing:
    """With the KEKs that the environment names; see ``MAILLAGE_KEK``."""
    return KeyRing(settings.KEY_ENCRYPTION_KEYS)
