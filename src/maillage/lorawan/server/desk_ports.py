"""What the desks of the gateway protocols need behind them: the server itself, or the way to it."""

from datetime import datetime
from typing import Protocol

from maillage.lorawan.gateways.semtech_udp.values import RxPacket
from maillage.lorawan.server.registry import GatewayState


class Ear(Protocol):
    """Takes each copy of a frame."""

    def heard(self, gateway: GatewayState, packet: RxPacket, at: datetime, now_s: float) -> None: ...


class Flushed(Protocol):
    """Is told when one reading of the sockets ends."""

    def flush(self) -> None: ...


class Fates(Protocol):
    """Hears what gateways make of orders, by the token that the order carried."""

    def acknowledged(self, token: int, now_s: float) -> None: ...

    def reported(self, token: int, status: str, at: datetime, now_s: float) -> None: ...
