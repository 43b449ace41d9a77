import socket

from maillage.lorawan.gateways.semtech_udp.protocol import decode, encode_push_ack
from maillage.lorawan.gateways.semtech_udp.values import PullData, PushAck, PushData
from maillage.lorawan.protocol.crypto import SessionCrypto
from maillage.lorawan.protocol.parse import parse_frame
from maillage.lorawan.protocol.types import Direction
from maillage.lorawan.simulator.load import LoadGenerator, LoadPlan, load_gateways, load_session, load_sessions

PLAN = LoadPlan(devices=50, gateways=7, copies=3)


def server():
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.bind(("127.0.0.1", 0))
    one.settimeout(2)
    return one


def test_sessions_follow_from_the_seed_and_are_all_different():
    sessions = list(load_sessions(PLAN))
    assert sessions[3] == load_session(PLAN, 3)
    assert sessions[3] != load_session(LoadPlan(devices=50, seed=2), 3)
    for field in ("dev_eui", "dev_addr", "app_key", "nwk_s_key", "app_s_key"):
        assert len({getattr(session, field) for session in sessions}) == 50


def test_every_copy_is_a_genuine_frame_that_the_server_can_verify():
    with server() as one, LoadGenerator(PLAN, *one.getsockname()) as load:
        load.burst(120)
        messages = [decode(one.recv(65535)) for _ in range(load.sent.datagrams)]
    assert all(isinstance(message, PushData) and not message.refused for message in messages)
    assert {message.gateway_eui.hex() for message in messages} == set(load_gateways(PLAN))
    packets = [packet for message in messages for packet in message.packets]
    assert len(packets) == load.sent.copies == 3 * load.sent.uplinks == 360
    sessions = {session.dev_addr: session for session in load_sessions(PLAN)}
    frames = {}
    for packet in packets:
        frame = parse_frame(packet.phy_payload)
        session = sessions[frame.dev_addr]
        crypto = SessionCrypto(session.nwk_s_key, session.app_s_key)
        assert crypto.signs_uplink(frame, frame.f_cnt_16)
        clear = crypto.crypt(Direction.UPLINK, frame.dev_addr, frame.f_cnt_16, frame.frm_payload, frame.f_port)
        assert clear[0] == 1
        frames.setdefault((frame.dev_addr, frame.f_cnt_16), set()).add(packet.rssi_dbm)
    assert len(frames) == 120
    assert {len(copies) for copies in frames.values()} == {3}


def test_a_run_keeps_its_pace_and_counts_what_comes_back():
    with server() as one, LoadGenerator(PLAN, *one.getsockname()) as load:
        load.open_ways_back()
        message, address = one.recvfrom(65535)
        assert isinstance(decode(message), PullData)
        one.sendto(encode_push_ack(PushAck(1)), address)
        calls = []
        sent = load.run(500, 0.2, between=lambda: calls.append(1))
        assert (sent.uplinks, sent.copies, sent.push_acks) == (100, 300, 1)
        assert calls
        assert sum(load.f_cnt_up) == 100
        assert sum(at > 0 for at in load.last_sent_s) == 50


def test_without_a_server_datagrams_are_counted_as_dropped():
    with server() as one:
        address = one.getsockname()
    with LoadGenerator(PLAN, *address) as load:
        load.burst(50)
        load.burst(50)
        assert load.sent.dropped > 0
