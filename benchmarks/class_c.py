"""From the click to the gateway: a class C command by HTTP, as a logged-in user, until PULL_RESP reaches a gateway.

200 relays, one click each, so that a frame to a device answers one click only. In between: the session, the policy, the
command, its journal and its queued message committed, the notice to the network server, the codec, the downlink counter
committed. The click's own share is the time until the API has answered.
"""

import selectors
import time
from concurrent.futures import ThreadPoolExecutor

from benchmarks.browser import Browser
from benchmarks.fixture import Fleet, populate
from benchmarks.installation import HOST, BenchmarkError, installed
from benchmarks.meter import CpuMeter, use_between
from benchmarks.probe import ProbeDevice
from benchmarks.report import Report, milliseconds
from maillage.kernel import clock
from maillage.lorawan.gateways.semtech_udp.protocol import decode
from maillage.lorawan.gateways.semtech_udp.values import PullResp
from maillage.lorawan.protocol.frames import DataDownlink
from maillage.lorawan.protocol.parse import parse_frame
from maillage.lorawan.simulator.load import LoadPlan, load_gateways

CLICKS = 200
PLAN = LoadPlan(devices=0, gateways=30, copies=3)
RELAYS = Fleet(0, CLICKS, "dragino-lt22222l", "access", 20)
RELAY_REPORT = bytes.fromhex("04ab04ac13101300aaff01")  # Dragino LT-22222-L
RELAY_PORT = 2
_WARMING_CLICKS = 5
_BETWEEN_CLICKS_S = 0.15
_WITHIN_S = 5.0
_POLL_S = 0.5
_DATAGRAM_MAX = 2048


def run() -> Report:
    """One click after the other, none before the last one's frame has come."""
    fleets = [Fleet(0, CLICKS + _WARMING_CLICKS, RELAYS.model_key, RELAYS.solution, RELAYS.things_a_commune)]
    with installed(
        lambda connection: populate(connection, PLAN, fleets), ("lorawan", "telemetry", "command", "web")
    ) as place:
        gateways = load_gateways(PLAN)
        devices = [ProbeDevice(n, gateways, HOST, place.lorawan_port) for n in range(CLICKS + _WARMING_CLICKS)]
        for device in devices:
            device.open_ways_back()
            device.send(RELAY_REPORT, RELAY_PORT)
        time.sleep(1.0)
        browser = Browser(place.web_url)
        browser.log_in()
        with place.database() as connection:
            for device in devices[:_WARMING_CLICKS]:
                click(browser, device)
            meter = CpuMeter(place.pids, connection)
            before, started_s = meter.read(), clock.monotonic_s()
            measured = [click(browser, device) for device in devices[_WARMING_CLICKS:]]
            others = use_between(before, meter.read()).others_s / (clock.monotonic_s() - started_s)
        for device in devices:
            device.close()
    rows = [
        {"until": "PULL_RESP reaches the gateway", **milliseconds([heard_s for heard_s, _ in measured])},
        {"until": "the API has answered", **milliseconds([answered_s for _, answered_s in measured])},
    ]
    title = "A class C command, from the click to the gateway"
    return Report("class_c", title, rows, {"clicks": CLICKS, "cores used by others": round(others, 2)})


def click(browser: Browser, device: ProbeDevice) -> tuple[float, float]:
    """Seconds from the click to the frame at the gateway, and to the API's answer."""
    device.open_ways_back()
    time.sleep(_BETWEEN_CLICKS_S)
    _drain(device)
    with ThreadPoolExecutor(1) as ear:
        heard = ear.submit(_wait_for_frame, device)
        clicked_s = clock.monotonic_s()
        browser.post("/api/v1/commands", {"thing_id": device.thing_id, "verb": "open"})
        answered_s = clock.monotonic_s()
        return heard.result() - clicked_s, answered_s - clicked_s


def _wait_for_frame(device: ProbeDevice) -> float:
    """The monotonic second at which a gateway was told to send to ``device``."""
    end_s = clock.monotonic_s() + _WITHIN_S
    with selectors.DefaultSelector() as selector:
        selector.register(device.socket, selectors.EVENT_READ)
        while clock.monotonic_s() < end_s:
            if selector.select(_POLL_S) and _is_for(device):
                return clock.monotonic_s()
    raise BenchmarkError(f"nothing was sent to thing {device.thing_id} within {_WITHIN_S} s")


def _is_for(device: ProbeDevice) -> bool:
    """Whether what its gateways have just been told is a frame to it."""
    message = decode(device.socket.recv(_DATAGRAM_MAX))
    if not isinstance(message, PullResp):
        return False
    frame = parse_frame(message.packet.phy_payload)
    return isinstance(frame, DataDownlink) and frame.dev_addr == device.dev_addr


def _drain(device: ProbeDevice) -> None:
    while True:
        try:
            device.socket.recv(_DATAGRAM_MAX)
        except BlockingIOError:
            return
