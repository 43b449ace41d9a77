"""The LNS protocol, both ends: published examples, bit-exact frames, hostile text.

The layouts are those of doc.sm.tc/station (*The LNS Protocol*, glossary), Station 2.0.6; the frames are
built by the protocol layer, which has reference vectors of its own.
"""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maillage.lorawan.gateways.basics_station import downlinks, protocol
from maillage.lorawan.gateways.basics_station.errors import StationError, StationReason
from maillage.lorawan.gateways.basics_station.frames import message_of, phy_payload_of, rx_packet_of
from maillage.lorawan.gateways.basics_station.identity import eui_dashes, id6, read_identity
from maillage.lorawan.gateways.basics_station.messages import (
    DataFrameUp,
    JoinRequestUp,
    ProprietaryUp,
    RouterInfo,
    RouterQuery,
    TimeSyncDown,
    TimeSyncUp,
    Transmitted,
    UpInfo,
    Version,
)
from maillage.lorawan.gateways.basics_station.router_config import router_config
from maillage.lorawan.gateways.basics_station.station_clock import StationClock
from maillage.lorawan.gateways.context import StationContext
from maillage.lorawan.protocol.build import DataContent, build_data_uplink, build_join_request
from maillage.lorawan.protocol.crypto import SessionCrypto
from maillage.lorawan.regions.catalogue import region_named
from maillage.lorawan.regions.data_rate import FskDataRate, LoRaDataRate
from maillage.lorawan.regions.eu863_870 import EU863_870

INFO = UpInfo(0, 0x1200_0000_89AB_CDEF, 0, -80.0, 7.25)
UPINFO = {"rctx": 0, "xtime": INFO.xtime, "gpstime": 0, "rssi": -80.0, "snr": 7.25}
CRYPTO = SessionCrypto(bytes(range(16)), bytes(range(16, 32)))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("::0", 0),
        ("::1", 1),
        ("::1:2", 0x1_0002),
        ("1::", 1 << 48),
        ("1:2::", 0x0001_0002_0000_0000),
        ("1::4", 0x0001_0000_0000_0004),
        ("1:2:3:4", 0x0001_0002_0003_0004),
        ("b827:ebff:fe12:3456", 0xB827_EBFF_FE12_3456),
    ],
)
def test_an_identity_in_four_groups_is_read_and_written_in_its_shortest_form(text, value):
    eui = value.to_bytes(8, "big")
    assert read_identity(text) == eui
    assert id6(eui) == text


@pytest.mark.parametrize(
    "text",
    ["00-01-02-03-04-05-06-07", "00:01:02:03:04:05:06:07", "0001020304050607", "1:203:405:607", "router-1:203:405:607"],
)
def test_every_form_of_an_identity_means_the_same(text):
    assert read_identity(text) == bytes(range(8))
    assert read_identity(0x0001020304050607) == bytes(range(8))


def test_the_bare_abbreviation_is_zero():
    assert read_identity("::") == bytes(8)


def test_old_stations_write_large_integers_signed():
    assert read_identity(-1) == b"\xff" * 8


@pytest.mark.parametrize(
    "text",
    ["", ":", "1:2:3", "1:2:3:4:5", "1::2::3", "12345::", "g::", "1:2::3:4", "00-01-02", 1 << 64, -(1 << 64)],
)
def test_what_is_no_identity_is_refused(text):
    with pytest.raises(StationError) as refusal:
        read_identity(text)
    assert refusal.value.reason is StationReason.BAD_IDENTITY


@given(st.binary(min_size=8, max_size=8))
def test_identities_survive_both_forms(eui):
    assert read_identity(id6(eui)) == read_identity(eui_dashes(eui)) == read_identity(int.from_bytes(eui, "big")) == eui


