"""Events have the shape that ChirpStack v4 documents: see tests/vectors/integrations/SOURCE.md."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from maillage.lorawan.integrations import chirpstack
from maillage.lorawan.integrations.chirpstack import DeviceInfo, Heard, LogCode, LogLevel, SentFacts, UplinkFacts
from maillage.lorawan.regions.data_rate import FskDataRate, LoRaDataRate, LrFhssDataRate

VECTORS = Path(__file__).parents[2] / "vectors" / "integrations" / "events.json"
AT = datetime(2026, 3, 2, 10, 0, 0, 250_000, tzinfo=UTC)
APPLICATION = "17c82e96-be03-4f38-aef3-f83d48582d97"
DOWNLINK = "42cb6459-a640-46ec-9623-bdff39dc4736"
INFO = DeviceInfo(
    3, "Évry-Courcouronnes", APPLICATION, "Bennes", "elsys-ers", "ELSYS ERS", "Benne 12", "0101010101010101", "A"
)
UP = UplinkFacts(
    frame_id=4217106255,
    at=AT,
    dev_addr=0x00189440,
    adr=True,
    data_rate_index=1,
    f_cnt=12,
    f_port=1,
    confirmed=False,
    payload=b"\xaa",
    decoded={"level": 71.5},
    heard=[Heard("0016c001f153a14c", -36.4, 10.5)],
    frequency_hz=867_100_000,
    data_rate=LoRaDataRate(11, 125_000),
)
MADE = {
    "up": chirpstack.up(INFO, UP),
    "join": chirpstack.join(INFO, AT, 0x00189440),
    "status": chirpstack.status(INFO, AT, 127, 10),
    "ack": chirpstack.ack(INFO, AT, DOWNLINK, 3, acknowledged=True),
    "txack": chirpstack.txack(
        INFO, SentFacts(DOWNLINK, AT, 2, "0016c001f153a14c", 867_900_000, LoRaDataRate(7, 125_000), 14)
    ),
    "log": chirpstack.log(INFO, AT, LogLevel.ERROR, LogCode.UPLINK_CODEC, "refused: unknown FPort", {"f_cnt": "12"}),
}


@pytest.mark.parametrize("kind", sorted(MADE))
def test_an_event_is_the_hand_made_vector(kind):
    assert json.loads(chirpstack.encoded(MADE[kind])) == json.loads(VECTORS.read_text())[kind]


def test_the_same_news_has_the_same_deduplication_id_and_other_news_another():
    again = chirpstack.up(INFO, UP)["deduplicationId"]
    assert again == MADE["up"]["deduplicationId"]
    assert len({MADE[kind]["deduplicationId"] for kind in ("up", "join", "status", "ack")}) == 4


def test_what_an_uplink_does_not_carry_is_left_out():
    bare = chirpstack.up(
        INFO,
        UplinkFacts(
            **{name: getattr(UP, name) for name in UP.__slots__} | {"f_port": None, "payload": None, "decoded": None}
        ),
    )
    assert not {"fPort", "data", "object"} & bare.keys()


@pytest.mark.parametrize(
    ("battery", "external", "unavailable", "level"),
    [(0, True, False, 0.0), (255, False, True, 0.0), (254, False, False, 100.0)],
)
def test_the_battery_of_a_status_is_told_as_the_schema_has_it(battery, external, unavailable, level):
    event = chirpstack.status(INFO, AT, battery, -5)
    found = event["externalPowerSource"], event["batteryLevelUnavailable"], event["batteryLevel"]
    assert found == (external, unavailable, level)


@pytest.mark.parametrize(("rate", "name"), [(FskDataRate(50_000), "fsk"), (LrFhssDataRate(1, 137_000), "lrFhss")])
def test_other_modulations_have_their_own_member(rate, name):
    facts = {each: getattr(UP, each) for each in UP.__slots__} | {"data_rate": rate}
    assert list(chirpstack.up(INFO, UplinkFacts(**facts))["txInfo"]["modulation"]) == [name]


def test_a_topic_is_the_documented_one():
    topic = chirpstack.topic(APPLICATION, INFO.dev_eui, "up")
    assert re.fullmatch(r"application/[0-9a-f-]{36}/device/[0-9a-f]{16}/event/up", topic)
