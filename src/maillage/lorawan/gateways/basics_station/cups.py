"""CUPS: a station posts what it has, and is answered what to replace. Bytes both ways, no socket.

Source: doc.sm.tc/station, *The CUPS Protocol* (Station 2.0.6): little-endian lengths of 1, 1, 2, 2, 4 and 4 bytes.
"""

from struct import Struct as Layout
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from maillage.lorawan.gateways.basics_station.errors import StationError, StationReason
from maillage.lorawan.gateways.basics_station.messages import Text
from maillage.lorawan.gateways.semtech_udp.errors import DatagramError
from maillage.lorawan.gateways.semtech_udp.strict_json import decode_strictly

REQUEST_MAX_BYTES = 8_192
_URI_MAX_BYTES = 0xFF
_CREDENTIALS_MAX_BYTES = 0xFFFF
_SIGNED_MAX_BYTES = 0x7FFF_FFFF
_SIGNATURE_BYTES = range(4, 129)
_OCTET, _SHORT, _LONG = Layout("<B"), Layout("<H"), Layout("<I")
_ABSENT = bytes(4)
_SEQUENCE = 0x30
_HEADER_BYTES = 2
_SHORT_FORM_MAX = 0x7F

Crc32 = Annotated[int, Meta(ge=0, le=0xFFFF_FFFF)]
Uri = Annotated[str, Meta(max_length=_URI_MAX_BYTES)]


class UpdateRequest(
    Struct,
    frozen=True,
    rename={
        "cups_uri": "cupsUri",
        "tc_uri": "tcUri",
        "cups_credentials_crc": "cupsCredCrc",
        "tc_credentials_crc": "tcCredCrc",
    },
):
    """What a station has: addresses, check sums of its credential files and signature keys, versions."""

    router: Text | int
    cups_uri: Uri | None = None
    tc_uri: Uri | None = None
    cups_credentials_crc: Crc32 = 0
    tc_credentials_crc: Crc32 = 0
    station: Text = ""
    model: Text | None = None
    package: Text | None = None
    keys: Annotated[list[Crc32], Meta(max_length=64)] = []


class Credentials(Struct, frozen=True):
    """DER each. A token stands in ``key``, as header lines, with an empty ``certificate``."""

    trust: bytes
    certificate: bytes
    key: bytes


class Signature(Struct, frozen=True):
    """ECDSA over the update data, and the CRC of the key that made it."""

    key_crc: int
    signature: bytes


class Update(Struct, frozen=True):
    """What to replace; empty parts stay as they are."""

    cups_uri: str = ""
    tc_uri: str = ""
    cups_credentials: Credentials | None = None
    tc_credentials: Credentials | None = None
    signatures: tuple[Signature, ...] = ()
    data: bytes = b""


_REQUEST = msgspec.json.Decoder(UpdateRequest)
_ENCODER = msgspec.json.Encoder()


def read_update_request(body: bytes) -> UpdateRequest:
    """The body of ``POST /update-info``. Raises ``StationError``."""
    if len(body) > REQUEST_MAX_BYTES:
        raise StationError(StationReason.WRONG_LENGTH, f"{len(body)} bytes")
    try:
        return decode_strictly(_REQUEST, body)
    except DatagramError as error:
        raise StationError(StationReason(error.reason), error.detail) from error


def write_update_request(request: UpdateRequest) -> bytes:
    return _ENCODER.encode(request)


def write_update(update: Update) -> bytes:
    """The answer. Raises ``StationError`` for a part that its length field cannot tell."""
    if len(update.signatures) > 1:
        raise StationError(StationReason.FIELD_OUT_OF_RANGE, "more than one signature")
    signature = b"".join(_LONG.pack(one.key_crc) + one.signature for one in update.signatures)
    return b"".join(
        (
            _sized(_OCTET, _URI_MAX_BYTES, "cupsUri", update.cups_uri.encode()),
            _sized(_OCTET, _URI_MAX_BYTES, "tcUri", update.tc_uri.encode()),
            _sized(_SHORT, _CREDENTIALS_MAX_BYTES, "cupsCred", _credentials(update.cups_credentials)),
            _sized(_SHORT, _CREDENTIALS_MAX_BYTES, "tcCred", _credentials(update.tc_credentials)),
            _sized(_LONG, _SIGNED_MAX_BYTES, "sig", signature),
            _sized(_LONG, _SIGNED_MAX_BYTES, "updData", update.data),
        )
    )


def read_update(body: bytes) -> Update:
    """The answer, on the station's side. Raises ``StationError``."""
    reader = _Reader(body)
    cups_uri, tc_uri = reader.text(_OCTET), reader.text(_OCTET)
    cups_credentials, tc_credentials = reader.part(_SHORT), reader.part(_SHORT)
    signature, data = reader.part(_LONG), reader.part(_LONG)
    if reader.rest:
        raise StationError(StationReason.TRAILING_BYTES, f"{len(reader.rest)} bytes")
    return Update(
        cups_uri,
        tc_uri,
        _split(cups_credentials),
        _split(tc_credentials),
        _signatures(signature),
        data,
    )


class _Reader:
    def __init__(self, body: bytes) -> None:
        self.rest = body

    def part(self, length: Layout) -> bytes:
        if len(self.rest) < length.size:
            raise StationError(StationReason.TRUNCATED, "a length is missing")
        (size,) = length.unpack_from(self.rest)
        end = length.size + size
        if len(self.rest) < end:
            raise StationError(StationReason.TRUNCATED, f"{size} bytes announced")
        part, self.rest = self.rest[length.size : end], self.rest[end:]
        return part

    def text(self, length: Layout) -> str:
        try:
            return self.part(length).decode("ascii")
        except UnicodeDecodeError as error:
            raise StationError(StationReason.WRONG_FIELD, "an address that is not ASCII") from error


def _sized(length: Layout, most: int, name: str, part: bytes) -> bytes:
    if len(part) > most:
        raise StationError(StationReason.WRONG_LENGTH, f"{name} of {len(part)} bytes")
    return length.pack(len(part)) + part


def _credentials(credentials: Credentials | None) -> bytes:
    if credentials is None:
        return b""
    return (credentials.trust or _ABSENT) + (credentials.certificate or _ABSENT) + credentials.key


def _split(blob: bytes) -> Credentials | None:
    if not blob:
        return None
    trust, rest = _element(blob)
    certificate, key = _element(rest)
    return Credentials(trust, certificate, key)


def _element(blob: bytes) -> tuple[bytes, bytes]:
    """The first DER sequence, or nothing for four zeros, and what follows (X.690, §8.1.3)."""
    if blob[:4] == _ABSENT:
        return b"", blob[4:]
    if len(blob) < _HEADER_BYTES or blob[0] != _SEQUENCE:
        raise StationError(StationReason.WRONG_FIELD, "credentials that are not DER")
    octets = blob[1] - 0x80 if blob[1] > _SHORT_FORM_MAX else 0
    size = int.from_bytes(blob[_HEADER_BYTES : _HEADER_BYTES + octets], "big") if octets else blob[1]
    end = _HEADER_BYTES + octets + size
    if len(blob) < end:
        raise StationError(StationReason.TRUNCATED, "credentials")
    return blob[:end], blob[end:]


def _signatures(part: bytes) -> tuple[Signature, ...]:
    if not part:
        return ()
    signature = part[_LONG.size :]
    if len(signature) not in _SIGNATURE_BYTES:
        raise StationError(StationReason.WRONG_LENGTH, f"a signature of {len(signature)} bytes")
    return (Signature(_LONG.unpack_from(part)[0], signature),)
