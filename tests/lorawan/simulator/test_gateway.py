import pytest

from maillage.lorawan.gateways.semtech_udp.values import AtGpsTime, AtTmst, Immediately, TxPacket, TxStatus
from maillage.lorawan.regions.data_rate import LoRaDataRate
from maillage.lorawan.regions.eu863_870 import EU863_870
from maillage.lorawan.simulator.air import Place, Reception
from maillage.lorawan.simulator.device import Transmission
from maillage.lorawan.simulator.gateway import SimulatedGateway

SF7 = LoRaDataRate(7, 125_000)


def gateway(boot_s=0.0):
    return SimulatedGateway(bytes(8), "mairie", Place(2.44, 48.62), EU863_870, boot_s)


def packet(schedule, frequency_hz=868_100_000, power_dbm=14):
    return TxPacket(schedule, frequency_hz, power_dbm, SF7, bytes(20))


def test_a_frame_starts_when_the_counter_says():
    sent = gateway().schedule(packet(AtTmst(11_000_000)), now_s=10.0)
    assert isinstance(sent, Transmission)
    assert sent.start_s == pytest.approx(11.0)
    assert sent.end_s > sent.start_s


def test_the_counter_wraps_after_71_minutes_and_nobody_notices():
    wrap_s = (1 << 32) / 1e6
    one = gateway()
    heard = one.forward(Transmission(b"x", 868_100_000, SF7, 14, wrap_s - 0.6, wrap_s - 0.5), Reception(0, -80, 5))
    sent = one.schedule(packet(AtTmst((heard.tmst_us + 1_000_000) % (1 << 32))), now_s=wrap_s - 0.3)
    assert isinstance(sent, Transmission)
    assert sent.start_s == pytest.approx(wrap_s + 0.5)


@pytest.mark.parametrize(
    ("schedule", "status"),
    [
        (AtTmst(9_000_000), TxStatus.TOO_LATE),
        (AtTmst(10_001_000), TxStatus.TOO_LATE),
        (AtTmst(60_000_000), TxStatus.TOO_EARLY),
        (AtGpsTime(1), TxStatus.GPS_UNLOCKED),
    ],
)
def test_what_cannot_be_sent_in_time_is_refused_with_the_reason(schedule, status):
    assert gateway().schedule(packet(schedule), now_s=10.0) is status


def test_a_forbidden_frequency_or_power_is_refused():
    assert gateway().schedule(packet(AtTmst(11_000_000), 862_000_000), 10.0) is TxStatus.TX_FREQ
    assert gateway().schedule(packet(AtTmst(11_000_000), power_dbm=30), 10.0) is TxStatus.TX_POWER


def test_one_transmitter_cannot_send_two_frames_at_once():
    one = gateway()
    assert isinstance(one.schedule(packet(AtTmst(11_000_000)), 10.0), Transmission)
    assert one.schedule(packet(AtTmst(11_020_000)), 10.0) is TxStatus.COLLISION_PACKET
    assert isinstance(one.schedule(packet(AtTmst(12_000_000)), 10.0), Transmission)


def test_an_immediate_frame_waits_for_the_one_on_the_air():
    one = gateway()
    first = one.schedule(packet(Immediately()), 10.0)
    second = one.schedule(packet(Immediately()), 10.0)
    assert second.start_s > first.end_s


def test_while_it_sends_a_gateway_is_deaf():
    one = gateway()
    sent = one.schedule(packet(AtTmst(11_000_000)), 10.0)
    during = Transmission(b"x", 868_100_000, SF7, 14, sent.start_s + 0.01, sent.start_s + 0.05)
    after = Transmission(b"x", 868_100_000, SF7, 14, sent.end_s + 0.01, sent.end_s + 0.05)
    assert one.is_deaf(during)
    assert not one.is_deaf(after)


def test_a_report_counts_the_period_and_starts_anew():
    one = gateway()
    one.forward(Transmission(b"x", 868_100_000, SF7, 14, 0, 0.05), Reception(0, -80, 5))
    one.schedule(packet(AtTmst(11_000_000)), 10.0)
    stat = one.stat("2025-01-01 00:00:00 GMT")
    assert (stat.received, stat.forwarded, stat.downlinks, stat.transmitted) == (1, 1, 1, 1)
    assert one.stat("2025-01-01 00:00:30 GMT").received == 0
