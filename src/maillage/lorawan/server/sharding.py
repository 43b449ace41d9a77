"""Which process answers for which devices. Pure.

Joins go by DevEUI, data frames by DevAddr. A shard gives its own devices only addresses of its own, so that after a
join both lead to the same place. A device whose address is older than the number of shards (or was chosen by hand, ABP)
is a *guest* where its DevEUI leads: only its joins are judged there.
"""

from dataclasses import dataclass

from maillage.lorawan.protocol.types import MType

# Knuth's multiplicative hash: manufacturers number their devices in steps.
_KNUTH = 2_654_435_761
_EUI_DIGITS = 7
_HASH_BITS = 32
_HASH_SHIFT = 16
_M_TYPE_SHIFT = 5
_REJOIN_WITH_JOIN_EUI = 1

# The same sum in PostgreSQL, of ``device.dev_eui``; 28 bits times 32 stay within a bigint.
HOME_OF_DEV_EUI_SQL = (
    "((((('x' || right(device.dev_eui, 7))::bit(28)::bigint * 2654435761) & 4294967295) >> 16) % {count})"
)


@dataclass(frozen=True, slots=True)
class Shard:
    """One of ``count``. One alone is the whole network."""

    index: int = 0
    count: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.index < self.count or self.count & (self.count - 1):
            raise ValueError(f"shard {self.index} of {self.count}: the number of shards is a power of two")

    def has_address(self, dev_addr: int) -> bool:
        """Whether data frames with that DevAddr come here."""
        return dev_addr % self.count == self.index

    def is_home_of(self, dev_eui: str) -> bool:
        """Whether joins of that DevEUI (16 hexadecimal digits) come here."""
        return home_of_dev_eui(dev_eui, self.count) == self.index

    def address(self, random_bits: int) -> int:
        """``random_bits`` made an address of this shard."""
        return random_bits - random_bits % self.count + self.index

    def __str__(self) -> str:
        return f"{self.index + 1}/{self.count}"


ALONE = Shard()


def home_of_dev_eui(dev_eui: str, count: int) -> int:
    """The shard of its joins."""
    hashed = (int(dev_eui[-_EUI_DIGITS:], 16) * _KNUTH) & ((1 << _HASH_BITS) - 1)
    return (hashed >> _HASH_SHIFT) % count


def shard_of_frame(phy_payload: bytes, count: int) -> int | None:
    """Where a frame from the air goes, by its first bytes alone (LoRaWAN L2 1.0.4, §4; 1.1, §6.2.4); None: nowhere."""
    m_type = phy_payload[0] >> _M_TYPE_SHIFT if phy_payload else None
    match m_type:
        case MType.UNCONFIRMED_DATA_UP | MType.CONFIRMED_DATA_UP:
            address = phy_payload[1:5]
            return int.from_bytes(address, "little") % count if len(address) == 4 else None  # noqa: PLR2004 - a DevAddr
        case MType.JOIN_REQUEST:
            return _home(phy_payload[9:17], count)
        case MType.REJOIN_REQUEST:
            at = 10 if phy_payload[1:2] == bytes([_REJOIN_WITH_JOIN_EUI]) else 5
            return _home(phy_payload[at : at + 8], count)
        case _:
            return None


def _home(eui_little_endian: bytes, count: int) -> int | None:
    if len(eui_little_endian) != 8:  # noqa: PLR2004 - an EUI-64
        return None
    return home_of_dev_eui(eui_little_endian[::-1].hex(), count)
