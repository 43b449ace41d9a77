"""A simulated device joins and speaks through the server's pure core, in the region that the installation chose."""

import random
from datetime import timedelta

import pytest
from tests.lorawan.radio_side import JOIN_EUI, FakeDevice
from tests.lorawan.server.conftest import START, FakeRadio

from maillage.lorawan.gateways.semtech_udp.values import RxPacket
from maillage.lorawan.regions.catalogue import REGIONS
from maillage.lorawan.server.answers import Answering
from maillage.lorawan.server.downlinks import DownlinkBook
from maillage.lorawan.server.duty import DutyLedger
from maillage.lorawan.server.joins import Joining
from maillage.lorawan.server.opportunities import RadioPlan
from maillage.lorawan.server.refusals import RefusalLog
from maillage.lorawan.server.registry import DeviceState, GatewayState, Registry
from maillage.lorawan.server.scheduler import Scheduler
from maillage.lorawan.server.settings import ServerSettings
from maillage.lorawan.server.transmitter import Transmitter
from maillage.lorawan.server.uplinks import UplinkSieve
from maillage.lorawan.simulator.device import EndDevice, Heard, Identity, Joined

GATEWAY = GatewayState("00000000000000aa", 1)


class Town:
    """One device, one gateway, one server of that region. Times are seconds from the start of the test."""

    def __init__(self, name: str, data_rate: int, seed: int) -> None:
        self.region = REGIONS[name]
        who = FakeDevice(1)
        identity = Identity(bytes.fromhex(who.dev_eui), JOIN_EUI, who.app_key)
        self.device = EndDevice(identity, self.region, data_rate, random.Random(seed))
        self.registry, self.refusals = Registry(), RefusalLog()
        self.registry.put_gateways([GATEWAY])
        self.registry.put_device(DeviceState(who.dev_eui, 1, JOIN_EUI.hex(), who.app_key, who.model_key, 0, -1))
        settings = ServerSettings(region=self.region)
        self.sieve = UplinkSieve(
            settings, self.registry, self.refusals, accepted=lambda _: None, nonce_is_counter=lambda _: False
        )
        plan, ledger = (
            RadioPlan(settings.region, settings.transmit_margin_s, settings.max_eirp_dbm),
            DutyLedger(self.region),
        )
        book = DownlinkBook(settings.max_attempts)
        self.radio = FakeRadio()
        scheduler = Scheduler.of(plan, ledger, self.registry)
        self.answering = Answering(scheduler, book, self.radio.reaches)
        self.joining = Joining(self.registry, plan, 0, lambda _: 0x1234)
        self.transmitter = Transmitter(self.radio, scheduler, book, self.refusals)

    def heard(self, sent):
        """The server gets the frame as the gateway reports it; its window closes."""
        at = START + timedelta(seconds=sent.end_s)
        packet = RxPacket(round(sent.end_s * 1e6), sent.frequency_hz, sent.data_rate, -80.0, 7.0, sent.phy_payload)
        self.sieve.heard(GATEWAY, packet, at, sent.end_s)
        return self.sieve.close_due(sent.end_s + 0.25)

    def answered(self, answer, now_s: float):
        """The device's outcome of the downlink that the server sent."""
        self.transmitter.send(answer, START, now_s)
        _, chance, phy_payload = self.radio.sent[-1]
        assert self.region.sub_band(chance.frequency_hz) is not None
        return self.device.hear(phy_payload, chance.tmst_us / 1e6, chance.frequency_hz, chance.data_rate, 7.0)

    def join(self):
        sent = self.device.join(7, 0.0)
        _, (asked,) = self.heard(sent)
        planned = self.joining.plan(asked, START)
        self.joining.install(planned)
        return self.answered(planned.answer, sent.end_s + 0.3)

    def confirmed_uplink(self, now_s: float):
        sent = self.device.uplink(5, b"\x01\x00\xe2", now_s, confirmed=True)
        (uplink,), _ = self.heard(sent)
        answer = self.answering.to_uplink(uplink, START, sent.end_s + 0.3)
        return sent, self.answered(answer, sent.end_s + 0.3)


REGIONS_AND_RATES = [
    ("EU868", 0),
    ("EU868", 5),
    ("IN865", 5),
    ("US915", 0),
    ("US915", 4),
    ("US915/2", 3),
    ("AU915", 2),
    ("AU915/1", 6),
    ("AS923", 2),
    ("AS923-2", 5),
    ("AS923-4", 3),
]


@pytest.mark.parametrize(("name", "data_rate"), REGIONS_AND_RATES)
@pytest.mark.parametrize("seed", range(3))
def test_a_device_joins_and_its_confirmed_uplink_is_acknowledged_in_rx1(name, data_rate, seed):
    town = Town(name, data_rate, seed)
    assert town.join() == Joined(0x1234)
    sent, outcome = town.confirmed_uplink(1000.0)
    assert isinstance(outcome, Heard)
    assert outcome.acknowledges
    chance = town.radio.sent[-1][1]
    assert chance.frequency_hz == town.region.rx1(sent.frequency_hz, data_rate, 0, 1).frequency_hz
    assert chance.tmst_us == round(sent.end_s * 1e6) + 1_000_000


def test_an_american_answer_comes_500_khz_wide_on_a_downlink_channel():
    town = Town("US915", 2, 1)
    town.join()
    chance = town.radio.sent[-1][1]
    assert chance.frequency_hz in range(923_300_000, 927_500_001, 600_000)
    assert chance.data_rate.datr == "SF8BW500"


def test_an_american_device_keeps_to_the_block_that_the_join_taught():
    town = Town("US915/2", 3, 2)
    town.join()
    frequencies_hz = [town.device.uplink(5, b"", 1000.0 * number).frequency_hz for number in range(1, 30)]
    assert set(frequencies_hz) <= {*range(903_900_000, 905_400_000, 200_000)}


def test_an_indian_device_learns_the_indian_second_window():
    town = Town("IN865", 5, 1)
    town.join()
    assert (town.device.settings.rx2_frequency_hz, town.device.settings.rx2_data_rate) == (866_550_000, 2)
    assert len(town.device.settings.channels) == 3
