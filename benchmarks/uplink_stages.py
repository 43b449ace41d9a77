"""CPU time of one merged uplink, stage by stage, in one process: where the network server's time goes.

Groups of 60 uplinks, as the server makes them under load; no sockets and no ticks, so that the sum is the floor of what
the network server spends. PostgreSQL's backend, in brackets, works beside it.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psycopg
import uvloop
from psycopg.rows import TupleRow

from benchmarks.fixture import THINGS_A_SITE, Fleet, populate
from benchmarks.installation import installed
from benchmarks.report import Report
from maillage.lorawan.codecs.pool import CodecPool
from maillage.lorawan.codecs.registry import load_models
from maillage.lorawan.events import FrameBatch, UplinkBatch
from maillage.lorawan.gateways.semtech_udp.protocol import decode, encode_push_ack, encode_push_data
from maillage.lorawan.gateways.semtech_udp.values import PushAck, PushData, RxPacket
from maillage.lorawan.keys import KeyRing
from maillage.lorawan.protocol.build import DataContent, build_data_uplink
from maillage.lorawan.protocol.crypto import SessionCrypto
from maillage.lorawan.regions.data_rate import LoRaDataRate
from maillage.lorawan.server.announcements import frame_event, uplink_message
from maillage.lorawan.server.decoder import codec_input, decode_all
from maillage.lorawan.server.grouping import counter_rows, uplink_row
from maillage.lorawan.server.refusals import RefusalLog
from maillage.lorawan.server.registry import DeviceState, GatewayState, Registry, SessionState
from maillage.lorawan.server.rows import GroupRows
from maillage.lorawan.server.settings import ServerSettings
from maillage.lorawan.server.sharding import ALONE
from maillage.lorawan.server.stages import Verified
from maillage.lorawan.server.uplinks import UplinkSieve
from maillage.lorawan.simulator.load import LoadPlan, LoadSession, load_gateways, load_sessions
from maillage.lorawan.store import Store

PLAN = LoadPlan(devices=20_000, gateways=3, copies=3)
FLEET = Fleet(0, PLAN.devices, "elsys-ers", "heating", THINGS_A_SITE)
GROUP = 60
PAYLOAD = bytes.fromhex("0100e202290400270506060308070d62")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SF7 = LoRaDataRate(7, 125_000)


class Stages:
    """CPU seconds of this process by stage."""

    def __init__(self, uplinks: int) -> None:
        self.uplinks = uplinks
        self.cpu_s: dict[str, float] = {}

    @contextmanager
    def measured(self, name: str) -> Iterator[None]:
        started_s = time.process_time()
        yield
        self.cpu_s[name] = self.cpu_s.get(name, 0.0) + time.process_time() - started_s

    def table(self) -> dict[str, float]:
        figures = {name: round(spent / self.uplinks * 1e6, 1) for name, spent in self.cpu_s.items()}
        own = sum(figure for name, figure in figures.items() if not name.startswith("("))
        return {**figures, "total of this process": round(own, 1)}


def sessions() -> list[LoadSession]:
    return list(load_sessions(PLAN))


def crypto_of(session: LoadSession) -> SessionCrypto:
    return SessionCrypto(session.nwk_s_key, session.app_s_key)


def population() -> Registry:
    registry = Registry()
    registry.put_gateways([GatewayState(eui, 1) for eui in load_gateways(PLAN)])
    for one in sessions():
        device = DeviceState(one.dev_eui, 1, "0" * 16, one.app_key, FLEET.model_key, 0, -1)
        device.session = SessionState(device, one.dev_addr, crypto_of(one), -1, 0, 1)
        registry.put_device(device)
    return registry


def datagrams(registry: Registry) -> list[bytes]:
    """One a copy, interleaved by gateway as they would come."""
    found: list[bytes] = []
    for number, session in enumerate(sessions()):
        content = DataContent(session.dev_addr, 0, 5, PAYLOAD)
        packet = RxPacket(number, 868_100_000, SF7, -80.0, 7.0, build_data_uplink(crypto_of(session), content))
        found += [encode_push_data(PushData(1, eui, (packet,))) for eui in registry.gateways]
    return found


def through_the_sieve(stages: Stages, registry: Registry, heard: list[bytes]) -> list[Verified]:
    """Twice the first use of a session: what setting up its AES contexts costs is part of the first pass."""
    accepted: list[Verified] = []
    sieve = UplinkSieve(
        ServerSettings(max_waiting_uplinks=len(heard)),
        registry,
        RefusalLog(),
        accepted=accepted.append,
        nonce_is_counter=bool,
    )
    for session in (device.session for device in registry.devices.values()):
        if session is not None:
            session.crypto.uplink_mic(0, 0, b"")
    with stages.measured("parse datagrams"):
        messages = [decode(datagram) for datagram in heard]
    pushed = [message for message in messages if isinstance(message, PushData)]
    with stages.measured("write PUSH_ACK"):
        for message in pushed:
            encode_push_ack(PushAck(message.token, message.version))
    with stages.measured("merge, MIC, decrypt"):
        for message in pushed:
            gateway = registry.gateways[message.gateway_eui]
            for packet in message.packets:
                sieve.heard(gateway, packet, NOW, 0.0)
    with stages.measured("close windows"):
        closed, _ = sieve.close_due(1.0)
    if not len(closed) == len(accepted) == stages.uplinks:
        raise SystemExit(f"only {len(closed)} of {stages.uplinks} uplinks were accepted")
    return closed


async def decoded(stages: Stages, uplinks: list[Verified]) -> None:
    async with CodecPool(load_models()) as codecs:
        await decode_all(codecs, [codec_input(uplinks[0])])
        with stages.measured("codec, this process's side"):
            for first in range(0, len(uplinks), GROUP):
                group = uplinks[first : first + GROUP]
                outcomes = await decode_all(codecs, [codec_input(uplink) for uplink in group])
                for uplink, outcome in zip(group, outcomes, strict=True):
                    uplink.decoding = outcome


Connection = psycopg.Connection[TupleRow]


def backend_cpu_s(connection: Connection) -> float:
    """CPU of the server's own backend, when it runs on this machine."""
    row = connection.execute(
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'maillage lorawan' AND datname = current_database()"
        " ORDER BY backend_start DESC LIMIT 1"
    ).fetchone()
    stat = Path(f"/proc/{row[0]}/stat") if row else None
    if stat is None or not stat.exists():
        return 0.0
    fields = stat.read_text().split()
    return (int(fields[13]) + int(fields[14])) / 100