def test_discovery_speaks_as_documented():
    assert protocol.read_router_query(b'{"router":"b827:ebff:fe12:3456"}') == RouterQuery("b827:ebff:fe12:3456")
    answer = RouterInfo("b827:ebff:fe12:3456", "::0", "ws://lns:3003/gateway/b827ebfffe123456")
    assert json.loads(protocol.write(answer)) == {
        "router": "b827:ebff:fe12:3456",
        "muxs": "::0",
        "uri": "ws://lns:3003/gateway/b827ebfffe123456",
    }
    assert protocol.read_router_info(protocol.write(answer)) == answer


def test_the_first_message_is_understood_with_fields_that_came_later():
    text = (
        b'{"msgtype":"version","station":"2.0.6","firmware":"f","package":"1.0","model":"rpi","protocol":2,'
        b'"features":"rmtsh gps","later":[1]}'
    )
    assert protocol.read_up(text) == Version("2.0.6", "f", "1.0", "rpi", 2, "rmtsh gps")


def test_a_region_is_told_as_documented():
    config = json.loads(protocol.write(router_config(EU863_870)))
    assert config["msgtype"] == "router_config"
    assert (config["region"], config["hwspec"], config["freq_range"]) == ("EU863", "sx1301/1", [863000000, 870000000])
    assert config["DRs"][:9] == [*([n, 125, 0] for n in range(12, 6, -1)), [7, 250, 0], [0, 0, 0], [-1, 0, 0]]
    assert len(config["DRs"]) == 16
    (chip,) = config["sx1301_conf"]
    radios = [chip[f"radio_{number}"]["freq"] for number in (0, 1)]
    channels = [chip[f"chan_multiSF_{number}"] for number in range(8)]
    assert sorted(radios[one["radio"]] + one["if"] for one in channels) == sorted(
        one.frequency_hz for one in EU863_870.default_channels + EU863_870.extra_channels
    )
    assert protocol.read_down(protocol.write(router_config(EU863_870))) == router_config(EU863_870)


def test_the_eight_channels_and_the_wide_one_of_an_american_gateway_fit_one_concentrator():
    config = router_config(region_named("US915/2"))
    assert config.region == "US902"
    (chip,) = config.sx1301_conf
    wide = chip["chan_Lora_std"]
    assert (wide.enable, wide.bandwidth, wide.spread_factor) == (True, 500_000, 8)
    centre_hz = chip[f"radio_{wide.radio}"].frequency_hz
    assert centre_hz + wide.offset_hz == 904_600_000
    assert all(chip[f"chan_multiSF_{number}"].enable for number in range(8))
    assert config.data_rates[8] == (12, 500, 1), "downlinks only"


def test_a_plan_of_more_channels_than_a_concentrator_has_is_refused():
    with pytest.raises(StationError) as refusal:
        router_config(region_named("US915"))
    assert refusal.value.reason is StationReason.FIELD_OUT_OF_RANGE


def test_a_join_request_comes_out_bit_for_bit():
    """The layout of the documentation, with the frame of the repository's own protocol tests."""
    phy = build_join_request(bytes.fromhex("70b3d57ed0000001"), bytes.fromhex("a81758fffe000001"), 0xBEEF, bytes(16))
    message = message_of(phy, 5, 868_100_000, INFO)
    assert json.loads(protocol.write(message)) == {
        "msgtype": "jreq",
        "MHdr": 0,
        "JoinEui": "70-B3-D5-7E-D0-00-00-01",
        "DevEui": "A8-17-58-FF-FE-00-00-01",
        "DevNonce": 0xBEEF,
        "MIC": int.from_bytes(phy[-4:], "little", signed=True),
        "DR": 5,
        "Freq": 868_100_000,
        "upinfo": UPINFO,
        "RefTime": 0.0,
    }
    assert phy_payload_of(protocol.read_up(protocol.write(message))) == phy


