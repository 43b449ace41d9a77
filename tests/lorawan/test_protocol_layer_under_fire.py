"""More than 100,000 random and mutated datagrams through the whole protocol layer.

What a socket would deliver goes datagram → frame → MIC and decryption → MAC commands, as the server and the
simulator do it. Nothing but the two errors of the layer may come out.
"""

import json
import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from maillage.lorawan.gateways.semtech_udp.errors import DatagramError
from maillage.lorawan.gateways.semtech_udp.protocol import (
    decode,
    encode_pull_resp,
    encode_push_data,
    encode_tx_ack,
)
from maillage.lorawan.gateways.semtech_udp.values import (
    AtTmst,
    GatewayStat,
    PullResp,
    PushData,
    RxPacket,
    TxAck,
    TxPacket,
    TxStatus,
)
from maillage.lorawan.protocol.build import (
    DataContent,
    build_data_downlink,
    build_data_uplink,
    build_join_accept,
    build_join_request,
    open_join_accept,
)
from maillage.lorawan.protocol.counters import Accepted, judge_counter
from maillage.lorawan.protocol.crypto import SessionCrypto
from maillage.lorawan.protocol.dl_settings import DLSettings
from maillage.lorawan.protocol.errors import FrameError
from maillage.lorawan.protocol.frames import DataDownlink, DataUplink, JoinAccept
from maillage.lorawan.protocol.join import JoinAcceptContent
from maillage.lorawan.protocol.mac.stream import parse_commands
from maillage.lorawan.protocol.parse import parse_frame
from maillage.lorawan.protocol.types import Direction
from maillage.lorawan.regions.data_rate import LoRaDataRate
from maillage.lorawan.regions.eu863_870 import EU863_870

EUI = bytes(range(8))
KEY = bytes(range(16))
SESSION = SessionCrypto(KEY, KEY)
SF7 = LoRaDataRate(7, 125_000)
MUTATED, RANDOM = 90_000, 30_000


def pass_through_the_layer(datagram: bytes) -> str:
    """The layer as its users drive it; the answer says how far the bytes came."""
    try:
        message = decode(datagram)
    except DatagramError as error:
        return f"datagram: {error.reason}"
    if isinstance(message, PushData):
        outcomes = [open_frame(packet.phy_payload) for packet in message.packets]
        return outcomes[0] if outcomes else "push without frame"
    if isinstance(message, PullResp):
        return open_frame(message.packet.phy_payload)
    return type(message).__name__


def open_frame(phy_payload: bytes) -> str:
    try:
        frame = parse_frame(phy_payload)
        if isinstance(frame, JoinAccept):
            open_join_accept(frame, KEY)
    except FrameError as error:
        return f"frame: {error.reason}"
    if isinstance(frame, DataUplink | DataDownlink):
        read_data(frame)
    return type(frame).__name__


def read_data(frame: DataUplink | DataDownlink) -> None:
    up = isinstance(frame, DataUplink)
    direction = Direction.UPLINK if up else Direction.DOWNLINK
    verdict = judge_counter(frame.f_cnt_16, 7)
    f_cnt = verdict.f_cnt if isinstance(verdict, Accepted) else 7
    _ = SESSION.signs_uplink(frame, f_cnt) if up else SESSION.signs_downlink(frame, f_cnt)
    clear = SESSION.crypt(direction, frame.dev_addr, f_cnt, frame.frm_payload, frame.f_port or 0)
    # Both readings: a mutated length may turn data into commands.
    parse_commands(direction, frame.f_opts)
    parse_commands(direction, clear)


def good_frames() -> list[bytes]:
    commands = bytes.fromhex("02030706fe0a0d")
    return [
        build_join_request(EUI, EUI, 5, KEY),
        build_join_accept(JoinAcceptContent(1, 2, 3, DLSettings(0, 0), 1, EU863_870.cf_list()), KEY),
        build_data_uplink(SESSION, DataContent(9, 8, 2, b"payload", commands, adr=True)),
        build_data_uplink(SESSION, DataContent(9, 8, 0, commands)),
        build_data_downlink(SESSION, DataContent(9, 8, None, f_opts=bytes.fromhex("0352ff0001"), ack=True)),
        bytes.fromhex("c000010203") + EUI + bytes(6),
        b"\xe0own",
    ]


SOUND_FRAMES = good_frames()


