"""Files of values that wait to be confirmed."""

from datetime import timedelta

from maillage.identity.actor import Actor
from maillage.kernel import clock
from maillage.kernel.errors import Conflict
from maillage.telemetry.models import ImportFile

KEPT_FOR = timedelta(hours=1)


def own_import(actor: Actor, import_id: int, *, lock: bool = False) -> ImportFile:
    """The actor's own file, if it still waits; ``Conflict`` otherwise."""
    found = ImportFile.objects.visible_to(actor).filter(
        pk=import_id, user_id=actor.user_id or 0, created_at__gt=clock.now() - KEPT_FOR
    )
    kept = (found.select_for_update(of=("self",)) if lock else found).first()
    if kept is None:
        raise Conflict("import_unknown")
    return kept