@pytest.mark.parametrize("f_port", [None, 0, 2, 255])
def test_a_data_frame_with_or_without_port_and_options_comes_out_bit_for_bit(f_port):
    options = b"" if f_port == 0 else b"\x02\x0d"
    payload = b"" if f_port is None else b"\x01\x02\x03"
    phy = build_data_uplink(CRYPTO, DataContent(0xFE01_0203, 65_537, f_port, payload, options, confirmed=True))
    message = message_of(phy, 0, 868_300_000, INFO)
    assert isinstance(message, DataFrameUp)
    assert (message.dev_addr, message.f_cnt) == (0xFE01_0203 - (1 << 32), 1)
    assert message.f_port == (-1 if f_port is None else f_port)
    assert phy_payload_of(protocol.read_up(protocol.write(message))) == phy


@given(st.binary(min_size=1, max_size=255))
def test_whatever_is_on_the_air_comes_through_unchanged(phy):
    text = protocol.write(message_of(phy, 5, 868_100_000, INFO))
    assert phy_payload_of(protocol.read_up(text)) == phy


def test_a_frame_heard_is_the_same_value_as_over_udp_with_what_the_station_wants_back():
    phy = build_data_uplink(CRYPTO, DataContent(1, 1, 2, b"\x01"))
    packet = rx_packet_of(message_of(phy, 5, 868_100_000, INFO), EU863_870, epoch=3)
    assert (packet.tmst_us, packet.frequency_hz) == (0x89AB_CDEF, 868_100_000)
    assert (packet.data_rate, packet.rssi_dbm, packet.snr_db) == (LoRaDataRate(7, 125_000), -80.0, 7.25)
    assert packet.context == StationContext(INFO.xtime, 0, 3)
    fsk = rx_packet_of(message_of(phy, 7, 868_800_000, INFO), EU863_870)
    assert (fsk.data_rate, fsk.snr_db) == (FskDataRate(50_000), None)


def updf(**changes):
    fields = {
        "msgtype": "updf",
        "MHdr": 0x40,
        "DevAddr": 1,
        "FCtrl": 0,
        "FCnt": 1,
        "FOpts": "",
        "FPort": 2,
        "FRMPayload": "00",
        "MIC": -1,
        "DR": 5,
        "Freq": 868_100_000,
        "upinfo": UPINFO,
    }
    return json.dumps({**fields, **changes}).encode()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"FOpts": "02"}, StationReason.WRONG_LENGTH),
        ({"FCtrl": 1}, StationReason.WRONG_LENGTH),
        ({"FPort": -1}, StationReason.WRONG_LENGTH),
        ({"FRMPayload": "0"}, StationReason.BAD_HEX),
        ({"FRMPayload": "0 0"}, StationReason.BAD_HEX),
        ({"FRMPayload": "٠٠"}, StationReason.BAD_HEX),
        ({"FRMPayload": "00" * 255}, StationReason.WRONG_LENGTH),
        ({"MHdr": 0x60}, StationReason.WRONG_TYPE),
        ({"DR": 15}, StationReason.UNKNOWN_DATA_RATE),
        ({"FPort": 256}, StationReason.WRONG_FIELD),
        ({"MIC": 1 << 32}, StationReason.WRONG_FIELD),
        ({"DevAddr": 1 << 70}, StationReason.WRONG_FIELD),
        ({"upinfo": {**UPINFO, "rssi": 1e300}}, StationReason.WRONG_FIELD),
        ({"msgtype": "runcmd"}, StationReason.WRONG_FIELD),
    ],
)
def test_a_frame_whose_fields_contradict_each_other_is_refused(changes, reason):
    with pytest.raises(StationError) as refusal:
        rx_packet_of(protocol.read_up(updf(**changes)), EU863_870)
    assert refusal.value.reason is reason


def test_unsigned_addresses_and_mics_are_understood_too():
    message = protocol.read_up(updf(DevAddr=0xFFFF_FFFF, MIC=0xFFFF_FFFF))
    assert phy_payload_of(message) == phy_payload_of(protocol.read_up(updf(DevAddr=-1, MIC=-1)))


