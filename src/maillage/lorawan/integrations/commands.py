"""Downlinks as customers ask for them: ChirpStack v4's ``DownlinkCommand``, as JSON or from the API. Pure."""

import uuid
from base64 import b64decode
from binascii import Error as Base64Error
from dataclasses import dataclass
from typing import Any

import msgspec

from maillage.kernel.errors import Invalid

PORTS = range(1, 224)
"""Ports of applications (LoRaWAN L2 1.0.4, §4.3.2)."""
LONGEST_BYTES = 242
"""The longest FRMPayload of any region's fastest rate; the device's own rate decides when it is sent."""
_TOPIC_PARTS = 6


class _Command(msgspec.Struct):
    """Unknown members are left alone, as the Protocol Buffers mapping allows."""

    id: str = ""
    dev_eui: str = msgspec.field(name="devEui", default="")
    confirmed: bool = False
    f_port: int = msgspec.field(name="fPort", default=0)
    data: str | None = None
    object: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class DownlinkCommand:
    """What to send: ``payload`` on ``f_port``, or ``data`` for the model's encoder, which chooses the port."""

    id: uuid.UUID
    dev_eui: str
    confirmed: bool
    f_port: int | None
    payload: bytes | None
    data: dict[str, Any] | None


def command_from_json(text: bytes, dev_eui: str) -> DownlinkCommand:
    """A command for the device of the topic. Raises ``Invalid`` with what to change."""
    try:
        given = msgspec.json.decode(text, type=_Command)
    except msgspec.MsgspecError as error:
        raise Invalid("lorawan.command_unreadable", reason=str(error)[:200]) from error
    if given.dev_eui and given.dev_eui.lower() != dev_eui:
        raise Invalid("lorawan.command_other_device", topic=dev_eui, found=given.dev_eui[:32])
    return command(dev_eui, given.f_port, given.data, given.object, confirmed=given.confirmed, id_text=given.id)


def command(
    dev_eui: str,
    f_port: int,
    data: str | None,
    data_object: dict[str, Any] | None,
    *,
    confirmed: bool = False,
    id_text: str = "",
) -> DownlinkCommand:
    """One command, judged. ``data`` is base64; exactly one of it and ``data_object`` is given."""
    if (data is None) == (data_object is None):
        raise Invalid("lorawan.command_data_or_object")
    try:
        command_id = uuid.UUID(id_text) if id_text else uuid.uuid4()
    except ValueError as error:
        raise Invalid("lorawan.command_id") from error
    if data is None:
        return DownlinkCommand(command_id, dev_eui, confirmed, None, None, data_object)
    if f_port not in PORTS:
        raise Invalid("lorawan.command_port", found=f_port)
    return DownlinkCommand(command_id, dev_eui, confirmed, f_port, _payload(data), None)


def _payload(data: str) -> bytes:
    try:
        payload = b64decode(data, validate=True)
    except (Base64Error, ValueError) as error:
        raise Invalid("lorawan.command_base64") from error
    if len(payload) > LONGEST_BYTES:
        raise Invalid("lorawan.command_too_long", longest=LONGEST_BYTES, found=len(payload))
    return payload
