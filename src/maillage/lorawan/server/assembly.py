"""Puts the server's steps together. The composition root gives the outside world; nothing here opens anything."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from maillage.lorawan.codecs.model import DeviceModel
from maillage.lorawan.mac_exchange.hearing import Rhythm
from maillage.lorawan.mac_exchange.wishes import NO_WISH
from maillage.lorawan.multicast.driver import GroupDriver, Groups
from maillage.lorawan.multicast.driver import Parts as DriverParts
from maillage.lorawan.multicast.radio import GroupRadio
from maillage.lorawan.protocol.version import Version
from maillage.lorawan.regions.region import Region
from maillage.lorawan.server.answers import Answering
from maillage.lorawan.server.class_b import ClassBDesk
from maillage.lorawan.server.committer import Committer, GroupStore
from maillage.lorawan.server.decoder import NOTHING_TO_DECODE, Codecs, Decoder
from maillage.lorawan.server.downlinks import DownlinkBook
from maillage.lorawan.server.duty import DutyLedger
from maillage.lorawan.server.gateway_clocks import GatewayClocks
from maillage.lorawan.server.gateway_desk import GatewayDesk
from maillage.lorawan.server.housekeeper import Housekeeper, HouseStore
from maillage.lorawan.server.joins import Joining, JoinProfile
from maillage.lorawan.server.mac_desk import MacDesk, wishes_of
from maillage.lorawan.server.network_server import NetworkServer, Steps
from maillage.lorawan.server.opportunities import RadioPlan
from maillage.lorawan.server.package_desk import PackageDesk
from maillage.lorawan.server.publications import PublicationTracker
from maillage.lorawan.server.publisher import Bus, Publisher
from maillage.lorawan.server.read_back import LogReader, ReadBack
from maillage.lorawan.server.refusals import RefusalLog
from maillage.lorawan.server.registry import Registry
from maillage.lorawan.server.rows import LateDecoding
from maillage.lorawan.server.scheduler import Scheduler
from maillage.lorawan.server.settings import ServerSettings
from maillage.lorawan.server.stages import Verified
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
    new_id: Callable[[], UUID]


@dataclass(frozen=True, slots=True)
class Assembly:
    server: NetworkServer
    desk: GatewayDesk
    station_desk: StationDesk
    steps: Steps
    ledger: DutyLedger
    groups: GroupRadio
    clocks: GatewayClocks


def assemble(world: World, settings: ServerSettings, registry: Registry) -> Assembly:
    refusals, book, ledger = RefusalLog(), DownlinkBook(settings.max_attempts), DutyLedger(world.region)
    plan = RadioPlan(world.region, settings.transmit_margin_s, settings.max_eirp_dbm)
    scheduler = Scheduler.of(plan, ledger, registry)
    late: list[LateDecoding] = []
    tracker = PublicationTracker(world.cursor)
    read_back = ReadBack(world.log_reader, world.codecs, registry, late.extend)
    decoder, packages = Decoder(world.codecs), PackageDesk(book, world.new_id)
    steps = Steps(
        registry=registry,
        sieve=_sieve(world, settings, registry, refusals, _asking(decoder, packages)),
        decoder=decoder,
        book=book,
        answering=Answering(scheduler, book, world.radio.reaches),
        mac=MacDesk(world.region, world.models, Rhythm(settings.status_every, settings.status_again)),
        class_b=ClassBDesk(scheduler, registry),
        packages=packages,
        joining=Joining(registry, plan, settings.net_id, world.random_bits, _profiles(world), settings.shard),
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
    groups = GroupRadio(scheduler, steps.transmitter, registry, world.radio.reaches)
    return Assembly(server, desk, station_desk, steps, ledger, groups, scheduler.clocks)


def driver(assembly: Assembly, world: World, store: Groups, registry: Registry) -> GroupDriver:
    """What carries groups and campaigns on beside the server."""
    steps, radio = assembly.steps, assembly.groups
    clocks = world.now, world.monotonic_s, world.new_id
    return GroupDriver(DriverParts(store, steps.packages, radio, steps.transmitter, registry, world.region, *clocks))


def _asking(decoder: Decoder, packages: PackageDesk) -> Callable[[Verified], None]:
    def ask(uplink: Verified) -> None:
        if packages.takes(uplink):
            uplink.decoding = NOTHING_TO_DECODE
        else:
            decoder.ask(uplink)

    return ask


def _profiles(world: World) -> Callable[[str], JoinProfile]:
    wishes = wishes_of(world.models, world.region)
    profiles = {
        key: JoinProfile(Version(model.lorawan_version).is_1_1, wishes.get(key, NO_WISH))
        for key, model in world.models.items()
    }
    unknown = JoinProfile()
    return lambda model_key: profiles.get(model_key, unknown)


def _sieve(
    world: World,
    settings: ServerSettings,
    registry: Registry,
    refusals: RefusalLog,
    accepted: Callable[[Verified], None],
) -> UplinkSieve:
    def nonce_is_counter(model_key: str) -> bool:
        model = world.models.get(model_key)
        return model is not None and model.dev_nonce_is_counter

    return UplinkSieve(settings, registry, refusals, accepted=accepted, nonce_is_counter=nonce_is_counter)
