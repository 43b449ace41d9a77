"""Semtech's UDP protocol, both ends."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from maillage.lorawan.gateways.semtech_udp.errors import DatagramError, DatagramReason
from maillage.lorawan.gateways.semtech_udp.protocol import (
    decode,
    encode_pull_ack,
    encode_pull_data,
    encode_pull_resp,
    encode_push_ack,
    encode_push_data,
    encode_tx_ack,
)
from maillage.lorawan.gateways.semtech_udp.values import (
    AtGpsTime,
    AtTmst,
    CrcStatus,
    GatewayStat,
    Immediately,
    PullAck,
    PullData,
    PullResp,
    PushAck,
    PushData,
    RxPacket,
    TxAck,
    TxPacket,
    TxStatus,
)
from maillage.lorawan.regions.data_rate import FskDataRate, LoRaDataRate, LrFhssDataRate
from maillage.lorawan.regions.eu863_870 import EU863_870

EUI = bytes.fromhex("B827EBFFFE123456")
PUSH_HEAD = b"\x02\x12\x34\x00" + EUI
RXPK = {
    "time": "2013-03-31T16:21:17.528002Z",
    "tmst": 3512348611,
    "chan": 2,
    "rfch": 0,
    "freq": 866.349812,
    "stat": 1,
    "modu": "LORA",
    "datr": "SF7BW125",
    "codr": "4/6",
    "rssi": -35,
    "lsnr": 5.1,
    "size": 4,
    "data": "AQIDBA==",
}
TXPK = {
    "imme": True,
    "freq": 864.123456,
    "rfch": 0,
    "powe": 14,
    "modu": "LORA",
    "datr": "SF11BW125",
    "codr": "4/6",
    "ipol": False,
    "size": 4,
    "data": "AQIDBA",
}

TOKENS = st.integers(0, 0xFFFF)
EUIS = st.binary(min_size=8, max_size=8)
HZ = st.integers(137_000_000, 1_020_000_000)
RATES = st.sampled_from(EU863_870.data_rates)
DOWNLINK_RATES = RATES.filter(lambda rate: not isinstance(rate, LrFhssDataRate))
FRAMES = st.binary(min_size=1, max_size=255)
U32 = st.integers(0, 2**32 - 1)
OCTET = st.integers(0, 255)
COUNT = st.none() | st.integers(0, 2**40)
PACKETS = st.builds(
    RxPacket,
    U32,
    HZ,
    RATES,
    st.integers(-140, 0).map(float),
    st.none() | st.integers(-300, 200).map(lambda tenth: tenth / 10),
    FRAMES,
    st.sampled_from(CrcStatus),
    st.none() | st.sampled_from(["4/5", "4/8"]),
    OCTET,
    OCTET,
    st.none() | st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    st.none() | st.integers(0, 2**45),
).map(lambda packet: replace(packet, coding_rate=None) if isinstance(packet.data_rate, LrFhssDataRate) else packet)
STATS = st.builds(
    GatewayStat,
    st.none() | st.text(max_size=64),
    st.none() | st.floats(-90, 90),
    st.none() | st.floats(-180, 180),
    st.none() | st.floats(-100, 4000),
    COUNT,
    COUNT,
    COUNT,
    st.none() | st.floats(0, 100),
    COUNT,
    COUNT,
)
SCHEDULES = st.just(Immediately()) | st.builds(AtTmst, U32) | st.builds(AtGpsTime, st.integers(0, 2**45))
DOWNLINKS = st.builds(
    TxPacket,
    SCHEDULES,
    HZ,
    st.integers(0, 27),
    DOWNLINK_RATES,
    FRAMES,
    st.none() | st.just("4/5"),
    OCTET,
    st.booleans(),
    st.booleans(),
    st.none() | st.integers(0, 100_000),
    st.none() | st.integers(0, 0xFFFF),
)


def push(*items, **more):
    return PUSH_HEAD + json.dumps({"rxpk": list(items), **more}).encode()


def rxpk(**changes):
    return {key: value for key, value in (RXPK | changes).items() if value is not ...}


@given(st.builds(PushData, TOKENS, EUIS, st.lists(PACKETS, max_size=3).map(tuple), st.none() | STATS))
def test_what_a_gateway_pushes_is_read_as_it_was_written(message):
    assert decode(encode_push_data(message)) == message


@given(st.builds(PullResp, TOKENS, DOWNLINKS))
def test_what_the_server_sends_is_read_as_it_was_written(message):
    assert decode(encode_pull_resp(message)) == message


@given(TOKENS, EUIS, st.sampled_from(TxStatus) | st.text(max_size=64), st.sampled_from([1, 2]))
def test_the_short_messages_are_read_as_they_were_written(token, eui, status, version):
    for encode, message in (
        (encode_push_ack, PushAck(token, version)),
        (encode_pull_data, PullData(token, eui, version)),
        (encode_pull_ack, PullAck(token, version)),
        (encode_tx_ack, TxAck(token, eui, status, version)),
    ):
        assert decode(encode(message)) == message


def test_the_octets_of_the_short_messages_are_those_of_the_protocol():
    assert encode_push_ack(PushAck(0x1234)).hex() == "02123401"
    assert encode_pull_ack(PullAck(0x1234)).hex() == "02123404"
    assert encode_pull_data(PullData(0x1234, EUI)).hex() == "02123402" + EUI.hex()


def test_a_frame_heard_is_read_with_all_it_tells():
    message = decode(push(RXPK))
    assert message == PushData(
        0x1234,
        EUI,
        (
            RxPacket(
                3512348611,
                866_349_812,
                LoRaDataRate(7, 125_000),
                -35.0,
                5.1,
                b"\x01\x02\x03\x04",
                CrcStatus.OK,
                "4/6",
                2,
                0,
                datetime(2013, 3, 31, 16, 21, 17, 528002, tzinfo=UTC),
            ),
        ),
    )


def test_an_fsk_frame_has_a_bit_rate_and_no_snr():
    packet = decode(push(rxpk(modu="FSK", datr=50000, lsnr=..., codr=...))).packets[0]
    assert (packet.data_rate, packet.snr_db, packet.coding_rate) == (FskDataRate(50_000), None, None)


@pytest.mark.parametrize(("codr", "thirds"), [("1/3", 1), ("2/6", 1), ("2/3", 2), ("4/6", 2)])
def test_an_lr_fhss_frame_has_its_coding_rate_in_its_data_rate(codr, thirds):
    packet = decode(push(rxpk(modu="LR-FHSS", datr="M0CW336", codr=codr, lsnr=...))).packets[0]
    assert (packet.data_rate, packet.coding_rate) == (LrFhssDataRate(thirds, 336_000), None)


@pytest.mark.parametrize("changes", [{"datr": "M0CW200"}, {"codr": "4/5"}, {"codr": ...}, {"datr": "SF7BW125"}])
def test_an_lr_fhss_frame_of_no_known_rate_is_refused(changes):
    message = decode(push(rxpk(**{"modu": "LR-FHSS", "datr": "M0CW137", "codr": "2/3"} | changes)))
    assert message.packets == ()
    assert len(message.refused) == 1


def test_fields_added_by_newer_gateways_are_passed_over():
    newer = rxpk(mid=8, foff=-12, rsig=[{"ant": 0, "chan": 7, "lsnr": 1.0}, {"ant": 1, "chan": 7}], aesk=0)
    message = decode(push(newer))
    assert len(message.packets) == 1
    assert message.refused == ()


def test_base64_may_lack_padding_and_escape_its_slashes():
    text = json.dumps({"rxpk": [rxpk(data="//8", size=2)]}).replace("/", "\\/").encode()
    assert decode(PUSH_HEAD + text).packets[0].phy_payload == b"\xff\xff"


@pytest.mark.parametrize("time", ["yesterday", "", "2013-13-31T00:00:00Z", "0001-01-01T00:00:00+23:00"])
def test_a_broken_time_does_not_lose_the_frame(time):
    packet = decode(push(rxpk(time=time))).packets[0]
    assert packet.time is None


def test_a_time_of_another_zone_becomes_utc():
    packet = decode(push(rxpk(time="2024-07-01T12:00:00+02:00"))).packets[0]
    assert packet.time == datetime(2024, 7, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    assert packet.time.tzinfo is UTC


def test_a_report_is_read():
    stat = {
        "time": "2014-01-12 08:59:28 GMT",
        "lati": 46.24,
        "long": 3.2523,
        "alti": 145,
        "rxnb": 2,
        "ackr": 100.0,
    }
    message = decode(PUSH_HEAD + json.dumps({"stat": stat}).encode())
    assert message.stat == GatewayStat(
        "2014-01-12 08:59:28 GMT", 46.24, 3.2523, 145.0, received=2, acknowledged_percent=100.0
    )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"tmst": -1}, DatagramReason.WRONG_FIELD),
        ({"tmst": 2**32}, DatagramReason.WRONG_FIELD),
        ({"tmst": 1.5}, DatagramReason.WRONG_FIELD),
        ({"tmst": "1"}, DatagramReason.WRONG_FIELD),
        ({"tmst": True}, DatagramReason.WRONG_FIELD),
        ({"tmst": ...}, DatagramReason.WRONG_FIELD),
        ({"freq": 0}, DatagramReason.WRONG_FIELD),
        ({"freq": 868_100_000}, DatagramReason.WRONG_FIELD),
        ({"freq": -868.1}, DatagramReason.WRONG_FIELD),
        ({"rssi": 1e9}, DatagramReason.WRONG_FIELD),
        ({"lsnr": "good"}, DatagramReason.WRONG_FIELD),
        ({"chan": 256}, DatagramReason.WRONG_FIELD),
        ({"stat": 2}, DatagramReason.WRONG_FIELD),
        ({"modu": "OOK"}, DatagramReason.WRONG_FIELD),
        ({"tmms": -5}, DatagramReason.WRONG_FIELD),
        ({"size": 0, "data": ""}, DatagramReason.WRONG_FIELD),
        ({"size": 256}, DatagramReason.WRONG_FIELD),
        ({"datr": "SF13BW125"}, DatagramReason.UNKNOWN_DATA_RATE),
        ({"datr": 50000}, DatagramReason.UNKNOWN_DATA_RATE),
        ({"modu": "FSK"}, DatagramReason.UNKNOWN_DATA_RATE),
        ({"data": "AQID*A=="}, DatagramReason.BAD_BASE64),
        ({"data": "AQIDBÀ=="}, DatagramReason.BAD_BASE64),
        ({"data": "A"}, DatagramReason.BAD_BASE64),
        ({"data": "AQID"}, DatagramReason.SIZE_MISMATCH),
        ({"size": 5}, DatagramReason.SIZE_MISMATCH),
    ],
)
def test_a_bad_frame_in_a_good_list_is_named_and_skipped(changes, reason):
    message = decode(push(RXPK, rxpk(**changes), rxpk(tmst=7)))
    assert [packet.tmst_us for packet in message.packets] == [3512348611, 7]
    assert [(refusal.item, refusal.reason) for refusal in message.refused] == [("rxpk[1]", reason)]


@pytest.mark.parametrize("item", ["3", "null", "[]", '"x"'])
def test_an_item_that_is_no_object_is_skipped(item):
    message = decode(PUSH_HEAD + b'{"rxpk":[%s]}' % item.encode())
    assert message.packets == ()
    assert message.refused[0].reason is DatagramReason.WRONG_FIELD


@pytest.mark.parametrize("again", ['"tmst":1', '"tms\\u0074":1', '"tmst" :1'])
def test_a_key_given_twice_refuses_its_frame(again):
    text = json.dumps({"rxpk": [RXPK]}).replace('"chan"', f'{again},"chan"').encode()
    message = decode(PUSH_HEAD + text)
    assert message.packets == ()
    assert message.refused[0].reason is DatagramReason.DUPLICATE_KEY


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_a_number_that_json_does_not_have_refuses_the_datagram(number):
    text = json.dumps({"rxpk": [RXPK]}).replace("5.1", number).encode()
    with pytest.raises(DatagramError) as refused:
        decode(PUSH_HEAD + text)
    assert refused.value.reason is DatagramReason.NOT_JSON


def test_a_number_beyond_any_double_refuses_its_frame():
    text = json.dumps({"rxpk": [RXPK]}).replace("5.1", "1e999").encode()
    assert decode(PUSH_HEAD + text).refused[0].reason is DatagramReason.WRONG_FIELD


def test_a_bad_report_is_named_and_the_frames_are_kept():
    message = decode(push(RXPK, stat={"lati": 91}))
    assert len(message.packets) == 1
    assert message.stat is None
    assert [(refusal.item, refusal.reason) for refusal in message.refused] == [("stat", DatagramReason.WRONG_FIELD)]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", DatagramReason.NOT_JSON),
        (b"{", DatagramReason.NOT_JSON),
        (b"{} ?", DatagramReason.NOT_JSON),
        (b"[]", DatagramReason.WRONG_FIELD),
        (b'{"rxpk":{}}', DatagramReason.WRONG_FIELD),
        (b'{"rxpk":[],"rxpk":[]}', DatagramReason.DUPLICATE_KEY),
        (b'{"rxpk":[],"rxp\\u006b":[]}', DatagramReason.DUPLICATE_KEY),
        (b'{"stat":{},"stat":{}}', DatagramReason.DUPLICATE_KEY),
        (b'{"x":' + b"[" * 60_000, DatagramReason.NOT_JSON),
        (b'{"rxpk":[' + b'{"a":' * 10_000 + b"1" + b"}" * 10_000 + b"]}", DatagramReason.NOT_JSON),
        (b'{"stat":{"rxnb":' + b"9" * 5000 + b"}}", DatagramReason.NOT_JSON),
    ],
)
def test_a_body_that_is_not_the_protocol_refuses_the_datagram(body, reason):
    with pytest.raises(DatagramError) as refused:
        decode(PUSH_HEAD + body)
    assert refused.value.reason is reason


@pytest.mark.parametrize(
    ("datagram", "reason"),
    [
        (b"", DatagramReason.TOO_SHORT),
        (b"\x02\x00\x00", DatagramReason.TOO_SHORT),
        (b"\x02\x00\x00\x00" + EUI[:7], DatagramReason.TOO_SHORT),
        (b"\x02\x00\x00\x02" + EUI[:7], DatagramReason.TOO_SHORT),
        (b"\x02\x00\x00\x05" + EUI[:7], DatagramReason.TOO_SHORT),
        (b"\x02" * 65_508, DatagramReason.TOO_LONG),
        (b"\x00\x00\x00\x01", DatagramReason.UNSUPPORTED_VERSION),
        (b"\x03\x00\x00\x01", DatagramReason.UNSUPPORTED_VERSION),
        (b"\x02\x00\x00\x06", DatagramReason.UNKNOWN_TYPE),
        (b"\x02\x00\x00\x01\x00", DatagramReason.TRAILING_BYTES),
        (b"\x02\x00\x00\x04\x00", DatagramReason.TRAILING_BYTES),
        (b"\x02\x00\x00\x02" + EUI + b"\x00", DatagramReason.TRAILING_BYTES),
        (b"\x02\x00\x00\x03", DatagramReason.NOT_JSON),
        (b'\x02\x00\x00\x03{"txpk":{}}', DatagramReason.WRONG_FIELD),
        (b"\x02\x00\x00\x05" + EUI + b"?", DatagramReason.NOT_JSON),
        (b"\x02\x00\x00\x05" + EUI + b'{"txpk_ack":{"error":"\xff"}}', DatagramReason.NOT_JSON),
    ],
)
def test_what_is_no_datagram_of_the_protocol_is_refused(datagram, reason):
    with pytest.raises(DatagramError) as refused:
        decode(datagram)
    assert refused.value.reason is reason


def test_a_frame_to_send_is_read_with_the_gateways_defaults():
    message = decode(b"\x02\x00\x07\x03" + json.dumps({"txpk": TXPK}).encode())
    assert message == PullResp(
        7,
        TxPacket(
            Immediately(),
            864_123_456,
            14,
            LoRaDataRate(11, 125_000),
            b"\x01\x02\x03\x04",
            "4/6",
            invert_polarity=False,
            no_crc=False,
        ),
    )


def test_a_frame_to_send_needs_a_time():
    text = json.dumps({"txpk": TXPK | {"imme": False}}).encode()
    with pytest.raises(DatagramError) as refused:
        decode(b"\x02\x00\x07\x03" + text)
    assert refused.value.reason is DatagramReason.NO_SCHEDULE


def test_at_once_wins_over_a_time():
    text = json.dumps({"txpk": TXPK | {"tmst": 5, "tmms": 6}}).encode()
    assert decode(b"\x02\x00\x07\x03" + text).packet.schedule == Immediately()


@pytest.mark.parametrize("body", ["", "{}", '{"txpk_ack":{}}', '{"txpk_ack":{"error":"NONE"}}'])
def test_an_acknowledgement_without_error_means_accepted(body):
    message = decode(b"\x02\x00\x07\x05" + EUI + body.encode())
    assert message == TxAck(7, EUI, TxStatus.NONE)
    assert message.accepted


@pytest.mark.parametrize(
    ("text", "status"),
    [("TOO_LATE", TxStatus.TOO_LATE), ("GPS_UNLOCKED", TxStatus.GPS_UNLOCKED), ("SMOKE", "SMOKE")],
)
def test_the_fate_of_a_downlink_is_named_even_when_unknown(text, status):
    message = decode(b"\x02\x00\x07\x05" + EUI + json.dumps({"txpk_ack": {"error": text}}).encode())
    assert message.status == status
    assert not message.accepted


@pytest.mark.parametrize(
    "encode",
    [
        lambda: encode_push_ack(PushAck(0x10000)),
        lambda: encode_push_ack(PushAck(-1)),
        lambda: encode_pull_ack(PullAck(1, version=3)),
        lambda: encode_pull_data(PullData(1, bytes(7))),
    ],
)
def test_a_message_that_fits_in_no_datagram_is_not_written(encode):
    with pytest.raises(DatagramError) as refused:
        encode()
    assert refused.value.reason is DatagramReason.FIELD_OUT_OF_RANGE
