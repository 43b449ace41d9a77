"""Reset: an ABP device says that it started again from its factory settings (LoRaWAN 1.1, §5.1)."""

from dataclasses import dataclass
from typing import ClassVar

from maillage.lorawan.protocol.mac.version_exchange import VersionCommand


@dataclass(frozen=True, slots=True)
class ResetInd(VersionCommand):
    """Repeated by the device in every uplink until it hears ``ResetConf``; the network resets its own side."""

    CID: ClassVar[int] = 0x01


@dataclass(frozen=True, slots=True)
class ResetConf(VersionCommand):
    """The version that the network uses, at most the device's own."""

    CID: ClassVar[int] = 0x01
