"""Where imported models stand: ``<folder>/current``, a link to one generation of them; a new import makes the next.

Whoever reads follows the link once, so that it sees all of one generation or all of the next.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec

from maillage.lorawan.codecs.model import DeviceModel
from maillage.lorawan.codecs.registry import load_models, model_file
from maillage.lorawan.repository.values import Found, Report

_CURRENT, _REPORT = "current", "report-{source}.json"


class Shelf:
    """The imported models of an installation, read by any process, written by an import at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def generation(self) -> str:
        """Changes with every import; "" before the first."""
        link = self._folder / _CURRENT
        return link.readlink().name if link.is_symlink() else ""

    def models(self) -> Mapping[str, DeviceModel]:
        """By key. Raises ``Invalid`` for a file that somebody has damaged."""
        generation = self.generation
        return load_models(self._folder / generation) if generation else {}

    def reports(self) -> list[Report]:
        """Of the last import of each source."""
        generation = self.generation
        paths = sorted((self._folder / generation).glob(_REPORT.format(source="*"))) if generation else []
        return [msgspec.json.decode(path.read_bytes(), type=Report) for path in paths]

    def put(self, found: tuple[Found, ...], report: Report) -> None:
        """These replace the models of their source; those of other sources stay."""
        before = self.generation
        number = int(before) + 1 if before else 1
        made = self._folder / f"{number:06d}"
        shutil.rmtree(made, ignore_errors=True)  # an import that was interrupted
        made.mkdir(parents=True)
        if before:
            self._copy_others(self._folder / before, made, report.source)
        for one in found:
            self._write(made / one.model.key, one.model)
        (made / _REPORT.format(source=report.source)).write_bytes(msgspec.json.encode(report))
        fresh = self._folder / f".{_CURRENT}"
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(made.name)
        fresh.replace(self._folder / _CURRENT)
        for old in self._folder.glob("[0-9]*"):
            if old.name not in {made.name, before}:  # who has just followed the link still reads the one before
                shutil.rmtree(old)

    def _copy_others(self, before: Path, made: Path, source: str) -> None:
        for entry in before.iterdir():
            if entry.is_dir() and not entry.name.startswith(f"{source}-"):
                shutil.copytree(entry, made / entry.name)
            elif entry.is_file() and entry.name != _REPORT.format(source=source):
                shutil.copy2(entry, made / entry.name)

    def _write(self, folder: Path, model: DeviceModel) -> None:
        folder.mkdir()
        (folder / "model.json").write_bytes(model_file(model))
        (folder / "codec.js").write_text(model.codec_source, encoding="utf-8")


def all_models(shelf: Shelf) -> Mapping[str, DeviceModel]:
    """Those that are shipped, and those on the shelf."""
    return {**shelf.models(), **load_models()}
