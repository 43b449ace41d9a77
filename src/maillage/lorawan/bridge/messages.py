"""What the two sides tell each other over the event bus. Pure.

=============================  ==============  ====================================================================
subject                        message         delivery
=============================  ==============  ====================================================================
``lorawan.air.up.<shard>``     ``Copies``      JetStream: kept until the shard has made it durable, whoever owns it
``lorawan.air.down.<origin>``  ``Order``       core NATS: a receive window does not wait for a second delivery
``lorawan.air.fate.<shard>``   ``Fate``        core NATS: a lost one counts as a gateway that tells nothing
``lorawan.air.here``           ``Presence``    core NATS, every few seconds
=============================  ==============  ====================================================================

``origin`` is the process that holds the gateway's path; it changes with each start.
"""

from datetime import datetime

import msgspec
from msgspec import Struct

from maillage.lorawan.gateways.semtech_udp.values import RxPacket
from maillage.lorawan.server.opportunities import Opportunity

AIR_STREAM = "LORAWAN_AIR"
UP = "lorawan.air.up"
DOWN = "lorawan.air.down"
FATE = "lorawan.air.fate"
HERE = "lorawan.air.here"


class Copy(Struct, frozen=True, array_like=True):
    """A frame as one gateway heard it. ``at`` is the wall clock of its coming in."""

    gateway_eui: bytes
    packet: RxPacket
    at: datetime


class Copies(Struct, frozen=True, array_like=True):
    """What one reading of the sockets brought for a shard."""

    origin: str
    copies: list[Copy]


class Order(Struct, frozen=True, array_like=True):
    """Send this. The opportunity's instants are of the asker's monotonic clock, which read ``at_s`` at ``at``."""

    shard: int
    token: int
    opportunity: Opportunity
    phy_payload: bytes
    at: datetime
    at_s: float


class Fate(Struct, frozen=True, array_like=True):
    """What became of an order, in the gateway's words or ours: the air belongs to every shard.

    ``answered``: the gateway said so at once, which tells how far away it is.
    """

    token: int
    status: str
    answered: bool = False


class Presence(Struct, frozen=True, array_like=True):
    """The gateways that a process can reach now."""

    origin: str
    gateway_euis: list[str]


_ENCODER = msgspec.msgpack.Encoder()
_COPIES = msgspec.msgpack.Decoder(Copies)
_ORDER = msgspec.msgpack.Decoder(Order)
_FATE = msgspec.msgpack.Decoder(Fate)
_PRESENCE = msgspec.msgpack.Decoder(Presence)
BadMessage = msgspec.MsgspecError


def write(message: Copies | Order | Fate | Presence) -> bytes:
    return _ENCODER.encode(message)


def read_copies(data: bytes) -> Copies:
    """Raises ``BadMessage``, as all of these do: another version of the house may be on the bus."""
    return _COPIES.decode(data)


def read_order(data: bytes) -> Order:
    return _ORDER.decode(data)


def read_fate(data: bytes) -> Fate:
    return _FATE.decode(data)


def read_presence(data: bytes) -> Presence:
    return _PRESENCE.decode(data)
