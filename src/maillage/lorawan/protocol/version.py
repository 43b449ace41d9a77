"""The versions of the link layer that differ on the air. Sources: TS001-1.0.2 to 1.0.4, LoRaWAN 1.1."""

from enum import StrEnum


class Version(StrEnum):
    """What a device speaks. A 1.1 device on a network that did not negotiate 1.1 (OptNeg 0) speaks 1.0."""

    V1_0_2 = "1.0.2"
    V1_0_3 = "1.0.3"
    V1_0_4 = "1.0.4"
    V1_1 = "1.1"

    @property
    def is_1_1(self) -> bool:
        """Five keys, two downlink counters, encrypted FOpts, rejoins."""
        return self is Version.V1_1
