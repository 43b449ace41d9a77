"""A campaign and its receivers as the driver carries them on. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

FRAGMENT_OVERHEAD_BYTES = 3
"""Command, session and number before a fragment's octets (TS004-2.0.0, §3.7)."""


class CampaignState(StrEnum):
    PREPARING = "preparing"
    STARTING = "starting"
    SENDING = "sending"
    CHECKING = "checking"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


class ReceiverStep(StrEnum):
    WAITING = "waiting"
    VERSION = "version"
    SETUP = "setup"
    RECEIVING = "receiving"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Receiver:
    """``missing`` as it said after ``checked_round``; None before it said anything."""

    dev_eui: str
    step: ReceiverStep
    cause: str = ""
    received: int = 0
    missing: int | None = None
    checked_round: int = -1

    @property
    def has_ended(self) -> bool:
        return self.step in (ReceiverStep.DONE, ReceiverStep.FAILED)


@dataclass(frozen=True, slots=True)
class Campaign:
    """Fragments ``next_fragment`` to ``last_fragment`` are still to be sent; ``block`` is the image."""

    id: UUID
    state: CampaignState
    block: bytes
    fragment_bytes: int
    data_fragments: int
    next_fragment: int
    last_fragment: int
    round: int
    session_cnt: int
    lead_s: int
    until: datetime
    cause: str = ""

    @property
    def has_ended(self) -> bool:
        return self.state in (CampaignState.DONE, CampaignState.STOPPED, CampaignState.FAILED)
