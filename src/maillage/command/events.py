"""What becomes of commands, told to live pages by PostgreSQL NOTIFY inside the writing transaction."""

from datetime import datetime

import msgspec

NOTIFY_COMMAND = "command_state"  # payload: JSON of CommandUpdate, always under 8,000 bytes


class CommandUpdate(msgspec.Struct, frozen=True):
    command_id: str
    organisation_id: int
    thing_id: int
    state: str
    at: datetime
    cause: str = ""
