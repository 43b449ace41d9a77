"""Bring a machine to where Maillage runs: what ``make setup`` and its relatives do. Standard library only.

Each step is skipped when nothing it reads has changed since it last succeeded: ``var/stamps/<step>`` keeps the digest
of its inputs. What a step writes goes to ``var/log/<step>.log``; its last line is shown while it lasts.
"""

import argparse
import ctypes.util
import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
STAMPS = PROJECT / "var" / "stamps"
LOGS = PROJECT / "var" / "log"
VENV = PROJECT / ".venv"
PYTHON = VENV / "bin" / "python"
PYTHON_MIN = (3, 11)
NODE_MIN = 18
TICK_S = 2.0
WIDTH = 90
LAST_LINES = 30
NO_MAIN_CLUSTER = Path("/etc/postgresql-common/createcluster.d/maillage.conf")


class Failed(Exception):  # noqa: N818 - reads as the verdict it is
    """A step cannot succeed; the sentence says what to do."""


@dataclass(frozen=True)
class Need:
    """A program or file, and the Debian packages that bring it."""

    name: str
    packages: tuple[str, ...]
    is_there: Callable[[], bool]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", action="store_true", help="also what the tests need")
    wanted = parser.parse_args()
    try:
        set_up(tests=wanted.tests)
    except Failed as error:
        print(f"\n{error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        print("\nInterrupted; run the same command again to resume.", file=sys.stderr)
        sys.exit(130)


def set_up(*, tests: bool) -> None:
    """All steps, in order."""
    STAMPS.mkdir(parents=True, exist_ok=True)
    LOGS.mkdir(parents=True, exist_ok=True)
    install_debian_packages(tests=tests)
    make_virtual_environment()
    install_requirements(tests=tests)
    put_project_on_the_path()
    build_assets()
    compile_translations()


# --- Debian packages


def needs(*, tests: bool) -> list[Need]:
    """What must be on the machine, each tested by what it brings rather than by its package's name."""
    postgres = ("postgresql-15", "postgresql-15-postgis-3")
    if debian_version() != "12":
        postgres = ("postgresql", "postgresql-postgis")
    always = [
        Need("PostgreSQL", postgres, lambda: found("initdb", "/usr/lib/postgresql/*/bin/initdb")),
        Need("PostGIS", postgres, lambda: found("", "/usr/share/postgresql/*/extension/postgis.control")),
        Need("Python's venv", ("python3-venv",), has_venv),
        Need("msgfmt", ("gettext",), lambda: found("msgfmt")),
        Need("setpriv", ("util-linux",), lambda: found("setpriv")),
        Need("Pango", ("libpango-1.0-0", "libpangoft2-1.0-0"), lambda: has_library("pango-1.0", "pangoft2-1.0")),
        Need("HarfBuzz subset", ("libharfbuzz-subset0",), lambda: has_library("harfbuzz-subset")),
        Need(
            "Liberation fonts",
            ("fonts-liberation",),
            lambda: found("", "/usr/share/fonts/*/liberation*/*Sans-Reg*"),
        ),
    ]
    if (PROJECT / "package.json").exists():
        always += [
            Need("Node.js", ("nodejs",), lambda: found("node")),
            Need("npm", ("npm",), lambda: found("npm")),
        ]
    return [*always, Need("Chromium", ("chromium",), lambda: found("chromium"))] if tests else always


def has_library(*names: str) -> bool:
    """Whether the dynamic linker would find these shared libraries."""
    return all(ctypes.util.find_library(name) for name in names)


def install_debian_packages(*, tests: bool) -> None:
    """Install what is missing; leave a machine that has all of it alone."""
    missing = [need for need in needs(tests=tests) if not need.is_there()]
    if not missing:
        return
    packages = list(dict.fromkeys(package for need in missing for package in need.packages))
    names = ", ".join(need.name for need in missing)
    if not found("apt-get"):
        raise Failed(f"Missing: {names}. This is no Debian machine: install them with its own tools.")
    root = as_root(names, packages)
    print(f"• Installing Debian packages: {' '.join(packages)}")
    apt = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]
    run("apt-update", [*apt, "update"])
    with_no_main_cluster(
        root, lambda: run("apt-install", [*apt, "install", "-y", "--no-install-recommends", *packages])
    )
    if still := [need.name for need in missing if not need.is_there()]:
        raise Failed(f"Still missing after the installation: {', '.join(still)}. See {LOGS / 'apt-install.log'}.")


