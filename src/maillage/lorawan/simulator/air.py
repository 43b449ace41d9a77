"""The air between devices and gateways: path loss, shadowing, fading, loss and collisions. Seeded, no clock.

Log-distance path loss with log-normal shadowing (Rappaport, *Wireless Communications*, §4.9), with the exponent and
intercept of suburban measurements at 868 MHz (Petäjäjärvi et al., doi:10.1109/ITST.2015.7377400, shaded for rooftops
lower than their water tower).
"""

import math
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from maillage.lorawan.regions.data_rate import DataRate, LoRaDataRate
from maillage.lorawan.simulator.device import Transmission

_LOSS_AT_1_KM_DB = 124.0
_EXPONENT = 3.2
_SHADOWING_DB = 5.0
_FADING_DB = 1.5
_INDOOR_DB = 8.0
_NEAREST_KM = 0.02
_ANTENNA_GAIN_DB = 3.0
_NOISE_DBM = -117.0  # thermal noise in 125 kHz and a noise figure of 6 dB
_FLOOR_SNR_DB = {7: -7.5, 8: -10.0, 9: -12.5, 10: -15.0, 11: -17.5, 12: -20.0}  # SX1276 data sheet, table 13
_FSK_FLOOR_SNR_DB = 8.0
_USUAL_BANDWIDTH_HZ = 125_000
_RSSI_MIN_DBM, _SNR_MAX_DB = -139.0, 10.0
_CAPTURE_DB = 6.0
_MARGIN_DB = 6.0
_EARTH_KM_DEG = 111.195


@dataclass(frozen=True, slots=True)
class Place:
    """WGS 84 degrees; walls cost the signal when ``indoors``."""

    longitude: float
    latitude: float
    indoors: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """Mean loss between one device and one gateway, the same both ways."""

    gateway: int
    loss_db: float


@dataclass(frozen=True, slots=True)
class Reception:
    """A gateway's copy of a frame. Values as gateways report them."""

    gateway: int
    rssi_dbm: float
    snr_db: float


@dataclass(frozen=True, slots=True)
class _OnAir:
    sent: Transmission
    links: tuple[Link, ...]


class Air:
    """``loss`` is the share of copies lost on top of physics; ``collisions`` whether overlapping frames hurt."""

    def __init__(self, gateways: Sequence[Place], seed: int = 1, *, loss: float = 0.0, collisions: bool = True) -> None:
        self._gateways = tuple(gateways)
        self._seed = seed
        self._loss = loss
        self._collisions = collisions
        self._chance = random.Random(seed)  # noqa: S311 - radio, not secrets
        self._on_air: deque[_OnAir] = deque()

    def links(self, name: str, place: Place, power_dbm: float = 16.0) -> tuple[Link, ...]:
        """The gateways that could ever hear a device there, best first; shadowing is the same at every start."""
        found = (Link(index, self._loss_db(name, index, place)) for index in range(len(self._gateways)))
        weakest_db = _NOISE_DBM + _FLOOR_SNR_DB[12] - 2 * _FADING_DB
        return tuple(
            sorted((link for link in found if _rssi_dbm(power_dbm, link) > weakest_db), key=lambda link: link.loss_db)
        )

    def begin(self, sent: Transmission, links: tuple[Link, ...]) -> None:
        """A frame starts; needed only for collisions."""
        if not self._collisions:
            return
        while self._on_air and self._on_air[0].sent.end_s < sent.start_s - 5:
            self._on_air.popleft()
        self._on_air.append(_OnAir(sent, links))

    def receptions(self, sent: Transmission, links: tuple[Link, ...]) -> list[Reception]:
        """The gateways that demodulated the frame once it has ended."""
        return [found for link in links if (found := self.reception(sent, link)) is not None]

    def reception(self, sent: Transmission, link: Link) -> Reception | None:
        """One gateway's copy, or None. Also true downwards: the link is symmetric."""
        rssi_dbm = _rssi_dbm(sent.power_dbm, link) + self._chance.gauss(0, _FADING_DB)
        snr_db = rssi_dbm - _NOISE_DBM
        if snr_db < floor_snr_db(sent.data_rate) or self._chance.random() < self._loss:
            return None
        if self._collisions and self._drowned(sent, link.gateway, rssi_dbm):
            return None
        # A receiver reports the total power it sees, noise included; and no SNR above what it can resolve.
        total_dbm = 10 * math.log10(10 ** (rssi_dbm / 10) + 10 ** (_NOISE_DBM / 10))
        return Reception(link.gateway, round(max(_RSSI_MIN_DBM, total_dbm)), round(min(_SNR_MAX_DB, snr_db), 1))

    def _drowned(self, sent: Transmission, gateway: int, rssi_dbm: float) -> bool:
        """Whether another frame on the same channel and spreading factor is not at least 6 dB weaker there."""
        return any(
            _overlaps(other.sent, sent) and _rssi_dbm(other.sent.power_dbm, link) > rssi_dbm - _CAPTURE_DB
            for other in self._on_air
            for link in other.links
            if link.gateway == gateway
        )

    def _loss_db(self, name: str, index: int, place: Place) -> float:
        gateway = self._gateways[index]
        shadow = random.Random(f"{self._seed}/{name}/{index}").gauss(0, _SHADOWING_DB)  # noqa: S311 - as above
        far_km = max(_NEAREST_KM, distance_km(place, gateway))
        walls_db = _INDOOR_DB if place.indoors else 0.0
        return _LOSS_AT_1_KM_DB + 10 * _EXPONENT * math.log10(far_km) + shadow + walls_db - _ANTENNA_GAIN_DB


def distance_km(a: Place, b: Place) -> float:
    """Over the ground, by the flat projection: good to 0.1 % within a département."""
    middle = math.radians((a.latitude + b.latitude) / 2)
    east = (a.longitude - b.longitude) * math.cos(middle)
    return _EARTH_KM_DEG * math.hypot(east, a.latitude - b.latitude)


def floor_snr_db(data_rate: DataRate) -> float:
    """The weakest signal a gateway can read at that rate."""
    return _FLOOR_SNR_DB[data_rate.spreading_factor] if isinstance(data_rate, LoRaDataRate) else _FSK_FLOOR_SNR_DB


def fitting_data_rate(links: tuple[Link, ...], data_rates: Sequence[DataRate | None], power_dbm: float = 16.0) -> int:
    """The fastest 125 kHz LoRa rate that the best gateway reads with margin; the slowest if none."""
    best_snr_db = (_rssi_dbm(power_dbm, links[0]) - _NOISE_DBM) if links else -math.inf
    usual = [
        (index, rate)
        for index, rate in enumerate(data_rates)
        if isinstance(rate, LoRaDataRate) and rate.bandwidth_hz == _USUAL_BANDWIDTH_HZ
    ]
    return max((index for index, rate in usual if best_snr_db - _MARGIN_DB >= floor_snr_db(rate)), default=0)


def _rssi_dbm(power_dbm: float, link: Link) -> float:
    return power_dbm - link.loss_db


def _overlaps(a: Transmission, b: Transmission) -> bool:
    if a is b or a.frequency_hz != b.frequency_hz or a.data_rate != b.data_rate:
        return False
    return a.start_s < b.end_s and b.start_s < a.end_s
