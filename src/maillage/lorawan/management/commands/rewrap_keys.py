"""``rewrap_keys``: after a new key-encryption key (KEK) was put in front, wrap every stored key by it."""

from django.core.management.base import BaseCommand, CommandError

from maillage.identity.actor import machine
from maillage.kernel.errors import Conflict
from maillage.lorawan.actions import rewrap_keys
from maillage.lorawan.key_ring import key_ring
from maillage.lorawan.multicast.actions import rewrap_group_keys


class Command(BaseCommand):
    """To change the KEK without a gap:

    1. put the new one, as ``openssl rand -hex 32`` makes it, before the old one, in ``MAILLAGE_KEK`` (by a comma) or in
       the file ``kek`` of the data folder (on a line of its own), and start the processes anew;
    2. run this command; it may be interrupted and run again;
    3. take the old one away and start the processes anew.
    """

    help = "Wrap the keys of devices, sessions and groups by the first key-encryption key of MAILLAGE_KEK."

    def handle(self, *args: object, **options: object) -> None:  # noqa: ARG002 - Django's signature
        """Progress a batch, then the total."""
        total = 0
        try:
            for count in rewrap_keys(machine("rewrap_keys")):
                total += count
                if count:
                    self.stdout.write(f"{total} rows…")
            total += rewrap_group_keys(machine("rewrap_keys"))
        except Conflict as error:
            raise CommandError(f"a stored key cannot be read: {error}") from error
        self.stdout.write(f"{total} rows wrapped anew by key {key_ring().current_id}; the others were already.")