def as_root(names: str, packages: Sequence[str]) -> list[str]:
    """The prefix that makes a command run as root."""
    if os.geteuid() == 0:
        return []
    if found("sudo"):
        return ["sudo"]
    raise Failed(
        f"Missing: {names}. You are not root and there is no sudo. As root, run:\n"
        f"    apt-get update && apt-get install -y --no-install-recommends {' '.join(packages)}\n"
        "then run this command again."
    )


def with_no_main_cluster(root: Sequence[str], install: Callable[[], None]) -> None:
    """Install without Debian's habit of starting a cluster on port 5432 with every new PostgreSQL.

    A machine that has PostgreSQL already is left as it is, and so is the habit once we are done.
    """
    if found("pg_createcluster"):
        install()
        return
    folder = NO_MAIN_CLUSTER.parent
    made = [path for path in (folder, folder.parent) if not path.exists()]
    subprocess.run([*root, "mkdir", "-p", str(folder)], check=True)
    subprocess.run(
        [*root, "tee", str(NO_MAIN_CLUSTER)],
        input=b"create_main_cluster = false\n",
        stdout=subprocess.DEVNULL,
        check=True,
    )
    try:
        install()
    finally:
        subprocess.run([*root, "rm", "-f", str(NO_MAIN_CLUSTER)], check=True)
        if made:
            subprocess.run([*root, "rmdir", "--ignore-fail-on-non-empty", *map(str, made)], check=False)


def debian_version() -> str:
    """``12`` on Debian 12; empty elsewhere."""
    release = Path("/etc/os-release")
    facts = (
        dict(line.split("=", 1) for line in release.read_text().splitlines() if "=" in line) if release.exists() else {}
    )
    return facts.get("VERSION_ID", "").strip('"') if facts.get("ID") == "debian" else ""


def has_venv() -> bool:
    """Whether this Python can make virtual environments with pip in them."""
    test = [sys.executable, "-c", "import ensurepip, venv"]
    return subprocess.run(test, check=False, capture_output=True).returncode == 0


def found(program: str, pattern: str = "") -> bool:
    """Whether ``program`` is on the path or a file matches ``pattern``."""
    return bool(program and shutil.which(program)) or bool(pattern and any(Path("/").glob(pattern.lstrip("/"))))


# --- Python


def make_virtual_environment() -> None:
    """``.venv``, made anew when its Python is gone or the project has been moved."""
    inputs = digest([], sys.version, str(VENV))
    if is_done("venv", inputs) and works([str(PYTHON), "-m", "pip", "--version"]):
        return
    print("• Making the virtual environment .venv")
    run("venv", [sys.executable, "-m", "venv", "--clear", str(VENV)])
    for step in ("requirements", "requirements-dev"):
        (STAMPS / step).unlink(missing_ok=True)
    mark_done("venv", inputs)


def install_requirements(*, tests: bool) -> None:
    """What the lock file names, each file checked against its hash."""
    developing = PROJECT / "requirements-dev.lock"
    if is_done("requirements-dev", digest([developing])):
        return  # it holds everything the other one does
    lock = developing if tests else PROJECT / "requirements.lock"
    if is_done(lock.stem, digest([lock])):
        return
    print(f"• Installing Python packages from {lock.name}")
    options = ["--disable-pip-version-check", "--no-input", "--no-deps", "--require-hashes"]
    run(lock.stem, [str(PYTHON), "-m", "pip", "install", *options, "-r", str(lock)])
    mark_done(lock.stem, digest([lock]))


