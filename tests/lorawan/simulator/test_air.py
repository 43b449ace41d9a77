import dataclasses

import pytest

from maillage.lorawan.regions.data_rate import LoRaDataRate
from maillage.lorawan.regions.eu863_870 import EU863_870
from maillage.lorawan.simulator.air import Air, Place, distance_km, fitting_data_rate
from maillage.lorawan.simulator.device import Transmission

EVRY, CORBEIL, DOURDAN = Place(2.4422, 48.6243), Place(2.4818, 48.6110), Place(2.0110, 48.5290)
SF7 = LoRaDataRate(7, 125_000)


def frame(start_s=0.0, frequency_hz=868_100_000, data_rate=SF7):
    return Transmission(b"x" * 20, frequency_hz, data_rate, 16.0, start_s, start_s + 0.05)


def copies(air, links, count=400):
    found = []
    for index in range(count):
        sent = frame(index * 10.0)
        air.begin(sent, links)
        found += air.receptions(sent, links)
    return found


def test_distances_are_those_of_the_map():
    assert distance_km(EVRY, CORBEIL) == pytest.approx(3.26, abs=0.1)
    assert distance_km(EVRY, DOURDAN) == pytest.approx(33.5, abs=0.5)


def test_a_nearer_gateway_hears_better_and_a_far_one_not_at_all():
    air = Air([EVRY, CORBEIL, DOURDAN], seed=3)
    links = air.links("a", Place(2.4430, 48.6243))
    assert links[0].gateway == 0
    assert 2 not in {link.gateway for link in links}
    by_gateway = {gateway: [r for r in copies(air, links) if r.gateway == gateway] for gateway in (0, 1)}
    assert len(by_gateway[0]) == 400
    means = {g: sum(r.rssi_dbm for r in rs) / len(rs) for g, rs in by_gateway.items() if rs}
    assert -100 < means[0] < -50
    assert all(r.snr_db <= 10 for r in by_gateway[0])


def test_shadowing_is_the_same_at_every_start_and_differs_between_devices():
    first, again = Air([EVRY], seed=3), Air([EVRY], seed=3)
    here = Place(2.4500, 48.6243)
    assert first.links("a", here) == again.links("a", here)
    assert first.links("a", here) != first.links("b", here)


def test_walls_cost_signal():
    air = Air([EVRY], seed=3)
    outside, inside = Place(2.45, 48.62), Place(2.45, 48.62, indoors=True)
    assert air.links("a", inside)[0].loss_db > air.links("a", outside)[0].loss_db + 5


def test_the_loss_asked_for_is_the_loss_that_happens():
    air = Air([EVRY], seed=3, loss=0.25)
    assert len(copies(air, air.links("a", EVRY), 2000)) == pytest.approx(1500, abs=80)


def test_frames_that_overlap_on_a_channel_drown_each_other():
    air = Air([EVRY], seed=3)
    links = air.links("a", Place(2.4500, 48.6243))
    first, second = frame(0.0), frame(0.02)
    air.begin(first, links)
    air.begin(second, links)
    assert air.receptions(first, links) == []
    assert air.receptions(second, links) == []


@pytest.mark.parametrize(
    "other", [{"frequency_hz": 868_300_000}, {"data_rate": LoRaDataRate(8, 125_000)}, {"start_s": 1.0, "end_s": 1.05}]
)
def test_frames_apart_in_frequency_rate_or_time_do_not_collide(other):
    air = Air([EVRY], seed=3)
    links = air.links("a", EVRY)
    first = frame(0.0)
    air.begin(first, links)
    air.begin(dataclasses.replace(frame(0.0), **other), links)
    assert len(air.receptions(first, links)) == 1


def test_a_strong_frame_is_captured_over_a_weak_one():
    air = Air([EVRY], seed=3)
    near, far = air.links("near", EVRY), air.links("far", Place(2.4500, 48.6300))
    strong, weak = frame(0.0), frame(0.01)
    air.begin(strong, near)
    air.begin(weak, far)
    assert len(air.receptions(strong, near)) == 1
    assert air.receptions(weak, far) == []


def test_a_far_device_speaks_slowly():
    air = Air([EVRY], seed=3)
    near = fitting_data_rate(air.links("a", EVRY), EU863_870.data_rates)
    far = fitting_data_rate(air.links("a", Place(2.50, 48.6243)), EU863_870.data_rates)
    assert near == 5
    assert far < near
    assert fitting_data_rate((), EU863_870.data_rates) == 0
