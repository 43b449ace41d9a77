"""Groups and their members as the driver carries them on. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class MemberStep(StrEnum):
    """``clock`` → ``group`` → ``ready``; ``refused`` has a cause."""

    CLOCK = "clock"
    GROUP = "group"
    READY = "ready"
    REFUSED = "refused"


class Question(StrEnum):
    """What a device can be asked, in the order in which it is."""

    CLOCK = "clock"
    GROUP = "group"
    VERSION = "version"
    SETUP = "setup"
    SESSION = "session"
    STATUS = "status"


class Cause(StrEnum):
    """Why a device takes no part, or a message or campaign came to nothing."""

    NO_ANSWER = "no_answer"
    NO_ROOT_KEY = "no_root_key"
    NO_PLACE = "no_place"
    WRONG_DATA_RATE = "wrong_data_rate"
    WRONG_FREQUENCY = "wrong_frequency"
    GROUP_LOST = "group_lost"
    PACKAGE_VERSION = "package_version"
    SETUP_REFUSED = "setup_refused"
    NO_MEMORY = "no_memory"
    NOT_READY = "not_ready"
    WRONG_MIC = "wrong_mic"
    INCOMPLETE = "incomplete"
    NOBODY_READY = "nobody_ready"
    NOBODY_LISTENS = "nobody_listens"
    NO_SESSION = "no_session"
    NO_GATEWAY = "no_gateway"
    COUNTER_SPENT = "counter_spent"
    TOO_LONG = "payload_too_long"


@dataclass(frozen=True, slots=True)
class Group:
    """``mc_key`` is clear here. Class B has a ``periodicity``. A session is open from its start to its end."""

    id: int
    organisation_id: int
    mc_addr: int
    mc_key: bytes
    device_class: str
    frequency_hz: int
    data_rate: int
    periodicity: int | None
    f_cnt: int
    session_starts_at: datetime | None = None
    session_ends_at: datetime | None = None

    def is_open(self, at: datetime) -> bool:
        starts, ends = self.session_starts_at, self.session_ends_at
        return starts is not None and ends is not None and starts <= at < ends


@dataclass(frozen=True, slots=True)
class Member:
    """``is_waiting``: the question still waits in the device's queue; ``sent_at`` when it left."""

    dev_eui: str
    slot: int
    step: MemberStep
    cause: str = ""
    asked: str = ""
    attempts: int = 0
    asked_at: datetime | None = None
    session_at: datetime | None = None
    is_waiting: bool = False
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """A question on its way: the payload of a unicast downlink."""

    question: Question
    f_port: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    id: UUID
    f_port: int
    payload: bytes
    expires_at: datetime
