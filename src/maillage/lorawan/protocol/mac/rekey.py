"""Rekey: a device confirms the session keys of its last join or rejoin (LoRaWAN 1.1, §5.10)."""

from dataclasses import dataclass
from typing import ClassVar

from maillage.lorawan.protocol.mac.version_exchange import VersionCommand


@dataclass(frozen=True, slots=True)
class RekeyInd(VersionCommand):
    """Repeated by the device in every uplink until it hears ``RekeyConf``; after ADR_ACK_LIMIT uplinks without
    one it joins again.
    """

    CID: ClassVar[int] = 0x0B


@dataclass(frozen=True, slots=True)
class RekeyConf(VersionCommand):
    """The version that the network uses, at most the device's own. The former keys are forgotten."""

    CID: ClassVar[int] = 0x0B
