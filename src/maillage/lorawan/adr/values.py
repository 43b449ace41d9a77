"""The words of a decision."""

from dataclasses import dataclass
from typing import Protocol, Self

from maillage.lorawan.regions.data_rate import LoRaDataRate
from maillage.lorawan.regions.demodulation import required_snr_db
from maillage.lorawan.regions.region import Region


@dataclass(frozen=True, slots=True)
class Setting:
    """What a device uses: indices of its region, and how often it sends each frame (1..15)."""

    data_rate: int
    tx_power: int
    nb_trans: int = 1


@dataclass(frozen=True, slots=True)
class Link:
    """How a device was heard while it used ``setting``: the best SNR of the last uplinks, the share that was lost."""

    setting: Setting
    max_snr_db: float
    lost_share: float = 0.0


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be asked for: ``required_snr_db`` of the data rates from ``min_data_rate`` on, EIRP by power index."""

    min_data_rate: int
    required_snr_db: tuple[float, ...]
    tx_powers_dbm: tuple[int, ...]

    @property
    def max_data_rate(self) -> int:
        return self.min_data_rate + len(self.required_snr_db) - 1

    @classmethod
    def of(cls, region: Region) -> Self:
        """The LoRa rates that every device of the region has on its first default channel, and all its powers."""
        first = region.default_channels[0]
        rates = [region.data_rates[index] for index in range(first.min_data_rate, first.max_data_rate + 1)]
        floors = tuple(required_snr_db(rate) for rate in rates if isinstance(rate, LoRaDataRate))
        return cls(first.min_data_rate, floors, region.tx_powers_dbm)

    def narrowed(self, max_data_rate: int | None, max_tx_power: int | None) -> Self:
        """Without what a device has declined; the slowest rate and the full power stay."""
        rates, powers = len(self.required_snr_db), len(self.tx_powers_dbm)
        if max_data_rate is not None:
            rates = max(1, min(rates, max_data_rate - self.min_data_rate + 1))
        if max_tx_power is not None:
            powers = max(1, min(powers, max_tx_power + 1))
        return type(self)(self.min_data_rate, self.required_snr_db[:rates], self.tx_powers_dbm[:powers])


class AdrAlgorithm(Protocol):
    """Values in, a setting out; the same setting when nothing is to change."""

    def decide(self, link: Link, limits: Limits) -> Setting:
        """The setting for a link, within ``limits``."""
