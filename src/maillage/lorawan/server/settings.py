"""What may be tuned, with the values the house has chosen."""

from dataclasses import dataclass
from datetime import timedelta

from maillage.lorawan.regions.catalogue import DEFAULT_REGION
from maillage.lorawan.regions.region import Region
from maillage.lorawan.server.sharding import ALONE, Shard


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """``net_id`` 0 is the experimental network of the LoRa Alliance (NetID 000000, type 0)."""

    shard: Shard = ALONE
    region: Region = DEFAULT_REGION
    net_id: int = 0
    dedup_window_s: float = 0.2
    tick_s: float = 0.015
    # A copy that comes after its window, by a slow backhaul; later than this it is the device that repeats itself.
    late_copy_s: float = 0.9
    # How long before a receive window the gateway must hold the downlink: its queue and the network's delay.
    transmit_margin_s: float = 0.1
    # What waits for a commit while the database is away; beyond it new frames are refused, before they count.
    max_waiting_uplinks: int = 20_000
    max_attempts: int = 3
    # A device repeats a confirmed uplink at most 8 times (LoRaWAN L2 1.0.4, §19.1); more is somebody else's replay.
    max_repeat_answers: int = 8
    class_c_ack_timeout_s: float = 10.0
    max_eirp_dbm: int = 16
    # Battery and margin of each device: asked this often, and again this much later when it did not answer.
    status_every: timedelta = timedelta(days=1)
    status_again: timedelta = timedelta(hours=1)
    live_contexts: int = 50_000
    decode_timeout_s: float = 5.0
    frame_retention_days: int = 7
    flush_interval_s: float = 2.0
    downlink_poll_s: float = 30.0
