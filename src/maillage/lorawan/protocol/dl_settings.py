"""DLSettings: what a device uses in its receive windows (LoRaWAN L2 1.0.4, §5.4 and §6.2)."""

from dataclasses import dataclass

from maillage.lorawan.protocol.errors import fits

_OPT_NEG = 0x80


@dataclass(frozen=True, slots=True)
class DLSettings:
    """``opt_neg`` is 1.1's negotiation bit, always false before."""

    rx1_dr_offset: int
    rx2_data_rate: int
    opt_neg: bool = False

    def encode(self) -> int:
        offset = fits("RX1DRoffset", self.rx1_dr_offset, 3) << 4
        return offset | fits("RX2DataRate", self.rx2_data_rate, 4) | (_OPT_NEG if self.opt_neg else 0)

    @classmethod
    def decode(cls, octet: int) -> "DLSettings":
        return cls(octet >> 4 & 0b111, octet & 0x0F, bool(octet & _OPT_NEG))
