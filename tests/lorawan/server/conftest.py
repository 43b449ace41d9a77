"""A server without database, bus or network: its steps around a registry of two devices and two gateways."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from tests.lorawan.radio_side import JOIN_EUI, SF7, FakeDevice

from maillage.lorawan.gateways.semtech_udp.values import CrcStatus, RxPacket
from maillage.lorawan.regions.eu863_870 import EU863_870
from maillage.lorawan.server.answers import Answering
from maillage.lorawan.server.downlinks import DownlinkBook, WaitingDownlink
from maillage.lorawan.server.duty import DutyLedger
from maillage.lorawan.server.opportunities import RadioPlan
from maillage.lorawan.server.refusals import RefusalLog
from maillage.lorawan.server.registry import DeviceState, GatewayState, Registry, SessionState
from maillage.lorawan.server.scheduler import Scheduler
from maillage.lorawan.server.settings import ServerSettings
from maillage.lorawan.server.stages import Verified
from maillage.lorawan.server.transmitter import Transmitter
from maillage.lorawan.server.uplinks import UplinkSieve

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def waiting(dev_eui: str, number: int = 1, **options) -> WaitingDownlink:
    facts = {"data": None, "f_port": 1, "payload": b"\x0e\x13", "confirmed": False}
    facts |= {"expires_at": START + timedelta(hours=1), **options}
    return WaitingDownlink(f"{number:032x}", f"command-{number}", dev_eui, **facts)


@dataclass
class FakeRadio:
    """Keeps what it is given; ``is_reachable`` False: the gateway is away."""

    is_reachable: bool = True
    sent: list = field(default_factory=list)

    def reaches(self, gateway_eui):
        return self.is_reachable and bool(gateway_eui)

    def transmit(self, token, opportunity, phy_payload):
        if self.is_reachable:
            self.sent.append((token, opportunity, phy_payload))
        return self.is_reachable


class Bench:
    """``hear`` plays a copy at a moment in seconds; ``close`` ends the windows."""

    def __init__(self) -> None:
        self.settings = ServerSettings()
        self.registry = Registry()
        self.near, self.far = GatewayState("00000000000000aa", 1), GatewayState("00000000000000bb", 1)
        self.registry.put_gateways([self.near, self.far])
        self.devices = [FakeDevice(1), FakeDevice(2)]
        for device in self.devices:
            self.add(device)
        self.refusals = RefusalLog()
        self.accepted: list[Verified] = []
        self.sieve = UplinkSieve(
            self.settings,
            self.registry,
            self.refusals,
            accepted=self.accepted.append,
            nonce_is_counter=lambda model_key: model_key == "mclimate-vicki",
        )
        self.book = DownlinkBook(self.settings.max_attempts)
        self.ledger = DutyLedger(EU863_870)
        self.plan = RadioPlan(EU863_870, 0.1, 16)
        self.radio = FakeRadio()
        self.scheduler = Scheduler.of(self.plan, self.ledger, self.registry)
        self.answering = Answering(self.scheduler, self.book, self.radio.reaches)
        self.transmitter = Transmitter(self.radio, self.scheduler, self.book, self.refusals)

    def add(self, fake: FakeDevice, dev_addr: int | None = None) -> DeviceState:
        device = DeviceState(fake.dev_eui, 1, JOIN_EUI.hex(), fake.app_key, fake.model_key, 0, -1)
        device.session = SessionState(device, dev_addr or fake.dev_addr, fake.crypto, -1, 0, 1)
        self.registry.put_device(device)
        return device

    def hear(self, frame: bytes, at_s: float = 0.0, gateway=None, *, snr_db=7.0, rssi_dbm=-80.0, crc=CrcStatus.OK):
        packet = RxPacket(int(at_s * 1e6), 868_100_000, SF7, rssi_dbm, snr_db, frame, crc)
        self.sieve.heard(gateway or self.near, packet, START + timedelta(seconds=at_s), at_s)

    def close(self, at_s: float):
        return self.sieve.close_due(at_s)

    def uplink(self, frame: bytes, at_s: float = 0.0) -> Verified:
        """One uplink from the air to the end of its window."""
        self.hear(frame, at_s)
        uplinks, _ = self.close(at_s + 0.2)
        (found,) = uplinks
        return found

    def answer(self, uplink: Verified, late_s: float = 0.22):
        heard_s = uplink.received.heard_s
        return self.answering.to_uplink(uplink, START, heard_s + late_s)

    def causes(self) -> list[str]:
        return [key.cause for key, found in self.refusals.take().items() for _ in range(found.count)]


@pytest.fixture
def bench():
    return Bench()
