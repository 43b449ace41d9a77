"""Logged uplinks made ready to be published again: decoded anew, because the log keeps data and not measures."""

from collections.abc import Callable
from typing import Protocol

from maillage.lorawan.codecs.values import CodecInput
from maillage.lorawan.events import Uplink
from maillage.lorawan.server.announcements import logged_message
from maillage.lorawan.server.decoder import Codecs, decode_all
from maillage.lorawan.server.registry import Registry
from maillage.lorawan.server.rows import LateDecoding, LoggedUplink


class LogReader(Protocol):
    async def uplinks_after(self, frame_id: int, limit: int) -> list[LoggedUplink]: ...


class ReadBack:
    """``late`` takes the decodings that the log still lacks."""

    def __init__(
        self, reader: LogReader, codecs: Codecs, registry: Registry, late: Callable[[list[LateDecoding]], None]
    ) -> None:
        self._reader = reader
        self._codecs = codecs
        self._registry = registry
        self._late = late

    async def uplinks_after(self, frame_id: int, limit: int) -> list[Uplink]:
        logged = await self._reader.uplinks_after(frame_id, limit)
        decodable = [row for row in logged if row.payload and row.f_port]
        outcomes = await decode_all(self._codecs, [self._codec_input(row) for row in decodable])
        decodings = {row.id: outcome for row, outcome in zip(decodable, outcomes, strict=True)}
        self._late([LateDecoding(row.id, row.at, decodings[row.id].decoded) for row in decodable if not row.is_decoded])
        return [logged_message(row, decodings[row.id].measures if row.id in decodings else {}) for row in logged]

    def _codec_input(self, row: LoggedUplink) -> CodecInput:
        device = self._registry.devices.get(row.dev_eui)
        model_key = device.model_key if device is not None else ""
        return CodecInput(model_key, row.f_port or 0, row.payload or b"", row.at)
