"""What devices keep without power: DevNonce counters and settings, in one append-only file.

A DevNonce is written before it is used: a simulator that restarts, even killed, never replays a join.
"""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from maillage.kernel.errors import Unavailable

_DEV_NONCE_MAX = 0xFFFF


class _Line(msgspec.Struct, omit_defaults=True):
    device: str
    nonce: int | None = None
    kept: dict[str, float] | None = None


class Flash:
    """The memory of every device of one simulator; ``path`` belongs to one running simulator at a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._nonces: dict[str, int] = {}
        self._kept: dict[str, dict[str, float]] = {}
        if path.exists():
            self._read()
        self._compact()
        self._file = path.open("ab", buffering=0)

    def next_dev_nonce(self, device: str) -> int:
        """The next value of the device's counter, already written down. ``Unavailable`` after 65,536 joins."""
        nonce = self._nonces.get(device, -1) + 1
        if nonce > _DEV_NONCE_MAX:
            raise Unavailable("simulator.dev_nonces_spent", device=device)
        self._write(_Line(device, nonce=nonce))
        self._nonces[device] = nonce
        return nonce

    def kept(self, device: str) -> Mapping[str, float] | None:
        """The settings a device last kept; None for a device that never kept any."""
        return self._kept.get(device)

    def keep(self, device: str, settings: Mapping[str, float]) -> None:
        if self._kept.get(device) != settings:
            self._kept[device] = dict(settings)
            self._write(_Line(device, kept=self._kept[device]))

    def close(self) -> None:
        self._file.close()

    def _write(self, line: _Line) -> None:
        self._file.write(msgspec.json.encode(line) + b"\n")

    def _read(self) -> None:
        for text in self._path.read_bytes().splitlines():
            try:
                line = msgspec.json.decode(text, type=_Line)
            except msgspec.DecodeError:
                continue  # the last line of a simulator that was killed while it wrote
            if line.nonce is not None:
                self._nonces[line.device] = max(line.nonce, self._nonces.get(line.device, -1))
            if line.kept is not None:
                self._kept[line.device] = line.kept

    def _compact(self) -> None:
        devices = sorted(self._nonces.keys() | self._kept.keys())
        lines = (_Line(one, self._nonces.get(one), self._kept.get(one)) for one in devices)
        fresh = self._path.with_suffix(".new")
        fresh.write_bytes(b"".join(msgspec.json.encode(line) + b"\n" for line in lines))
        fresh.chmod(0o600)
        fresh.replace(self._path)
