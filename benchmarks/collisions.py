"""CPU of an uplink when 1,000 devices share one DevAddr, against the same devices with an address each.

Only the sieve is measured: parsing, finding the session, MIC, deciphering. Counters start anywhere, as they do in a
network that has run for a while; the last line shows the worst case, all devices in step, so that the counter tells
nobody apart; *foreign* frames carry the address and are signed by nobody here.
"""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from benchmarks.report import Report
from maillage.lorawan.gateways.semtech_udp.values import RxPacket
from maillage.lorawan.protocol.build import DataContent, build_data_uplink
from maillage.lorawan.protocol.crypto import SessionCrypto
from maillage.lorawan.regions.data_rate import LoRaDataRate
from maillage.lorawan.server.refusals import RefusalLog
from maillage.lorawan.server.registry import DeviceState, GatewayState, Registry, SessionState
from maillage.lorawan.server.settings import ServerSettings
from maillage.lorawan.server.uplinks import UplinkSieve

DEVICES, ROUNDS = 1_000, 10
ADDRESS = 0x01000000
PAYLOAD = bytes.fromhex("0100e202290400270506060308070d62")
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SF7 = LoRaDataRate(7, 125_000)


@dataclass(frozen=True, slots=True)
class Case:
    """Who shares what: ``in_step`` devices have one counter, frames of ``foreign`` ones are signed by nobody."""

    name: str
    shared: bool
    in_step: bool = False
    foreign: bool = False


CASES = (
    Case("an address each", shared=False),
    Case("one address", shared=True),
    Case("one address, all in step", shared=True, in_step=True),
    Case("an address each, foreign frames", shared=False, foreign=True),
    Case("one address, foreign frames", shared=True, foreign=True),
)


def keys_of(number: int) -> tuple[bytes, bytes]:
    return number.to_bytes(16, "big"), (number + DEVICES).to_bytes(16, "big")


def population(case: Case, starts: Sequence[int]) -> Registry:
    registry = Registry()
    registry.put_gateways([GatewayState("aa555a0000000001", 1)])
    for number, start in enumerate(starts):
        device = DeviceState(f"{number + 1:016x}", 1, "0" * 16, bytes(16), "elsys-ers", 0, -1)
        crypto = SessionCrypto(*keys_of(number))
        crypto.uplink_mic(0, 0, b"")  # its AES contexts are set up: they are not what is measured
        device.session = SessionState(device, address(case, number), crypto, start, 0, 1)
        registry.put_device(device)
    return registry


def address(case: Case, number: int) -> int:
    return ADDRESS if case.shared else ADDRESS + number


def frames(case: Case, starts: Sequence[int], chance: random.Random) -> list[bytes]:
    """Each device once a round, in another order each time."""
    found: list[bytes] = []
    for turn in range(1, ROUNDS + 1):
        for number in chance.sample(range(DEVICES), DEVICES):
            crypto = SessionCrypto(*keys_of(number + (10 * DEVICES if case.foreign else 0)))
            content = DataContent(address(case, number), starts[number] + turn, 5, PAYLOAD)
            found.append(build_data_uplink(crypto, content))
    return found


def cpu_us(case: Case) -> float:
    """Microseconds of CPU for one uplink."""
    chance = random.Random(1)
    starts = [1_000 if case.in_step else chance.randrange(60_000) for _ in range(DEVICES)]
    registry, heard = population(case, starts), frames(case, starts, chance)
    accepted: list[object] = []
    settings = ServerSettings(max_waiting_uplinks=len(heard))
    sieve = UplinkSieve(settings, registry, RefusalLog(), accepted=accepted.append, nonce_is_counter=bool)
    (gateway,) = registry.gateways.values()
    packets = [RxPacket(number, 868_100_000, SF7, -80.0, 7.0, frame) for number, frame in enumerate(heard)]
    started_s = time.process_time()
    for packet in packets:
        sieve.heard(gateway, packet, NOW, 0.0)
    spent_s = time.process_time() - started_s
    if len(accepted) != (0 if case.foreign else len(heard)):
        raise SystemExit(f"{case.name}: {len(accepted)} of {len(heard)} uplinks were accepted")
    return spent_s / len(heard) * 1e6


def run() -> Report:
    figures = {case.name: cpu_us(case) for case in CASES}
    without = {case.name: figures[CASES[3].name if case.foreign else CASES[0].name] for case in CASES}
    rows = [
        {"devices": name, "µs per uplink": round(figure, 1), "times": round(figure / without[name], 2)}
        for name, figure in figures.items()
    ]
    facts = {"devices": DEVICES, "uplinks of each": ROUNDS, "aim": "one address: less than twice"}
    return Report("collisions", "CPU of an uplink in the sieve when many share a DevAddr", rows, facts)
