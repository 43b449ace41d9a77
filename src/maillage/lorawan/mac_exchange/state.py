"""What the network knows of a session's radio settings."""

from datetime import datetime

from msgspec import Struct

from maillage.lorawan.protocol.mac.command import MacCommand
from maillage.lorawan.protocol.mac.stream import parse_commands
from maillage.lorawan.protocol.types import Direction
from maillage.lorawan.protocol.version import Version

MAX_ATTEMPTS = 3
QUIET_UPLINKS = 50


class MacState(Struct, frozen=True):
    """Immutable and shared: most sessions of a model are in the same state.

    ``data_rate`` is that of the last uplink, None before the first. ``channels`` (bit i: channel i is enabled),
    ``rx2_data_rate`` and ``rx2_frequency_hz`` None are what the join gave. ``max_data_rate`` and ``max_tx_power`` are
    set by a refusal. ``pending`` are the requests, encoded, that the last downlink carried; ``attempts`` how often it
    was tried in vain. No setting is asked for before the uplink ``quiet_until_f_cnt``. ``status_due_at`` is set by the
    first uplink. ``settling`` (bit i: identifier i) are requests whose answer came with the last uplink and may come
    once more. ``taught`` are the channels that the device has accepted, ``refused`` what it has declined, as the
    requests that said so, encoded.
    """

    data_rate: int | None = None
    tx_power: int = 0
    nb_trans: int = 1
    channels: int | None = None
    rx1_dr_offset: int = 0
    rx2_data_rate: int | None = None
    rx2_frequency_hz: int | None = None
    max_data_rate: int | None = None
    max_tx_power: int | None = None
    pending: bytes = b""
    attempts: int = 0
    quiet_until_f_cnt: int = 0
    status_due_at: datetime | None = None
    settling: int = 0
    taught: bytes = b""
    refused: bytes = b""


INITIAL = MacState()
"""A session that has just begun."""


def requests_in(octets: bytes) -> tuple[MacCommand, ...]:
    """The requests that ``pending``, ``taught`` or ``refused`` hold, of every version."""
    return parse_commands(Direction.DOWNLINK, octets, Version.V1_1).commands
