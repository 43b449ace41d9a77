"""What was heard and cannot be handed on now waits on disk: bounded, oldest dropped first and counted, kill-proof.

Records are appended to the youngest of a few segment files and taken from the oldest, a whole segment at a time: one
taken and not discarded comes again. Each record carries a checksum: what a crash cut off is left out.
"""

import contextlib
import logging
import os
from collections import deque
from collections.abc import Iterator
from errno import ENOSPC
from pathlib import Path
from struct import Struct
from typing import BinaryIO
from zlib import crc32

log = logging.getLogger(__name__)
_HEAD = Struct(">II")  # length, checksum
_SUFFIX = ".spool"
_SEGMENT_BYTES = 1 << 20
_SEGMENTS = 256


class Spool:
    """A queue of byte strings in ``folder``. Not for several processes. ``dropped`` counts since the start."""

    def __init__(self, folder: Path, segment_bytes: int = _SEGMENT_BYTES, segments: int = _SEGMENTS) -> None:
        self.dropped = 0
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._most = segments
        self._segments: deque[Path] = deque(sorted(folder.glob(f"*{_SUFFIX}")) if folder.is_dir() else ())
        self._youngest: BinaryIO | None = None
        self._is_full_disk = False

    @property
    def is_empty(self) -> bool:
        return not self._segments

    def append(self, record: bytes) -> None:
        """On disk as far as the operating system is told; a full disk drops and counts it."""
        try:
            file = self._open()
            _write_whole(file, _HEAD.pack(len(record), crc32(record)) + record)
            if file.tell() >= self._segment_bytes:
                self._close()
        except OSError as error:
            self._could_not_write(error)
        else:
            self._is_full_disk = False

    def take(self) -> list[bytes]:
        """The records of the oldest segment, oldest first; empty when there are none. See :meth:`discard`."""
        while self._segments:
            if len(self._segments) == 1:
                self._close()
            records = list(_read(self._segments[0]))
            if records:
                return records
            self.discard()
        return []

    def discard(self) -> None:
        """What :meth:`take` gave has been handed on."""
        self._segments.popleft().unlink(missing_ok=True)

    def close(self) -> None:
        self._close()

    def _open(self) -> BinaryIO:
        """Unbuffered: what was appended survives the process."""
        if self._youngest is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            while len(self._segments) >= self._most:
                self._drop_oldest()
            number = int(self._segments[-1].stem) + 1 if self._segments else 0
            path = self._folder / f"{number:012}{_SUFFIX}"
            self._youngest = path.open("xb", buffering=0)
            self._segments.append(path)
        return self._youngest

    def _close(self) -> None:
        if self._youngest is not None:
            file, self._youngest = self._youngest, None
            with file:
                os.fsync(file.fileno())

    def _drop_oldest(self) -> None:
        self.dropped += sum(1 for _ in _read(self._segments[0]))
        self.discard()
        log.warning("The spool in %s is full: its oldest part was dropped, %d records so far", *self._told())

    def _could_not_write(self, error: OSError) -> None:
        """What was written in part ends its segment: what comes after is not read past it."""
        self.dropped += 1
        if self._youngest is not None:
            file, self._youngest = self._youngest, None
            with contextlib.suppress(OSError):
                file.close()
        if not self._is_full_disk:
            log.error("The spool in %s cannot be written, %d records lost so far: %s", *self._told(), error)
        self._is_full_disk = True

    def _told(self) -> tuple[Path, int]:
        return self._folder, self.dropped


def _write_whole(file: BinaryIO, data: bytes) -> None:
    """A file without a buffer may take less than it was given: the disk is full."""
    if file.write(data) < len(data):
        raise OSError(ENOSPC, "written in part")


def _read(path: Path) -> Iterator[bytes]:
    """As far as it is whole."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return
    at = 0
    while at + _HEAD.size <= len(data):
        length, checksum = _HEAD.unpack_from(data, at)
        record = data[at + _HEAD.size : at + _HEAD.size + length]
        if len(record) < length or crc32(record) != checksum:
            log.warning("%s is damaged from byte %d on; what follows is left out", path, at)
            return
        yield record
        at += _HEAD.size + length
