"""Starting a program so that it dies with us, and as somebody other than root when it must."""

import os
import pwd
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from maillage.processes.problems import CannotStart

DATABASE_USER = "postgres"


@dataclass(frozen=True, slots=True)
class Identity:
    """A user of this machine."""

    name: str
    uid: int
    gid: int


def database_identity() -> Identity | None:
    """Whom the database must run as: ourselves (``None``), or ``postgres`` when we are root."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(DATABASE_USER)
    except KeyError as error:
        raise CannotStart(
            "no-database-user",
            f"PostgreSQL refuses to run as root and this machine has no user '{DATABASE_USER}'. Install "
            "Debian's postgresql-15, or start Maillage as an ordinary user.",
        ) from error
    return Identity(entry.pw_name, entry.pw_uid, entry.pw_gid)


def leashed(argv: tuple[str, ...], death: signal.Signals, identity: Identity | None = None) -> tuple[str, ...]:
    """``argv`` run by setpriv(1): it receives ``death`` when its parent dies (prctl PR_SET_PDEATHSIG)."""
    who = ("--reuid", identity.name, "--regid", str(identity.gid), "--init-groups") if identity else ()
    return ("setpriv", *who, "--pdeathsig", death.name.removeprefix("SIG"), "--", *argv)


def can_reach(identity: Identity, folder: Path) -> bool:
    """Whether ``identity`` may pass through ``folder`` and all its parents."""
    test = leashed(("test", "-x", str(folder)), signal.SIGKILL, identity)
    return subprocess.run(test, check=False, cwd="/", capture_output=True).returncode == 0


def own(path: Path, identity: Identity | None) -> None:
    """Make the folder ``path``, 0700, of ``identity`` (or ours). A stranger's folder is refused."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if identity is not None:
        os.chown(path, identity.uid, identity.gid, follow_symlinks=False)
    expected = identity.uid if identity else os.geteuid()
    facts = path.lstat()
    if path.is_symlink() or facts.st_uid != expected:
        raise CannotStart(
            "folder-of-another",
            f"{path} belongs to another user (uid {facts.st_uid}). Remove it, or choose another folder with "
            "MAILLAGE_DATA.",
        )
    path.chmod(0o700)
