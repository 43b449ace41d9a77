"""A simulated network over the test's own database: groups and campaigns as rows, everything else as in the process."""

import hashlib
from datetime import timedelta
from uuid import uuid4

import psycopg
from tests.lorawan.radio_side import KEYS
from tests.lorawan.simulated_network import START, SimulatedNetwork

from maillage.lorawan.keys import Purpose
from maillage.lorawan.multicast.store import GroupStore
from maillage.lorawan.server.assembly import driver
from maillage.lorawan.server.queries import Reader
from maillage.lorawan.server.queue_keeper import QueueKeeper
from maillage.lorawan.server.registry import Registry
from maillage.lorawan.server.sharding import ALONE
from maillage.lorawan.store import Store

MC_ADDR = 0x01ABCDEF
MC_KEY = b"the group's key."


class GroupNetwork:
    """``open`` it, ``run`` it, ``close`` it; ``restart`` forgets everything that is not in the database."""

    def __init__(self, conninfo: str, fleet, *, loss: float = 0.0) -> None:
        self.conninfo, self.fleet = conninfo, fleet
        self.store = Store(conninfo, ALONE, KEYS)
        self.reader, self.groups = Reader(conninfo, KEYS), GroupStore(conninfo, KEYS)
        self.net = SimulatedNetwork(fleet, loss=loss, store=self.store)
        self.net.every_second = [self._every_second]
        self._made()

    async def open(self) -> None:
        await self.store.connect()
        await self.store.keep_partitions(START.date(), 7)

    async def close(self) -> None:
        for one in (self.store, self.reader, self.groups):
            await one.close()

    async def run(self, seconds: float) -> None:
        await self.net.run(seconds)

    async def restart(self) -> None:
        registry = Registry()
        registry.put_gateways(await self.reader.gateways())
        for device in await self.reader.devices():
            registry.put_device(device)
        self.net.start_server(registry)
        self._made()
        self.net.assembly.steps.class_b.restore(await self.reader.ping_slots())

    def _made(self) -> None:
        net = self.net
        self.driver = driver(net.assembly, net.world, self.groups, net.registry)
        self.queue = QueueKeeper(self.reader, None, net.registry, net.assembly.steps.book, net.now)

    async def _every_second(self) -> None:
        await self.queue.load()
        await self.driver.step()
        await self.net.assembly.steps.housekeeper.flush()

    # --- rows

    def rows(self, query: str, *parameters) -> list[tuple]:
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            return connection.execute(query, parameters).fetchall()

    def put(self, query: str, *parameters) -> None:
        with psycopg.connect(self.conninfo, autocommit=True) as connection:
            connection.execute(query, parameters)

    def register(self) -> None:
        (self.organisation_id,) = self.rows(
            "INSERT INTO identity_organisation (kind, name, slug, siren) VALUES ('commune', 'Bures', 'bures', '')"
            " ON CONFLICT (slug) DO UPDATE SET name = excluded.name RETURNING id"
        )[0]
        for one in self.fleet.gateways:
            self.put(
                "INSERT INTO lorawan_gateway (eui, organisation_id, name, uplink_count, crc_error_count,"
                " downlink_count, downlink_failure_count) VALUES (%s, %s, 'mast', 0, 0, 0, 0)",
                *(one.eui, self.organisation_id),
            )
        for one in self.fleet.devices:
            key = KEYS.wrap(bytes.fromhex(one.app_key), one.dev_eui, Purpose.APP_KEY)
            self.put(
                "INSERT INTO lorawan_device (dev_eui, organisation_id, join_eui, app_key, model_key, name, created_at,"
                " join_nonce, last_dev_nonce, last_gateways) VALUES (%s, %s, %s, %s, %s, %s, %s, 0, -1, '{}')",
                *(one.dev_eui, self.organisation_id, one.join_eui, key, one.model, one.dev_eui, START),
            )

    def group(self, device_class: str = "C", periodicity: int | None = None) -> int:
        key = KEYS.wrap(MC_KEY, f"{MC_ADDR:08x}", Purpose.MC_KEY)
        ((group_id,),) = self.rows(
            "INSERT INTO lorawan_multicastgroup (organisation_id, name, mc_addr, mc_key, device_class, frequency_hz,"
            " data_rate, periodicity, f_cnt, created_at) VALUES (%s, 'all', %s, %s, %s, 869525000, 3, %s, 0, %s)"
            " RETURNING id",
            *(self.organisation_id, MC_ADDR, key, device_class, periodicity, START),
        )
        for one in self.fleet.devices:
            self.put(
                "INSERT INTO lorawan_multicastmember (group_id, device_id, slot, step, cause, asked, attempts)"
                " VALUES (%s, %s, 1, 'clock', '', '', 0)",
                *(group_id, one.dev_eui),
            )
        return group_id

    def campaign(self, group_id: int, image: bytes, *, fragment_bytes=100, redundancy=6, lead_s=240) -> str:
        image_id, campaign_id = uuid4(), uuid4()
        self.put(
            "INSERT INTO lorawan_firmwareimage (id, organisation_id, name, content, size_bytes, sha256, created_at)"
            " VALUES (%s, %s, 'v2', %s, %s, %s, %s)",
            *(image_id, self.organisation_id, image, len(image), hashlib.sha256(image).hexdigest(), START),
        )
        count, until = -(-len(image) // fragment_bytes), self.net.now() + timedelta(hours=1)
        self.put(
            "INSERT INTO lorawan_firmwarecampaign (id, organisation_id, group_id, image_id, state, cause,"
            " fragment_bytes, data_fragments, redundancy, next_fragment, last_fragment, round, session_cnt, lead_s,"
            " until, created_at) VALUES (%s, %s, %s, %s, 'preparing', '', %s, %s, %s, 1, %s, 0, 1, %s, %s, %s)",
            *(campaign_id, self.organisation_id, group_id, image_id, fragment_bytes, count, redundancy),
            *(count + redundancy, lead_s, until, START),
        )
        for one in self.fleet.devices:
            self.put(
                "INSERT INTO lorawan_campaignreceiver (campaign_id, device_id, step, cause, received, checked_round)"
                " VALUES (%s, %s, 'waiting', '', 0, -1)",
                *(campaign_id, one.dev_eui),
            )
        return str(campaign_id)

    def blocks(self) -> list[list[bytes]]:
        return [node.device.packages.blocks for node in self.net.town.nodes]
