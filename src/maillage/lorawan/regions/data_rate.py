"""Modulations, as gateways and the standard name them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LoRaDataRate:
    spreading_factor: int
    bandwidth_hz: int

    @property
    def datr(self) -> str:
        """The identifier of Semtech's protocol, such as ``SF7BW125``."""
        return f"SF{self.spreading_factor}BW{self.bandwidth_hz // 1000}"


@dataclass(frozen=True, slots=True)
class FskDataRate:
    bit_rate_bps: int

    @property
    def datr(self) -> int:
        return self.bit_rate_bps


DataRate = LoRaDataRate | FskDataRate
