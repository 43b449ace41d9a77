"""The CUPS protocol, both ends. Layout: doc.sm.tc/station, *The CUPS Protocol* (Station 2.0.6)."""

import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.lorawan.gateways.authority import issue_gateway, new_authority
from maillage.lorawan.gateways.basics_station.cups import (
    Credentials,
    Signature,
    Update,
    UpdateRequest,
    read_update,
    read_update_request,
    write_update,
    write_update_request,
)
from maillage.lorawan.gateways.basics_station.errors import StationError, StationReason

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_nothing_to_replace_is_fourteen_zeros_as_documented():
    assert write_update(Update()) == bytes.fromhex("0000000000000000000000000000")
    assert read_update(bytes(14)) == Update()


def test_lengths_are_little_endian_and_in_the_documented_order():
    update = Update("u", "tc", None, Credentials(b"\x30\x01a", b"", b"token"), (Signature(1, b"sign"),), b"data")
    assert write_update(update) == (
        b"\x01u" + b"\x02tc" + b"\x00\x00" + b"\x0c\x00\x30\x01a\x00\x00\x00\x00token"
        b"\x08\x00\x00\x00\x01\x00\x00\x00sign" + b"\x04\x00\x00\x00data"
    )
    assert read_update(write_update(update)) == update


def test_real_credentials_are_told_apart_again():
    authority = new_authority(NOW)
    made = issue_gateway(authority, "aa555a0000000001", NOW)
    credentials = Credentials(authority.certificate_der, made.certificate_der, made.key_der)
    assert read_update(write_update(Update(tc_credentials=credentials))).tc_credentials == credentials


def test_a_request_is_read_as_documented():
    body = (
        b'{"router":"::1","cupsUri":"https://c:3002","tcUri":"wss://t:3001","cupsCredCrc":4294967295,"tcCredCrc":0,'
        b'"station":"2.0.6","model":"rpi","package":null,"keys":[1,2]}'
    )
    request = UpdateRequest("::1", "https://c:3002", "wss://t:3001", 0xFFFF_FFFF, 0, "2.0.6", "rpi", None, [1, 2])
    assert read_update_request(body) == request
    assert read_update_request(write_update_request(request)) == request


def test_what_a_length_cannot_tell_is_refused():
    with pytest.raises(StationError) as refusal:
        write_update(Update(tc_uri="x" * 256))
    assert refusal.value.reason is StationReason.WRONG_LENGTH


@pytest.mark.parametrize(
    "body", [b"", bytes(13), bytes(15), b"\x05ab", b"\xff" * 40, b"\x00\x00\x02\x00ab" + bytes(10)]
)
def test_a_broken_answer_is_refused(body):
    with pytest.raises(StationError):
        read_update(body)


@given(st.binary(max_size=300))
def test_hostile_bytes_end_in_the_one_error_or_come_out_as_they_went_in(body):
    try:
        update = read_update(body)
    except StationError:
        return
    assert write_update(update) == body


@given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_hostile_requests_end_in_the_one_error(body):
    with contextlib.suppress(StationError):
        assert isinstance(read_update_request(body), UpdateRequest)
