"""Turns uplinks into stored observations, at the pace of the bus and of the database."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from maillage.lorawan.events import Uplink
from maillage.telemetry.engine.intake import Intake, Stream, Taken, sort_out, unknown_pairs
from maillage.telemetry.events import LiveObservation, LiveObservationBatch
from maillage.telemetry.store import ObservationStore

ASK_AGAIN_AFTER = timedelta(seconds=30)
LIVE_BATCH_SIZE = 2000  # some 400 kB of JSON, well under the bus's 1 MB a message


class Directory:
    """Which datastream takes which quantity of which device: all in memory, corrected when told or in doubt."""

    def __init__(self) -> None:
        self._streams: dict[str, dict[str, Stream]] = {}
        self._asked_at: dict[str, datetime] = {}
        self._loaded = False

    def forget(self, dev_eui: str) -> None:
        """The device was installed, moved or removed: ask about it at its next uplink."""
        self._streams.pop(dev_eui, None)
        self._asked_at.pop(dev_eui, None)

    def forget_everything(self) -> None:
        """Notices may have been missed: read all again as soon as possible."""
        self._asked_at.clear()
        self._loaded = False

    async def load(self, store: ObservationStore) -> None:
        """Read every datastream, unless that is done."""
        if not self._loaded:
            self._loaded = True  # first: who forgets meanwhile wants it read again
            try:
                self._streams = await store.streams()
            except BaseException:
                self._loaded = False
                raise

    async def streams_for(
        self, uplinks: Sequence[Uplink], store: ObservationStore, now: datetime
    ) -> dict[str, dict[str, Stream]]:
        """The map, good for ``uplinks``. A device that stays unknown is asked for once in ``ASK_AGAIN_AFTER``."""
        await self.load(store)
        doubtful = [dev_eui for dev_eui in unknown_pairs(uplinks, self._streams) if self._may_ask(dev_eui, now)]
        if doubtful:
            self._streams.update(await store.streams(doubtful))
            self._asked_at.update(dict.fromkeys(doubtful, now))
        return self._streams

    def _may_ask(self, dev_eui: str, now: datetime) -> bool:
        asked_at = self._asked_at.get(dev_eui)
        return asked_at is None or now - asked_at >= ASK_AGAIN_AFTER


async def take_in(uplinks: Sequence[Uplink], directory: Directory, store: ObservationStore, now: datetime) -> Intake:
    """Stores the measures of ``uplinks`` in one transaction. Repeating it changes nothing but the refusal counters."""
    streams = await directory.streams_for(uplinks, store, now)
    intake = sort_out(uplinks, streams, now)
    await store.take_in(intake, now)
    return intake


def live_messages(taken: Sequence[Taken]) -> Iterator[bytes]:
    """What live pages are told of values that are now durable, as ``LiveObservationBatch`` messages of bounded size."""
    for start in range(0, len(taken), LIVE_BATCH_SIZE):
        observations = list(_live(taken[start : start + LIVE_BATCH_SIZE]))
        yield msgspec.json.encode(LiveObservationBatch(observations))


def _live(taken: Iterable[Taken]) -> Iterator[LiveObservation]:
    for one in taken:
        stream = one.stream
        yield LiveObservation(
            datastream_id=stream.datastream_id,
            organisation_id=stream.organisation_id,
            thing_id=stream.thing_id,
            quantity=stream.quantity,
            unit=stream.unit,
            at=one.at,
            value=one.value,
        )
