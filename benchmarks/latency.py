"""From a gateway's datagram to the live event: on the bus, and on a page that a logged-in user has open.

A probe of 200 devices sends 20 frames a second, each heard by 3 gateways, beside loads of 0, 1,000 and 3,000 uplinks a
second of 20,000 other devices. Ten communes with twenty probe devices each are open as pages (server-sent events).

The 200 ms during which the network server waits for other gateways' copies are part of every figure. A page is told
at most four times a second: a value that comes within 250 ms of another one of the same page waits for the rest of it.
"""

import asyncio
from collections.abc import Mapping, Sequence

from benchmarks.browser import Browser
from benchmarks.calm import PATIENCE
from benchmarks.fixture import THINGS_A_SITE, Fleet, populate
from benchmarks.installation import BenchmarkError, Installation, installed
from benchmarks.load import Load, load_process
from benchmarks.meter import CpuMeter, use_between
from benchmarks.probe import Probe, Watch, watch_the_bus
from benchmarks.report import Report, milliseconds
from maillage.kernel import clock
from maillage.lorawan.simulator.load import LoadPlan

PLAN = LoadPlan(devices=20_000, gateways=30, copies=3)
PROBES = Fleet(PLAN.devices, 200, "elsys-ers", "heating", 20)
PROBES_PER_S = 20.0
BACKGROUND_PER_S = (0, 1000, 3000)
WARMING_S = 5.0
LASTING_S = 30.0
_LAST_EVENTS_S = 3.0
_OPEN_WITHIN_S = 10.0


def run() -> Report:
    """One installation; one pair of rows a background load."""
    fleets = [Fleet(0, PLAN.devices, "elsys-ers", "heating", THINGS_A_SITE), PROBES]
    parts = ("lorawan", "telemetry", "command", "web")
    with (
        installed(lambda connection: populate(connection, PLAN, fleets), parts) as place,
        load_process(place, PLAN) as load,
    ):
        rows, facts = asyncio.run(_measure(place, load))
    return Report("latency", "From a gateway's datagram to the live event", rows, facts)


async def _measure(place: Installation, load: Load) -> tuple[list[Mapping[str, object]], dict[str, object]]:
    probe = Probe(place, PLAN, PROBES, PROBES_PER_S)
    bus, page = probe.watch(), probe.watch()
    stop = await watch_the_bus(place, bus, PROBES)
    streams = await _open_pages(place, page)
    rows: list[Mapping[str, object]] = []
    others: dict[str, object] = {}
    try:
        with place.database() as connection:
            meter = CpuMeter(place.pids, connection)
            for rate_per_s in BACKGROUND_PER_S:
                await asyncio.to_thread(PATIENCE.wait)
                await _with_load(load, rate_per_s, probe, WARMING_S)
                await asyncio.sleep(_LAST_EVENTS_S)
                bus.take(), page.take()
                before, started_s = meter.read(), clock.monotonic_s()
                await _with_load(load, rate_per_s, probe, LASTING_S)
                use, lasted_s = use_between(before, meter.read()), clock.monotonic_s() - started_s
                await asyncio.sleep(_LAST_EVENTS_S)
                rows += [_row(rate_per_s, "bus: live.observations", bus), _row(rate_per_s, "page: event stream", page)]
                others[f"at {rate_per_s}/s"] = round(use.others_s / lasted_s, 2)
    finally:
        for stream in streams:
            stream.cancel()
        await asyncio.gather(*streams, return_exceptions=True)
        probe.close()
        await stop()
    return rows, {"cores used by others": others}


async def _with_load(load: Load, rate_per_s: float, probe: Probe, duration_s: float) -> None:
    if rate_per_s:
        load.begin(rate_per_s, duration_s)
    await probe.run(duration_s)
    if rate_per_s:
        await asyncio.to_thread(load.finish)


async def _open_pages(place: Installation, watch: Watch) -> Sequence[asyncio.Task[None]]:
    """A page a commune of the probe's, all of one user."""
    browser = Browser(place.web_url)
    await asyncio.to_thread(browser.log_in)
    communes = sorted({PROBES.commune_of(index) for index in range(PROBES.first, PROBES.first + PROBES.count)})

    def told(event: str) -> None:
        kind, _, number = event.partition(".")
        if kind == "thing":
            watch.seen(int(number), clock.monotonic_s())

    opened = [asyncio.Event() for _ in communes]
    streams = [
        asyncio.create_task(browser.follow(f"/communes/{insee}/live/", told, is_open))
        for insee, is_open in zip(communes, opened, strict=True)
    ]
    try:
        async with asyncio.timeout(_OPEN_WITHIN_S):
            await asyncio.gather(*(is_open.wait() for is_open in opened))
    except TimeoutError:
        for stream in streams:
            if stream.done():
                stream.result()
        raise BenchmarkError("the live streams did not open") from None
    return streams


def _row(rate_per_s: float, listener: str, watch: Watch) -> Mapping[str, object]:
    latencies_s, untold = watch.take()
    return {"listener": listener, "background/s": rate_per_s, **milliseconds(latencies_s), "not told": untold}