def good_datagrams() -> list[bytes]:
    heard = [RxPacket(5, 868_100_000, SF7, -80.0, 7.5, phy) for phy in good_frames()]
    pushes = [encode_push_data(PushData(1, EUI, (packet,))) for packet in heard]
    resps = [encode_pull_resp(PullResp(1, TxPacket(AtTmst(5), 868_100_000, 14, SF7, p))) for p in good_frames()]
    whole = encode_push_data(PushData(1, EUI, tuple(heard), GatewayStat(time="now", received=3)))
    return [
        *pushes,
        *resps,
        whole,
        encode_tx_ack(TxAck(1, EUI, TxStatus.TOO_LATE)),
        b"\x02\x00\x01\x02" + EUI,
    ]


def mutate(dice: random.Random, datagram: bytes) -> bytes:
    """One to four wounds of the kinds a network, a bug or an attacker makes."""
    data = bytearray(datagram)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(data) + 1)
        wound = dice.randrange(6)
        if wound == 0:
            del data[at:]
        elif wound == 1:
            data[at:at] = dice.randbytes(dice.randint(1, 4))
        elif wound == 2:
            del data[at : at + dice.randint(1, 8)]
        elif wound == 3 and at < len(data):
            data[at] ^= 1 << dice.randrange(8)
        elif wound == 4:
            data[at : at + 1] = dice.choice([b'"', b"{", b"}", b"[", b"]", b":", b",", b"-", b"9", b"\\", b"\x00"])
        else:
            data[at:at] = data[dice.randrange(len(data) + 1) :][: dice.randint(1, 40)]
    return bytes(data)


def wounded_frame(dice: random.Random) -> bytes:
    """A mutated frame inside a sound datagram, so that the inner layers get their share."""
    phy = mutate(dice, dice.choice(SOUND_FRAMES))[:255] or b"\x40"
    return encode_push_data(PushData(1, EUI, (RxPacket(5, 868_100_000, SF7, -80.0, 7.5, phy),)))


def test_every_sound_datagram_reaches_its_end():
    outcomes = {pass_through_the_layer(datagram) for datagram in good_datagrams()}
    assert not [outcome for outcome in outcomes if ":" in outcome]
    assert {
        "JoinRequest",
        "JoinAccept",
        "DataUplink",
        "DataDownlink",
        "RejoinRequest",
        "Proprietary",
    } <= outcomes


def test_no_mutated_or_random_datagram_lets_another_error_escape():
    dice = random.Random(868_100)
    sound, outcomes = good_datagrams(), Counter()
    for turn in range(MUTATED):
        wounded = mutate(dice, dice.choice(sound)) if turn % 2 else wounded_frame(dice)
        outcomes[pass_through_the_layer(wounded)] += 1
    for _ in range(RANDOM):
        head = b"\x02\x00\x01" + bytes((dice.randrange(6),)) if dice.random() < 0.8 else b""
        outcomes[pass_through_the_layer(head + dice.randbytes(dice.randrange(80)))] += 1
    assert outcomes.total() == MUTATED + RANDOM
    # The fire reached every layer, not only the first wall.
    assert min(outcomes["DataUplink"], outcomes["frame: f_opts_truncated"], outcomes["datagram: not_json"]) > 100
    assert outcomes["frame: wrong_mic"] > 100


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
FIELD_NAMES = (
    "tmst",
    "freq",
    "datr",
    "rssi",
    "size",
    "data",
    "modu",
    "codr",
    "lsnr",
    "stat",
    "chan",
    "rfch",
    "time",
    "tmms",
    "imme",
    "powe",
)
FIELDS = st.sampled_from(FIELD_NAMES)


@given(st.sampled_from(["rxpk", "stat", "txpk", "txpk_ack"]), st.dictionaries(FIELDS, VALUES), st.booleans())
def test_no_json_of_any_shape_lets_another_error_escape(name, fields, in_list):
    base = {
        "tmst": 1,
        "freq": 868.1,
        "datr": "SF7BW125",
        "rssi": -1,
        "size": 1,
        "data": "QA==",
        "modu": "LORA",
    }
    item = base | {"imme": True, "rfch": 0, "powe": 14} | fields
    body = json.dumps({name: [item] if in_list else item}).encode()
    for head in (b"\x02\x00\x01\x00" + EUI, b"\x02\x00\x01\x03", b"\x02\x00\x01\x05" + EUI):
        assert pass_through_the_layer(head + body)


@given(st.binary(max_size=300))
def test_no_bytes_taken_as_a_frame_let_another_error_escape(phy_payload):
    assert open_frame(phy_payload)
