"""How to reach the customers' broker: what ``maillage up`` writes and the integrations process reads.

The broker is another server than the house's bus: what customers do to it cannot touch the bus.
"""

from pathlib import Path
from typing import Annotated

import msgspec

from maillage.kernel.errors import Invalid


class BrokerAddress(msgspec.Struct, frozen=True):
    """Where it listens, and the secrets of the house's own three users and of its issuer (hexadecimal)."""

    nats_port: int
    mqtt_host: str
    mqtt_port: int
    publisher: str
    doorkeeper: str
    caretaker: str
    seed: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    uses_tls: bool = False

    def url(self, user: str) -> str:
        """The address of one of our users: ``publisher``, ``doorkeeper`` or ``caretaker``. Keep it private."""
        return f"nats://{user}:{getattr(self, user)}@127.0.0.1:{self.nats_port}"


def read_address(path: Path) -> BrokerAddress | None:
    """What is in the file; None without one. Raises ``Invalid`` for a file that nobody wrote so."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=BrokerAddress)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise Invalid("lorawan.mqtt_broker_file", file=str(path), reason=str(error)[:200]) from error