async def committed(stages: Stages, uplinks: list[Verified], conninfo: str) -> None:
    store = Store(conninfo, ALONE, KeyRing([bytes(32)]))
    await store.connect()
    await store.keep_partitions(NOW.date(), retention_days=100_000)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        before_s = backend_cpu_s(connection)
        ids = iter(await store.reserve_frame_ids(len(uplinks)))
        for first in range(0, len(uplinks), GROUP):
            await commit(stages, uplinks[first : first + GROUP], ids, store)
        stages.cpu_s["(PostgreSQL's backend)"] = backend_cpu_s(connection) - before_s
    await store.close()


async def commit(stages: Stages, group: list[Verified], ids: Iterator[int], store: Store) -> None:
    with stages.measured("commit: rows"):
        for uplink in group:
            uplink.frame_id = next(ids)
        rows = GroupRows(counter_rows(group, []), [uplink_row(uplink) for uplink in group], [], [], 0)
    with stages.measured("commit: transaction"):
        await store.commit_group(rows)


def announced(stages: Stages, uplinks: list[Verified]) -> None:
    encoder = msgspec.json.Encoder()
    rows = [uplink_row(uplink) for uplink in uplinks]
    for first in range(0, len(uplinks), GROUP):
        with stages.measured("uplink messages"):
            encoder.encode(UplinkBatch([uplink_message(uplink) for uplink in uplinks[first : first + GROUP]]))
        with stages.measured("live frames"):
            encoder.encode(FrameBatch([frame_event(row) for row in rows[first : first + GROUP]]))


async def measure(conninfo: str) -> Stages:
    stages, registry = Stages(PLAN.devices), population()
    closed = through_the_sieve(stages, registry, datagrams(registry))
    await decoded(stages, closed)
    await committed(stages, closed, conninfo)
    announced(stages, closed)
    return stages


def run() -> Report:
    """On a durable database of its own."""
    with installed(lambda connection: populate(connection, PLAN, [FLEET]), ()) as place:
        stages = uvloop.run(measure(place.conninfo))
    rows = [{"stage": name, "µs per uplink": figure} for name, figure in stages.table().items()]
    facts = {"uplinks": PLAN.devices, "copies": PLAN.gateways, "uplinks in a group": GROUP}
    return Report("uplink_stages", "CPU of a merged uplink in the network server, by stage", rows, facts)
