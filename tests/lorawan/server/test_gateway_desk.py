"""What gateways say reaches the right counter."""

import json

from tests.lorawan.server.conftest import START

from maillage.lorawan.gateways.semtech_udp.protocol import decode
from maillage.lorawan.server.decoder import Decoder
from maillage.lorawan.server.gateway_desk import GatewayDesk


def test_an_unknown_data_rate_is_told_apart_from_a_malformed_packet(bench):
    desk = GatewayDesk(
        bench.registry, bench.sieve, Decoder(None), bench.transmitter, bench.refusals, bench.scheduler.clocks
    )
    packet = {"tmst": 1, "freq": 868.1, "stat": 1, "modu": "LORA", "datr": "SF99BW1", "rssi": -50, "lsnr": 7.0}
    packets = [packet | {"size": 1, "data": "QA=="}, packet | {"freq": "x", "size": 1, "data": "QA=="}]
    datagram = b"\x02\x00\x01\x00" + bytes.fromhex(bench.near.eui) + json.dumps({"rxpk": packets}).encode()
    desk.pushed(decode(datagram), START, 0.0)
    assert bench.causes() == ["unknown_data_rate", "malformed_datagram"]
