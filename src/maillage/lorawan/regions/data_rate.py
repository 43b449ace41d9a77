"""Modulations, as gateways and the standard name them. Tagged: they travel between the house's processes."""

from typing import Literal

from msgspec import Struct


class LoRaDataRate(Struct, frozen=True, gc=False, tag="lora"):
    spreading_factor: int
    bandwidth_hz: int

    @property
    def datr(self) -> str:
        """The identifier of Semtech's protocol, such as ``SF7BW125``."""
        return f"SF{self.spreading_factor}BW{self.bandwidth_hz // 1000}"


class FskDataRate(Struct, frozen=True, gc=False, tag="fsk"):
    bit_rate_bps: int

    @property
    def datr(self) -> int:
        return self.bit_rate_bps


class LrFhssDataRate(Struct, frozen=True, gc=False, tag="lr_fhss"):
    """Uplinks only. ``coding_rate_thirds`` 1 is CR 1/3, 2 is CR 2/3; ``channel_width_hz`` is what the hops occupy."""

    coding_rate_thirds: Literal[1, 2]
    channel_width_hz: int

    @property
    def datr(self) -> str:
        """The identifier of Semtech's protocol, such as ``M0CW137``; it leaves the coding rate to ``codr``."""
        return f"M0CW{self.channel_width_hz // 1000}"

    @property
    def codr(self) -> str:
        return f"{self.coding_rate_thirds}/3"


DataRate = LoRaDataRate | FskDataRate | LrFhssDataRate
