"""What the network knows of a session's radio settings."""

from datetime import datetime

from msgspec import Struct

MAX_ATTEMPTS = 3
QUIET_UPLINKS = 50


class MacState(Struct, frozen=True):
    """Immutable and shared: most sessions of a model are in the same state.

    ``data_rate`` is that of the last uplink, None before the first. ``channels`` (bit i: channel i is enabled),
    ``rx2_data_rate`` and ``rx2_frequency_hz`` None are what the join gave. ``max_data_rate`` and ``max_tx_power`` are
    set by a refusal. ``pending`` are the requests, encoded, that the last downlink carried; ``attempts`` how often it
    was tried in vain. No setting is asked for before the uplink ``quiet_until_f_cnt``. ``status_due_at`` is set by the
    first uplink.
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


INITIAL = MacState()
"""A session that has just begun."""
