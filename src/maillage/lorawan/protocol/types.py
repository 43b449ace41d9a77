"""Words shared by every frame. Source: LoRaWAN L2 1.0.4 (TS001-1.0.4), §4.1 to §4.3."""

from enum import IntEnum

DEV_ADDR_BITS = 32
NET_ID_BITS = 24
NONCE_BITS = 24
DEV_NONCE_BITS = 16
F_CNT_MAX = 0xFFFF_FFFF
PHY_PAYLOAD_MAX_BYTES = 255
F_OPTS_MAX_BYTES = 15
MIC_BYTES = 4


class MType(IntEnum):
    """Message type, the upper bits of MHDR (§4.2.1). ``REJOIN_REQUEST`` is 1.1's, RFU before."""

    JOIN_REQUEST = 0
    JOIN_ACCEPT = 1
    UNCONFIRMED_DATA_UP = 2
    UNCONFIRMED_DATA_DOWN = 3
    CONFIRMED_DATA_UP = 4
    CONFIRMED_DATA_DOWN = 5
    REJOIN_REQUEST = 6
    PROPRIETARY = 7


class Direction(IntEnum):
    """The ``Dir`` byte of the B0 and A blocks (§4.3.3, §4.4)."""

    UPLINK = 0
    DOWNLINK = 1


def dev_addr_text(dev_addr: int) -> str:
    """A DevAddr the way tools print it: eight upper-case hexadecimal digits."""
    return f"{dev_addr:08X}"
