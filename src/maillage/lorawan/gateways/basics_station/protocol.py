"""Text records to typed messages and back, for both ends of the LNS protocol. Raises ``StationError``, nothing else.

Source: doc.sm.tc/station, *The LNS Protocol* (Station 2.0.6).
"""

from datetime import datetime
from typing import TypeVar

import msgspec

from maillage.lorawan.gateways.basics_station.errors import StationError, StationReason
from maillage.lorawan.gateways.basics_station.messages import (
    Downlink,
    DownMessage,
    RouterConfig,
    RouterInfo,
    RouterQuery,
    TimeSyncDown,
    UpMessage,
)
from maillage.lorawan.gateways.semtech_udp.errors import DatagramError
from maillage.lorawan.gateways.semtech_udp.strict_json import decode_strictly

MESSAGE_MAX_BYTES = 16_384
_T = TypeVar("_T")

_QUERY = msgspec.json.Decoder(RouterQuery)
_INFO = msgspec.json.Decoder(RouterInfo)
_UP: msgspec.json.Decoder[UpMessage] = msgspec.json.Decoder(UpMessage)
_DOWN: msgspec.json.Decoder[DownMessage] = msgspec.json.Decoder(DownMessage)
_ENCODER = msgspec.json.Encoder()


def read_router_query(text: bytes) -> RouterQuery:
    """What a station asks at ``/router-info``."""
    return _decoded(_QUERY, text)


def read_router_info(text: bytes) -> RouterInfo:
    """What it is answered; the station's side."""
    return _decoded(_INFO, text)


def read_up(text: bytes) -> UpMessage:
    """A message of a station."""
    return _decoded(_UP, text)


def read_down(text: bytes) -> DownMessage:
    """A message to a station; the station's side."""
    return _decoded(_DOWN, text)


def write(message: UpMessage | DownMessage | RouterQuery | RouterInfo) -> bytes:
    return _ENCODER.encode(message)


def with_mux_time(
    message: RouterConfig | Downlink | TimeSyncDown, at: datetime
) -> RouterConfig | Downlink | TimeSyncDown:
    """The message stamped with the server's UTC seconds: stations answer it in ``RefTime``."""
    name = "MuxTime" if isinstance(message, TimeSyncDown) else "mux_time"
    return msgspec.structs.replace(message, **{name: at.timestamp()})


def _decoded(decoder: "msgspec.json.Decoder[_T]", text: bytes) -> _T:
    if len(text) > MESSAGE_MAX_BYTES:
        raise StationError(StationReason.WRONG_LENGTH, f"{len(text)} bytes")
    try:
        return decode_strictly(decoder, text)
    except DatagramError as error:
        raise StationError(StationReason(error.reason), error.detail) from error
