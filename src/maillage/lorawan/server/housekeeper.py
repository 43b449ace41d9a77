"""What may be stored a little late: last seen, counters, refusals. Collected here, flushed every few seconds."""

import logging
from typing import Protocol

from maillage.kernel.errors import Unavailable
from maillage.lorawan.events import GatewayBatch, GatewayEvent
from maillage.lorawan.server.refusals import RefusalLog
from maillage.lorawan.server.registry import GatewayState, Registry
from maillage.lorawan.server.rows import Housekeeping, Sighting, StatusReport
from maillage.lorawan.server.stages import Verified, ranked

log = logging.getLogger(__name__)


class HouseStore(Protocol):
    async def keep_house(self, work: Housekeeping) -> None: ...


class Housekeeper:
    def __init__(self, store: HouseStore, registry: Registry, refusals: RefusalLog) -> None:
        self._store = store
        self._registry = registry
        self._refusals = refusals
        self._sightings: dict[str, Sighting] = {}
        self._statuses: dict[str, StatusReport] = {}

    def seen(self, uplink: Verified) -> None:
        """A device was heard; only its last sighting is kept."""
        best_first, device = ranked(uplink.received.receptions), uplink.session.device
        best = best_first[0]
        device.best_gateway_eui = best.gateway.eui
        self._sightings[device.dev_eui] = Sighting(
            device.dev_eui,
            uplink.received.at,
            best.rssi_dbm,
            best.snr_db,
            [reception.gateway.eui for reception in best_first],
        )

    def reported(self, reports: list[StatusReport]) -> None:
        """Devices told of their battery; only the last report of each is kept."""
        self._statuses.update((report.dev_eui, report) for report in reports)

    async def flush(self) -> GatewayBatch:
        """Store what was collected; on an outage keep it for the next time. Returns the gateways that changed."""
        changed = [gateway for gateway in self._registry.gateways.values() if gateway.changed]
        sightings, refusals = self._sightings, self._refusals.take()
        statuses, self._statuses = self._statuses, {}
        self._sightings = {}
        for gateway in changed:
            gateway.changed = False
        try:
            await self._store.keep_house(
                Housekeeping(list(sightings.values()), changed, refusals, list(statuses.values()))
            )
        except Unavailable as error:
            log.warning("Housekeeping waits: %s", error)
            self._sightings = sightings | self._sightings
            self._statuses = statuses | self._statuses
            self._refusals.give_back(refusals)
            for gateway in changed:
                gateway.changed = True
            return GatewayBatch([])
        return GatewayBatch([event for gateway in changed if (event := _event(gateway)) is not None])


def _event(gateway: GatewayState) -> GatewayEvent | None:
    if gateway.last_seen_at is None:
        return None
    return GatewayEvent(
        gateway.eui,
        gateway.organisation_id,
        gateway.last_seen_at,
        gateway.uplink_count,
        gateway.crc_error_count,
        gateway.downlink_count,
        gateway.downlink_failure_count,
        None if gateway.round_trip_s is None else gateway.round_trip_s * 1000,
    )
