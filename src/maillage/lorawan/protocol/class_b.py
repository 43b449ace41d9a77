"""When a class B device listens. Source: LoRaWAN L2 1.0.4, §11 (same as 1.1, §13).

A beacon starts every 128 s of GPS time. After the beacon, a window of 4096 slots of 30 ms; before the next
beacon, a guard. A device opens 1 to 128 slots a period, evenly spaced from an offset that AES draws anew for
each period and address, so that two devices never collide for long.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from maillage.lorawan.protocol.crypto import aes_encrypt
from maillage.lorawan.protocol.errors import FrameError, FrameReason, fits
from maillage.lorawan.protocol.gps_time import from_gps, to_gps

BEACON_PERIOD = timedelta(seconds=128)
BEACON_RESERVED = timedelta(milliseconds=2_120)
BEACON_GUARD = timedelta(seconds=3)
SLOT = timedelta(milliseconds=30)
SLOTS = 4096
MAX_PERIODICITY = 7
_KEY = bytes(16)
_PAD = bytes(8)
_GPS_S_MODULUS = 1 << 32


def beacon_start(instant: datetime) -> datetime:
    """The start of the beacon period in which an instant lies; both aware."""
    since = to_gps(instant)
    return from_gps(since - since % BEACON_PERIOD)


def next_beacon(after: datetime) -> datetime:
    """The first beacon that starts after an instant."""
    return beacon_start(after) + BEACON_PERIOD


def beacon_gps_s(start: datetime) -> int:
    """What a beacon that starts then carries as Time: GPS seconds modulo 2^32."""
    return to_gps(start) // timedelta(seconds=1) % _GPS_S_MODULUS


def may_transmit(start: datetime, duration: timedelta) -> bool:
    """Whether a frame lies between a beacon's reserved time and the next beacon: nothing may disturb a beacon."""
    begun = start - beacon_start(start)
    return begun >= BEACON_RESERVED and begun + duration <= BEACON_PERIOD


def ping_number(periodicity: int) -> int:
    """Slots a beacon period: 128 for periodicity 0, 1 for 7."""
    if not 0 <= periodicity <= MAX_PERIODICITY:
        raise FrameError(FrameReason.FIELD_OUT_OF_RANGE, f"Periodicity={periodicity} is not in 0..{MAX_PERIODICITY}")
    return 1 << MAX_PERIODICITY - periodicity


def ping_period(periodicity: int) -> int:
    """Slots from one ping to the next: 32 to 4096."""
    return SLOTS // ping_number(periodicity)


def ping_offset(beacon_time_s: int, dev_addr: int, periodicity: int) -> int:
    """The first slot, 0 to ``ping_period`` - 1, of a unicast or multicast address in the period whose beacon
    carries ``beacon_time_s``.
    """
    seed = fits("Time", beacon_time_s, 32).to_bytes(4, "little") + fits("DevAddr", dev_addr, 32).to_bytes(4, "little")
    drawn = aes_encrypt(_KEY, seed + _PAD)
    return int.from_bytes(drawn[:2], "little") % ping_period(periodicity)


def ping_slots(beacon: datetime, dev_addr: int, periodicity: int) -> Iterator[datetime]:
    """The starts of all slots of the period that begins with ``beacon``, in order."""
    first = ping_offset(beacon_gps_s(beacon), dev_addr, periodicity)
    for slot in range(first, SLOTS, ping_period(periodicity)):
        yield beacon + BEACON_RESERVED + slot * SLOT


def next_ping_slot(after: datetime, dev_addr: int, periodicity: int) -> datetime:
    """The start of the first slot later than an aware instant."""
    beacon = beacon_start(after)
    for slot in ping_slots(beacon, dev_addr, periodicity):
        if slot > after:
            return slot
    return next(ping_slots(beacon + BEACON_PERIOD, dev_addr, periodicity))
