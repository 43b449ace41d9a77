"""What was refused and how often, bounded in memory whatever the air or an attacker sends."""

from datetime import date, datetime
from enum import StrEnum

from msgspec import Struct

_SAMPLE_BYTES = 255
_SUBJECT_CHARACTERS = 32


class Cause(StrEnum):
    """Stable codes of the refusal table; words for the operator are in the capability's labels."""

    MALFORMED_DATAGRAM = "malformed_datagram"
    MALFORMED_MESSAGE = "malformed_message"
    MALFORMED_FRAME = "malformed_frame"
    UNEXPECTED_FRAME = "unexpected_frame"
    UNKNOWN_GATEWAY = "unknown_gateway"
    WRONG_CERTIFICATE = "wrong_certificate"
    UNKNOWN_DATA_RATE = "unknown_data_rate"
    UNKNOWN_DEV_ADDR = "unknown_dev_addr"
    UNKNOWN_DEVICE = "unknown_device"
    WRONG_MIC = "wrong_mic"
    REPLAYED_FRAME = "replayed_frame"
    F_CNT_GAP = "f_cnt_gap"
    F_CNT_EXHAUSTED = "f_cnt_exhausted"
    JOIN_WRONG_EUI = "join_wrong_eui"
    JOIN_WRONG_MIC = "join_wrong_mic"
    JOIN_REPLAYED = "join_replayed"
    JOIN_OF_ABP = "join_of_abp"
    REJOIN_WITHOUT_1_1 = "rejoin_without_1_1"
    REJOIN_WRONG_NETWORK = "rejoin_wrong_network"
    CODEC_FAILURE = "codec_failure"
    OVERLOADED = "overloaded"
    TRANSMISSION_FAILED = "transmission_failed"


class Refusal(Struct, frozen=True, gc=False):
    """Why a frame goes no further. ``subject`` is a DevEUI, a DevAddr or a peer's address."""

    cause: Cause
    subject: str


class RefusalKey(Struct, frozen=True, gc=False):
    day: date
    cause: str
    gateway_eui: str
    subject: str


class RefusalCount(Struct, gc=False):
    count: int
    last_at: datetime
    sample: bytes


class RefusalLog:
    """Counts since the last :meth:`take`. Past ``max_keys`` a day subjects are no longer told apart, only counted:
    who forges addresses must fill neither the memory nor the table.
    """

    def __init__(self, max_keys: int = 5_000) -> None:
        self._counts: dict[RefusalKey, RefusalCount] = {}
        self._told_apart: set[RefusalKey] = set()
        self._day = date.min
        self._max_keys = max_keys

    def count(self, refusal: Refusal, gateway_eui: str, sample: bytes, at: datetime, times: int = 1) -> None:
        key = self._key(RefusalKey(at.date(), refusal.cause, gateway_eui, refusal.subject[:_SUBJECT_CHARACTERS]))
        found = self._counts.setdefault(key, RefusalCount(0, at, b""))
        found.count += times
        found.last_at, found.sample = at, sample[:_SAMPLE_BYTES]

    def _key(self, key: RefusalKey) -> RefusalKey:
        if key.day > self._day:
            self._day, self._told_apart = key.day, set()
        if key not in self._told_apart:
            if len(self._told_apart) >= self._max_keys:
                return RefusalKey(key.day, key.cause, "", "")
            self._told_apart.add(key)
        return key

    def take(self) -> dict[RefusalKey, RefusalCount]:
        """The counts so far; starts again from nothing."""
        taken, self._counts = self._counts, {}
        return taken

    def give_back(self, taken: dict[RefusalKey, RefusalCount]) -> None:
        """They could not be stored: add them to what came since."""
        for key, found in taken.items():
            refusal = Refusal(Cause(key.cause), key.subject)
            self.count(refusal, key.gateway_eui, found.sample, found.last_at, found.count)
