"""What open pages are told of alarms: that one moved. They read the fragment again, in their reader's language.

========================= =======================================
topic                     who listens
========================= =======================================
``alarms.all``            who sees every organisation
``alarms.<organisation>`` the pages of who sees some
========================= =======================================
"""

from collections.abc import Iterator

import msgspec

from maillage.command.alarms.events import AlarmUpdate
from maillage.identity.actor import Actor
from maillage.web.live import LiveMessage

EVERY = "alarms.all"


def topics(actor: Actor) -> list[str]:
    """What a page of this actor listens to."""
    if actor.visible_organisation_ids is None:
        return [EVERY]
    return [f"alarms.{one}" for one in sorted(actor.visible_organisation_ids)]


def alarm_messages(update: AlarmUpdate) -> Iterator[LiveMessage]:
    """A page that missed some needs the last only."""
    told = msgspec.json.encode({f"alarm.{update.alarm_id}": {"value": update.alarm_id}}).decode()
    for topic in (EVERY, f"alarms.{update.organisation_id}"):
        yield LiveMessage(topic, told, "alarms")
