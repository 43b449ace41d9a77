"""Reads the files of a checkout: nothing outside it, nothing too large, every problem with its path."""

import tomllib
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from maillage.kernel.errors import Invalid

MAX_BYTES = 2_000_000


class BadFile(Exception):  # noqa: N818 - reads as the verdict it is
    """A file that cannot be used; ``reason`` is for the report."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path, self.reason = path, reason


class Files:
    """The files under ``root``, named by their paths in it."""

    def __init__(self, root: Path) -> None:
        """Raises ``Invalid`` when there is no such folder."""
        if not root.is_dir():
            raise Invalid("repository.no_folder", folder=str(root))
        self._root = root.resolve()
        self._yaml = YAML(typ="safe", pure=True)  # the compiled reader knows YAML 1.1 only, where « no » is false

    def has(self, path: str) -> bool:
        """Whether it is a file."""
        return (self._root / path).is_file()

    def names(self, folder: str, suffix: str = "") -> list[str]:
        """What is in the folder, sorted; empty when there is none."""
        found = self._root / folder
        return sorted(entry.name for entry in found.iterdir() if entry.name.endswith(suffix)) if found.is_dir() else []

    def text(self, path: str) -> str:
        """Raises ``BadFile``."""
        full = (self._root / path).resolve()
        if not full.is_relative_to(self._root):
            raise BadFile(path, "lies outside the checkout")
        try:
            if full.stat().st_size > MAX_BYTES:
                raise BadFile(path, f"is larger than {MAX_BYTES // 1_000_000} MB")
            return full.read_text(encoding="utf-8")
        except (OSError, UnicodeError) as error:
            raise BadFile(path, f"cannot be read: {error}") from error

    def yaml(self, path: str) -> dict[str, Any]:
        """A mapping of YAML 1.2. Raises ``BadFile``."""
        return _mapping(path, self.yaml_value(path))

    def yaml_value(self, path: str) -> Any:  # noqa: ANN401 - whatever the file says
        """Anything of YAML 1.2, JSON with hexadecimal numbers included. Raises ``BadFile``."""
        try:
            return self._yaml.load(self.text(path))
        except (YAMLError, ValueError, RecursionError) as error:
            raise BadFile(path, f"is not YAML: {str(error).splitlines()[0]}") from error

    def toml(self, path: str) -> dict[str, Any]:
        """A TOML document. Raises ``BadFile``."""
        try:
            return tomllib.loads(self.text(path))
        except tomllib.TOMLDecodeError as error:
            raise BadFile(path, f"is not TOML: {error}") from error


def _mapping(path: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadFile(path, "is not a mapping")
    return value
