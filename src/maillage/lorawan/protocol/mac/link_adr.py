"""LinkADR: the network sets data rate, power, repetitions and channels (LoRaWAN L2 1.0.4, §5.2)."""

from dataclasses import dataclass
from struct import Struct
from typing import ClassVar, Self

from maillage.lorawan.protocol.errors import fits
from maillage.lorawan.protocol.mac.command import MacCommand

_LAYOUT = Struct("<BHB")


@dataclass(frozen=True, slots=True)
class LinkADRReq(MacCommand):
    """``tx_power`` is the region's index; ``ch_mask`` bit i enables channel i of the bank ``ch_mask_cntl``;
    ``nb_trans`` 0 keeps the default. A rate or power of 15 means *keep* (1.0.4).
    """

    CID: ClassVar[int] = 0x03
    PAYLOAD_BYTES: ClassVar[int] = 4

    data_rate: int
    tx_power: int
    ch_mask: int
    ch_mask_cntl: int = 0
    nb_trans: int = 1

    def payload(self) -> bytes:
        rate_and_power = fits("DataRate", self.data_rate, 4) << 4 | fits("TXPower", self.tx_power, 4)
        redundancy = fits("ChMaskCntl", self.ch_mask_cntl, 3) << 4 | fits("NbTrans", self.nb_trans, 4)
        return _LAYOUT.pack(rate_and_power, fits("ChMask", self.ch_mask, 16), redundancy)

    @classmethod
    def read(cls, payload: bytes) -> Self:
        rate_and_power, ch_mask, redundancy = _LAYOUT.unpack(payload)
        return cls(rate_and_power >> 4, rate_and_power & 0x0F, ch_mask, redundancy >> 4 & 0b111, redundancy & 0x0F)


@dataclass(frozen=True, slots=True)
class LinkADRAns(MacCommand):
    """Unless all three are accepted, the device changed nothing."""

    CID: ClassVar[int] = 0x03
    PAYLOAD_BYTES: ClassVar[int] = 1

    power_ack: bool
    data_rate_ack: bool
    channel_mask_ack: bool

    @property
    def accepted(self) -> bool:
        return self.power_ack and self.data_rate_ack and self.channel_mask_ack

    def payload(self) -> bytes:
        return bytes((self.power_ack << 2 | self.data_rate_ack << 1 | self.channel_mask_ack,))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        status = payload[0]
        return cls(bool(status & 0b100), bool(status & 0b010), bool(status & 0b001))
