"""Asks machines for their registers by Modbus TCP, each at its own rhythm."""

import asyncio
import logging
import math

from pymodbus import ModbusException
from pymodbus.client import AsyncModbusTcpClient

from maillage.kernel import clock
from maillage.telemetry.agent.sending import Sender
from maillage.telemetry.agent.settings import Machine, Point, Settings
from maillage.telemetry.agent.store import Buffer

_LOG = logging.getLogger(__name__)


async def run(settings: Settings) -> None:
    """Read, keep and send until cancelled."""
    token = settings.token_file.read_text(encoding="utf-8").strip()
    buffer = Buffer(settings.buffer, settings.most_values)
    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_keep_sending(settings, token))
            for machine in settings.machines:
                tasks.create_task(_keep_reading(machine, buffer))
    finally:
        buffer.close()


async def read_once(machine: Machine) -> list[tuple[int, float]]:
    """(datastream_id, value) of every point that answers. What was not read is a gap, never the value before."""
    client = AsyncModbusTcpClient(machine.host, port=machine.port, timeout=machine.timeout_s, retries=1)
    try:
        if not await client.connect():
            _LOG.warning("%s:%d does not answer", machine.host, machine.port)
            return []
        read = [(point.datastream_id, await _read(client, machine, point)) for point in machine.points]
    finally:
        client.close()
    return [(datastream_id, value) for datastream_id, value in read if value is not None]


async def _read(client: AsyncModbusTcpClient, machine: Machine, point: Point) -> float | None:
    kind = client.DATATYPE[point.type.upper()]
    ask = client.read_holding_registers if point.table == "holding" else client.read_input_registers
    try:
        answer = await ask(point.address, count=kind.value[1], device_id=machine.device_id)
    except ModbusException as problem:
        _LOG.warning("%s: register %d cannot be read: %s", machine.host, point.address, problem)
        return None
    if answer.isError():
        _LOG.warning("%s: register %d is refused: %s", machine.host, point.address, answer)
        return None
    number = client.convert_from_registers(answer.registers, kind, word_order=point.word_order)
    if not isinstance(number, int | float) or not math.isfinite(number):
        _LOG.warning("%s: register %d holds no number", machine.host, point.address)
        return None
    return number * point.scale + point.offset


async def _keep_reading(machine: Machine, buffer: Buffer) -> None:
    """On a grid of its period from the start, so that slow answers do not add up."""
    due_s = clock.monotonic_s()
    while True:
        at = clock.now()
        values = await read_once(machine)
        if values:
            before = buffer.dropped
            buffer.put(at, values)
            if buffer.dropped > before:
                _LOG.error("the buffer is full: %d values are lost since the start", buffer.dropped)
        due_s += machine.period_s * max(1, math.ceil((clock.monotonic_s() - due_s) / machine.period_s))
        await asyncio.sleep(max(0.0, due_s - clock.monotonic_s()))


async def _keep_sending(settings: Settings, token: str) -> None:
    """In a thread, with a connection of its own to the buffer: a slow link must not delay a reading."""

    def send() -> None:
        buffer = Buffer(settings.buffer, settings.most_values)
        try:
            Sender(settings.server, token, buffer).send()
        finally:
            buffer.close()

    while True:
        await asyncio.to_thread(send)
        await asyncio.sleep(settings.send_every_s)