def put_project_on_the_path() -> None:
    """Make the project importable and ``maillage`` a command, without building a package (nothing to download)."""
    site = subprocess.run(
        [str(PYTHON), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    (Path(site) / "maillage.pth").write_text(f"{PROJECT / 'src'}\n")
    command = VENV / "bin" / "maillage"
    command.write_text(f'#!/bin/sh\nexec "{PYTHON}" -m maillage.cli "$@"\n')
    command.chmod(0o755)


# --- what the browser loads, what the pages say


def build_assets() -> None:
    """The front-end's libraries, copied where the web server finds them."""
    if not (PROJECT / "package.json").exists():
        return
    inputs = digest(existing("package.json", "package-lock.json", "tools/assets.mjs", "src/maillage/web/icons.txt"))
    vendor = PROJECT / "src" / "maillage" / "web" / "static" / "vendor"
    if is_done("assets", inputs) and vendor.exists() and (PROJECT / "node_modules").exists():
        return
    require_node()
    print("• Fetching the front-end's libraries")
    run("npm-ci", ["npm", "ci", "--no-audit", "--no-fund"])
    run("npm-assets", ["npm", "run", "assets"])
    mark_done("assets", inputs)


def require_node() -> None:
    """Refuse a Node.js too old for the tools."""
    version = subprocess.run(
        [shutil.which("node") or "node", "--version"], check=True, capture_output=True, text=True
    ).stdout.strip()
    if int(version.removeprefix("v").split(".")[0]) < NODE_MIN:
        raise Failed(f"Node.js {version} is too old: at least {NODE_MIN} is needed.")


def compile_translations() -> None:
    """Each ``django.po`` that changed becomes a ``django.mo``."""
    sources = sorted(PROJECT.glob("src/maillage/**/locale/*/LC_MESSAGES/*.po"))
    inputs = digest(sources)
    if is_done("translations", inputs) and all(po.with_suffix(".mo").exists() for po in sources):
        return
    print(f"• Compiling {len(sources)} translation files")
    for po in sources:
        run("translations", ["msgfmt", "--check-format", "-o", str(po.with_suffix(".mo")), str(po)])
    mark_done("translations", inputs)


# --- steps that are done once


def digest(files: Iterable[Path], *words: str) -> str:
    """One word that changes when a file's name or content does, or one of ``words``."""
    total = hashlib.sha256()
    for file in files:
        total.update(f"{file.name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\0".encode())
    total.update("\0".join(words).encode())
    return total.hexdigest()


def existing(*names: str) -> list[Path]:
    """Those of the project's files that are there."""
    return [PROJECT / name for name in names if (PROJECT / name).exists()]


def is_done(step: str, inputs: str) -> bool:
    """Whether ``step`` succeeded with the same inputs, and its result can still be there."""
    stamp = STAMPS / step
    return stamp.exists() and stamp.read_text() == inputs


def mark_done(step: str, inputs: str) -> None:
    """Remember that ``step`` succeeded."""
    (STAMPS / step).write_text(inputs)


def works(command: Sequence[str]) -> bool:
    """Whether ``command`` exists and succeeds."""
    try:
        return subprocess.run(command, check=False, capture_output=True).returncode == 0
    except OSError:
        return False


def run(step: str, command: Sequence[str], env: Mapping[str, str] | None = None) -> None:
    """Run ``command``, showing its last line every two seconds; its end is shown when it fails."""
    log = LOGS / f"{step}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=PROJECT, env=env, stdout=output, stderr=output, stdin=subprocess.DEVNULL
        )
        finished = threading.Event()
        ticker = threading.Thread(target=tick, args=(step, log, finished), daemon=True)
        ticker.start()
        try:
            code = process.wait()
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            raise
        finally:
            finished.set()
            ticker.join()
    if code != 0:
        end = "\n".join(f"    {line}" for line in last_lines(log, LAST_LINES))
        raise Failed(f"{step} failed (exit code {code}). The end of {log}:\n{end}")


def tick(step: str, log: Path, finished: threading.Event) -> None:
    started_s = time.monotonic()
    while not finished.wait(TICK_S):
        line = next(iter(last_lines(log, 1)), "")
        print(f"  … {step} {time.monotonic() - started_s:.0f} s  {line[:WIDTH]}", flush=True)


def last_lines(log: Path, count: int) -> list[str]:
    """The last ``count`` lines that say something."""
    lines = log.read_text(errors="replace").replace("\r", "\n").splitlines()
    return [line.strip() for line in lines if line.strip()][-count:]


if __name__ == "__main__":
    if sys.version_info < PYTHON_MIN:
        sys.exit(f"Python {'.'.join(map(str, PYTHON_MIN))} or newer is needed; this is {sys.version.split()[0]}.")
    main()
