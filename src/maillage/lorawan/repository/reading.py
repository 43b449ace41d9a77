"""Any checkout: which repository it is of, what it holds, and what its examples show."""

from pathlib import Path

from maillage.kernel.errors import Invalid
from maillage.lorawan.repository import chirpstack, ttn
from maillage.lorawan.repository.examples import run_examples
from maillage.lorawan.repository.files import BadFile, Files
from maillage.lorawan.repository.values import Checkout, Judged


def read_checkout(path: Path) -> Checkout:
    """Raises ``Invalid``: ``repository.no_folder``, ``repository.unknown``, ``repository.unreadable``."""
    files = Files(path)
    try:
        if files.has(ttn.INDEX):
            return ttn.read_checkout(files)
        if files.names(chirpstack.FOLDER):
            return chirpstack.read_checkout(files)
    except BadFile as error:
        raise Invalid("repository.unreadable", file=error.path, reason=error.reason) from error
    raise Invalid("repository.unknown", folder=str(path))


async def judged(checkout: Checkout) -> Judged:
    """With the examples run."""
    return Judged(checkout, await run_examples(checkout))
