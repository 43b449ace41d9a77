"""What a client of the MQTT gateway may do: see one application, and send commands to its devices. Pure.

MQTT's ``a/b/+`` is NATS's ``a.b.*``. Sessions outlive connections and are found by the client's own identifier, which
all customers share: so it begins with the application's, and nobody takes up what was kept for somebody else.
"""

from dataclasses import dataclass
from typing import Any

from maillage.kernel.errors import Invalid
from maillage.lorawan.integrations.mqtt.nkeys import AccountKey, claims_of

ACCOUNT = "CUSTOMERS"
COMMANDS = "application.*.device.*.command.down"
CLIENT_ID_DIGITS = 8
# The gateway's own: where messages of quality of service 1 and 2 are handed over. MQTT clients cannot name them.
_DELIVERIES = ("$MQTT.sub.>", "$MQTT.deliver.pubrel.>")
_EVENT_PARTS, _COMMAND_PARTS = 6, 6


@dataclass(frozen=True, slots=True)
class Knock:
    """Somebody who wants to connect. ``connection_id`` is the server's number for the connection."""

    server_id: str
    user_nkey: str
    connection_id: int
    client_id: str
    password: str
    is_mqtt: bool


def read_knock(request: bytes) -> Knock:
    """An authorization request of the server. Raises ``Invalid`` for anything else."""
    try:
        nats: dict[str, Any] = claims_of(request)["nats"]
        client, options = nats["client_info"], nats["connect_opts"]
        return Knock(
            str(nats["server_id"]["id"]),
            str(nats["user_nkey"]),
            int(client["id"]),
            str(client.get("mqtt_id", "")),
            str(options.get("pass", "")),
            client.get("type") == "mqtt",
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Invalid("lorawan.mqtt_request_unreadable") from error


def client_id_prefix(application_id: str) -> str:
    """How the identifiers of an application's MQTT clients begin."""
    return application_id[:CLIENT_ID_DIGITS]


def admit(key: AccountKey, knock: Knock, application_id: str, label: str, now_s: int, lives_s: int) -> bytes:
    """The answer that lets in: the user's token inside the server's."""
    user = {
        "aud": ACCOUNT,
        "sub": knock.user_nkey,
        "name": label,
        "iat": now_s,
        "exp": now_s + lives_s,
        "nats": {
            "type": "user",
            "version": 2,
            "allowed_connection_types": ["MQTT"],
            "pub": {"allow": [f"application.{application_id}.device.*.command.down"]},
            "sub": {"allow": [f"application.{application_id}", f"application.{application_id}.>", *_DELIVERIES]},
            "subs": 100,
            "data": -1,
            "payload": 64 * 1024,
        },
    }
    return _answer(key, knock, now_s, {"jwt": key.jwt(user)})


def turn_away(key: AccountKey, knock: Knock, now_s: int, reason: str) -> bytes:
    """The answer that does not."""
    return _answer(key, knock, now_s, {"error": reason})


def event_subject(application_id: object, dev_eui: str, event_type: str) -> str:
    """The subject that MQTT clients see as ``application/…/device/…/event/…``."""
    return f"application.{application_id}.device.{dev_eui}.event.{event_type}"


def command_target(subject: str) -> tuple[str, str]:
    """(application, DevEUI) of a command's subject. Raises ``Invalid``."""
    parts = subject.split(".")
    if len(parts) != _COMMAND_PARTS:
        raise Invalid("lorawan.command_topic")
    return parts[1], parts[3].lower()


def _answer(key: AccountKey, knock: Knock, now_s: int, content: dict[str, str]) -> bytes:
    claims = {
        "aud": knock.server_id,
        "sub": knock.user_nkey,
        "iat": now_s,
        "nats": {"type": "authorization_response", "version": 2, **content},
    }
    return key.jwt(claims).encode()
