"""CPU time of one merged uplink, stage by stage, in one process: where the server's time goes.

    python benchmarks/uplink_stages.py [--database CONNINFO] [--uplinks 20000] [--copies 3]

Without ``--database`` the commit is left out. The database must be migrated; the rows written are taken away again.
"""

import argparse
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import psycopg
import uvloop
from psycopg.rows import TupleRow

from maillage.lorawan.codecs.pool import CodecPool
from maillage.lorawan.codecs.registry import load_models
from maillage.lorawan.events import FrameBatch, UplinkBatch
from maillage.lorawan.gateways.semtech_udp.protocol import decode, encode_push_ack, encode_push_data
from maillage.lorawan.gateways.semtech_udp.values import PushAck, PushData, RxPacket
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
from maillage.lorawan.server.stages import Verified
from maillage.lorawan.server.uplinks import UplinkSieve
from maillage.lorawan.store import Store

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


def crypto_of(number: int) -> SessionCrypto:
    return SessionCrypto(number.to_bytes(16, "big"), (number + 1).to_bytes(16, "big"))


def population(count: int, gateways: int) -> Registry:
    registry = Registry()
    registry.put_gateways([GatewayState(f"{0xAA00 + number:016x}", 1) for number in range(gateways)])
    for number in range(count):
        device = DeviceState(f"{number:016x}", 1, "0" * 16, bytes(16), "elsys-ers", 0, -1)
        device.session = SessionState(device, number, crypto_of(number), 0, 0, 1)
        registry.put_device(device)
    return registry


def datagrams(registry: Registry, uplinks: int) -> list[bytes]:
    """One a copy, interleaved by gateway as they would come."""
    found: list[bytes] = []
    for number in range(uplinks):
        content = DataContent(number, 1, 5, PAYLOAD)
        packet = RxPacket(number, 868_100_000, SF7, -80.0, 7.0, build_data_uplink(crypto_of(number), content))
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


@asynccontextmanager
async def store_for(conninfo: str, count: int) -> AsyncIterator[tuple[Store, Connection]]:
    """A store whose rows are deleted afterwards."""
    store = Store(conninfo, shard=99)
    await store.connect()
    await store.keep_partitions(NOW.date(), 100_000)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")  # sessions without their devices
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO lorawan_session (device_id, dev_addr, nwk_s_key, app_s_key, f_cnt_up, f_cnt_down,"
                " rx1_delay_s, joined_at) VALUES (%s, %s, '', '', 0, 0, 1, now())",
                [(f"{number:016x}", number) for number in range(count)],
            )
        try:
            yield store, connection
        finally:
            await store.close()
            connection.execute("DELETE FROM lorawan_session WHERE device_id < %s", (f"{count:016x}",))
            connection.execute("DELETE FROM lorawan_frame WHERE at = %s", (NOW,))


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
    async with store_for(conninfo, len(uplinks)) as (store, connection):
        before_s = backend_cpu_s(connection)
        ids = iter(await store.reserve_frame_ids(len(uplinks)))
        for first in range(0, len(uplinks), GROUP):
            group = uplinks[first : first + GROUP]
            with stages.measured("commit: rows"):
                for uplink in group:
                    uplink.frame_id = next(ids)
                rows = GroupRows(counter_rows(group, []), [uplink_row(uplink) for uplink in group], [], [], 0)
            with stages.measured("commit: transaction"):
                await store.commit_group(rows)
        stages.cpu_s["(PostgreSQL's backend)"] = backend_cpu_s(connection) - before_s


def announced(stages: Stages, uplinks: list[Verified]) -> None:
    encoder = msgspec.json.Encoder()
    rows = [uplink_row(uplink) for uplink in uplinks]
    for first in range(0, len(uplinks), GROUP):
        with stages.measured("uplink messages"):
            encoder.encode(UplinkBatch([uplink_message(uplink) for uplink in uplinks[first : first + GROUP]]))
        with stages.measured("live frames"):
            encoder.encode(FrameBatch([frame_event(row) for row in rows[first : first + GROUP]]))


async def run(uplinks: int, copies: int, conninfo: str, show: Callable[[str], None]) -> None:
    stages, registry = Stages(uplinks), population(uplinks, copies)
    closed = through_the_sieve(stages, registry, datagrams(registry, uplinks))
    await decoded(stages, closed)
    if conninfo:
        await committed(stages, closed, conninfo)
    announced(stages, closed)
    for name, figure in stages.table().items():
        show(f"{name:<32}{figure:>8.1f} µs per uplink")
    show(json.dumps({"uplinks": uplinks, "copies": copies, "group": GROUP, "cpu_us": stages.table()}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uplinks", type=int, default=20_000)
    parser.add_argument("--copies", type=int, default=3)
    parser.add_argument("--database", default="")
    chosen = parser.parse_args()
    uvloop.run(run(chosen.uplinks, chosen.copies, chosen.database, print))
