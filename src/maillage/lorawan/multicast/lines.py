"""Groups, their members and messages as pages tell them."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise

from maillage.lorawan.models import CampaignReceiver, FirmwareCampaign, MulticastMember, MulticastMessage
from maillage.lorawan.multicast.labels import CAMPAIGN_STATES, CAUSES, MEMBER_STEPS, MESSAGE_STATES, RECEIVER_STEPS

Words = Mapping[str, tuple[str, Promise]]
Row = MulticastMember | MulticastMessage | CampaignReceiver | FirmwareCampaign


@dataclass(frozen=True, slots=True)
class Line:
    """A row with its badge and, if it failed, why."""

    row: Row
    state: str
    label: str | Promise
    cause: str | Promise
    payload_hex: str = ""


def member_line(row: MulticastMember) -> Line:
    return _line(row, row.step, row.cause, MEMBER_STEPS)


def receiver_line(row: CampaignReceiver) -> Line:
    return _line(row, row.step, row.cause, RECEIVER_STEPS)


def campaign_line(row: FirmwareCampaign) -> Line:
    return _line(row, row.state, row.cause, CAMPAIGN_STATES)


def message_line(row: MulticastMessage) -> Line:
    found = _line(row, row.state, row.cause, MESSAGE_STATES)
    return Line(row, found.state, found.label, found.cause, bytes(row.payload).hex(" "))


def _line(row: Row, code: str, cause: str, words: Words) -> Line:
    state, label = words.get(code, ("off", code))
    return Line(row, state, label, CAUSES.get(cause, cause))
