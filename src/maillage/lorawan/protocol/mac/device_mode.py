"""DeviceMode: a device says that it is now of class A or C (LoRaWAN 1.1, §18.1)."""

from dataclasses import dataclass
from typing import ClassVar, Self

from maillage.lorawan.protocol.errors import fits
from maillage.lorawan.protocol.mac.command import MacCommand

CLASS_A = 0x00
CLASS_C = 0x02


@dataclass(frozen=True, slots=True)
class _DeviceMode(MacCommand):
    """``device_class`` 0 is class A, 2 class C; every other value is reserved."""

    CID: ClassVar[int] = 0x20
    PAYLOAD_BYTES: ClassVar[int] = 1

    device_class: int

    def payload(self) -> bytes:
        return bytes((fits("Class", self.device_class, 8),))

    @classmethod
    def read(cls, payload: bytes) -> Self:
        return cls(payload[0])


@dataclass(frozen=True, slots=True)
class DeviceModeInd(_DeviceMode):
    """Repeated by the device in every uplink until it hears ``DeviceModeConf``."""


@dataclass(frozen=True, slots=True)
class DeviceModeConf(_DeviceMode):
    """The class that the network serves from now on."""
