"""Puts the server's steps together. The composition root gives the outside world; nothing here opens anything."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from maillage.lorawan.codecs.model import DeviceModel
from maillage.lorawan.mac_exchange.hearing import Rhythm
from maillage.lorawan.regions.region import Region
from maillage.lorawan.server.answers import Answering
from maillage.lorawan.server.class_b import ClassBDesk
from maillage.lorawan.server.committer import Committer, GroupStore
from maillage.lorawan.server.decoder import Codecs, Decoder
from maillage.lorawan.server.downlinks import DownlinkBook
from maillage.lorawan.server.duty import DutyLedger
from maillage.lorawan.server.gateway_desk import GatewayDesk
from maillage.lorawan.server.housekeeper import Housekeeper, HouseStore
from maillage.lorawan.server.joins import Joining
from maillage.lorawan.server.mac_desk import MacDesk
from maillage.lorawan.server.network_server import NetworkServer, Steps
from maillage.lorawan.server.opportunities import RadioPlan
from maillage.lorawan.server.publications import PublicationTracker
from maillage.lorawan.server.publisher import Bus, Publisher
from maillage.lorawan.server.read_back import LogReader, ReadBack
from maillage.lorawan.server.refusals import RefusalLog
from maillage.lorawan.server.registry import Registry
from maillage.lorawan.server.rows import LateDecoding
from maillage.lorawan.server.scheduler import Scheduler
from maillage.lorawan.server.settings import ServerSettings
from maillage.lorawan.server.station_desk import StationDesk
from maillage.lorawan.server.transmitter import Radio, Transmitter
from maillage.lorawan.server.uplinks import UplinkSieve


@dataclass(frozen=True, slots=True)
class World:
    """What the server stands on. ``cursor`` is how far the frame log had been published when it started."""

    models: Mapping[str, DeviceModel]
    region: Region
    codecs: Codecs
    store: GroupStore
    house: HouseStore
    log_reader: LogReader
    bus: Bus
    radio: Radio
    cursor: int
    now: Callable[[], datetime]
    monotonic_s: Callable[[], float]
    random_bits: Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Assembly:
    server: NetworkServer
    desk: GatewayDesk
    station_desk: StationDesk
    steps: Steps
    ledger: DutyLedger


def assemble(world: World, settings: ServerSettings, registry: Registry) -> Assembly:
    refusals, book, ledger = RefusalLog(), DownlinkBook(settings.max_attempts), DutyLedger(world.region)
    plan = RadioPlan(world.region, settings.transmit_margin_s, settings.max_eirp_dbm)
    scheduler = Scheduler.of(plan, ledger, registry)
    late: list[LateDecoding] = []
    tracker = PublicationTracker(world.cursor)
    read_back = ReadBack(world.log_reader, world.codecs, registry, late.extend)
    decoder = Decoder(world.codecs)
    steps = Steps(
        registry=registry,
        sieve=_sieve(world, settings, registry, refusals, decoder),
        decoder=decoder,
        book=book,
        answering=Answering(scheduler, book, world.radio.reaches),
        mac=MacDesk(world.region, world.models, Rhythm(settings.status_every, settings.status_again)),
        class_b=ClassBDesk(scheduler, registry),
        joining=Joining(registry, plan, settings.net_id, world.random_bits),
        committer=Committer(world.store),
        transmitter=Transmitter(world.radio, scheduler, book, refusals),
        publisher=Publisher(world.bus, tracker, read_back.uplinks_after),
        tracker=tracker,
        housekeeper=Housekeeper(world.house, registry, refusals),
        refusals=refusals,
        late=late,
    )
    desk = GatewayDesk(registry, steps.sieve, decoder, steps.transmitter, refusals, scheduler.clocks)
    station_desk = StationDesk(registry, steps.sieve, decoder, steps.transmitter, refusals, scheduler)
    server = NetworkServer(steps, world.models, settings, world.now, world.monotonic_s)
    return Assembly(server, desk, station_desk, steps, ledger)


def _sieve(
    world: World, settings: ServerSettings, registry: Registry, refusals: RefusalLog, decoder: Decoder
) -> UplinkSieve:
    def nonce_is_counter(model_key: str) -> bool:
        model = world.models.get(model_key)
        return model is not None and model.dev_nonce_is_counter

    return UplinkSieve(settings, registry, refusals, accepted=decoder.ask, nonce_is_counter=nonce_is_counter)
