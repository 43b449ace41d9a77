"""What becomes of alarms, told to live pages by PostgreSQL NOTIFY inside the writing transaction."""

import msgspec

NOTIFY_ALARM = "command_alarm"  # payload: JSON of AlarmUpdate


class AlarmUpdate(msgspec.Struct, frozen=True):
    organisation_id: int
    alarm_id: int
