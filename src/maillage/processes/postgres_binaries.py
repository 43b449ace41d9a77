"""Where PostgreSQL's programs are on this machine."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from maillage.processes.problems import CannotStart

_DEBIAN = Path("/usr/lib/postgresql")


@dataclass(frozen=True, slots=True)
class Binaries:
    """The folder that holds ``postgres`` and ``initdb``."""

    folder: Path


def find_binaries(versions: Path = _DEBIAN) -> Binaries:
    """The newest version under ``versions`` (Debian keeps one folder each), else the one on the path.

    Raises ``CannotStart`` when there is none.
    """
    folders = [found.parent for found in versions.glob("*/bin/initdb") if _number(found) > 0]
    if folders:
        return Binaries(max(folders, key=lambda folder: _number(folder / "initdb")))
    if on_path := shutil.which("initdb"):
        return Binaries(Path(on_path).resolve().parent)
    raise CannotStart(
        "no-postgres",
        "PostgreSQL is not installed. On Debian 12: apt-get install postgresql-15 postgresql-15-postgis-3 "
        "(`make setup` does it).",
    )


def _number(program: Path) -> int:
    name = program.parents[1].name
    return int(name) if name.isdigit() else 0