@pytest.mark.parametrize(
    "text", [b"", b"null", b"[]", b"{", b'{"msgtype":1}', b"\xff", b"[" * 10_000, b"9" * 10_000, b" " * 20_000]
)
def test_what_is_no_message_is_refused(text):
    with pytest.raises(StationError):
        protocol.read_up(text)


def test_a_key_that_stands_twice_is_refused():
    with pytest.raises(StationError) as refusal:
        protocol.read_up(b'{"msgtype":"timesync","txtime":1,"txtime":2}')
    assert refusal.value.reason is StationReason.DUPLICATE_KEY


@given(st.binary(max_size=400) | JSON.map(lambda value: json.dumps(value).encode()))
def test_hostile_text_ends_in_the_one_error_or_in_a_message(text):
    for read in (protocol.read_up, protocol.read_down, protocol.read_router_query, protocol.read_router_info):
        try:
            read(text)
        except StationError:
            continue


@given(st.sampled_from(sorted(json.loads(updf()))), JSON)
def test_a_frame_with_any_field_replaced_by_anything_raises_nothing_else(field, value):
    try:
        message = protocol.read_up(updf(**{field: value}))
        if isinstance(message, JoinRequestUp | DataFrameUp | ProprietaryUp):
            rx_packet_of(message, EU863_870)
    except StationError:
        pass


def test_the_downlinks_of_the_three_classes_have_the_documented_fields():
    context = StationContext(INFO.xtime, 3)
    common = {"msgtype": "dnmsg", "diid": 7, "pdu": "6001", "priority": 1}
    first = json.loads(protocol.write(downlinks.in_rx1(7, b"\x60\x01", 5, 868_100_000, 1, context)))
    assert first.pop("DevEui") != "00-00-00-00-00-00-00-00"
    times = {"xtime": INFO.xtime, "rctx": 3}
    assert first == {**common, **times, "dC": 0, "RxDelay": 1, "RX1DR": 5, "RX1Freq": 868_100_000}
    second = json.loads(protocol.write(downlinks.in_rx2(7, b"\x60\x01", 0, 869_525_000, 1, context)))
    del second["DevEui"]
    assert second == {**common, **times, "dC": 0, "RxDelay": 1, "RX2DR": 0, "RX2Freq": 869_525_000}
    class_b = json.loads(protocol.write(downlinks.at_gps_time(7, b"\x60\x01", 3, 869_525_000, 1_000_000)))
    del class_b["DevEui"]
    assert class_b == {**common, "dC": 1, "DR": 3, "Freq": 869_525_000, "gpstime": 1_000_000}
    class_c = json.loads(protocol.write(downlinks.at_once(7, b"\x60\x01", 0, 869_525_000)))
    del class_c["DevEui"]
    assert class_c == {**common, "dC": 2, "RX2DR": 0, "RX2Freq": 869_525_000}


def test_reports_and_time_go_both_ways():
    text = b'{"msgtype":"dntxed","diid":7,"DevEui":"::1","rctx":0,"xtime":9,"txtime":1.5,"gpstime":0,"MuxTime":3}'
    assert protocol.read_up(text) == Transmitted(7, "::1", 0, 9, 1.5, 0)
    assert protocol.read_up(b'{"msgtype":"timesync","txtime":9}') == TimeSyncUp(9)
    answer = TimeSyncDown(1_000, txtime=9)
    assert json.loads(protocol.write(answer)) == {"msgtype": "timesync", "gpstime": 1000, "txtime": 9}
    assert protocol.read_down(protocol.write(answer)) == answer


def test_the_clock_of_a_station_changes_with_its_restart_or_a_jump_and_not_with_a_slow_line():
    clock, session = StationClock(), 0x12 << 48
    assert not clock.heard(session | 1_000_000, 100.0)
    assert not clock.heard(session | 2_000_000, 120.0), "19 s late"
    assert clock.epoch == 0
    assert clock.heard(session | 3_000_000_000, 121.0), "a jump"
    assert clock.heard(0x13 << 48 | 3_001_000_000, 122.0), "a restart"
    assert clock.epoch == 2
