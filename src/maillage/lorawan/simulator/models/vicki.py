"""MClimate Vicki radiator valve. Byte format: MClimate, "Vicki LoRaWAN Device communication protocol"."""

from collections.abc import Callable, Mapping

from maillage.lorawan.simulator.models.base import Payload, Surroundings, clamp, kept_period
from maillage.lorawan.simulator.physics.valve import Motor, opening_for

_KEEPALIVE = 0x81  # firmware 3.5 and later
_TARGET_MIN_C, _TARGET_MAX_C = 5, 30
_BATTERY_BASE_V, _BATTERY_STEP_V = 2.0, 0.1
_CHILD_LOCK = 0x80
_PERCEIVES_ONLINE = 0x10
_BACKPLATE = 0x20
_HARDWARE_SOFTWARE = b"\x26\x44"  # hardware 2.6, software 4.4
_REQUEST_BYTES = {0x02: 1, 0x04: 0, 0x07: 1, 0x0E: 1, 0x12: 0, 0x14: 0, 0x51: 2}


class Vicki:
    """Regulates on its own sensor; a command is answered by a keep-alive at once when ``reports_at_once``.

    The maker's default waits for the next keep-alive; firmware 4.x can be told to answer a command straight away.
    """

    def __init__(
        self,
        period_s: float,
        kept: Mapping[str, float] | None = None,
        *,
        battery_v: float = 3.5,
        reports_at_once: bool = True,
    ) -> None:
        kept = kept or {}
        self.period_s = kept.get("period_s", period_s)
        self._factory_s = period_s
        self.target_c = kept.get("target_c", 19.0)
        self.child_lock = bool(kept.get("child_lock", 0))
        self.motor = Motor()
        self._battery_v = battery_v
        self._reports_at_once = reports_at_once
        self._answers = b""
        self._requests: dict[int, Callable[[bytes], None]] = {
            0x02: self._set_keep_alive,
            0x04: lambda _: self._answer(b"\x04" + _HARDWARE_SOFTWARE),
            0x07: self._set_child_lock,
            0x0E: lambda argument: self._set_target(float(argument[0])),
            0x12: lambda _: self._answer(bytes((0x12, clamp(self.period_s / 60, 1, 255)))),
            0x14: lambda _: self._answer(bytes((0x14, self.child_lock))),
            0x51: lambda argument: self._set_target(int.from_bytes(argument, "big") / 10),
        }

    @property
    def class_c(self) -> bool:
        return False

    def opening(self, air_c: float) -> float:
        """How far the valve is open at that air temperature, in whole motor steps."""
        return self.motor.opening(self.motor.position(opening_for(self.target_c, air_c)))

    def readings(self, around: Surroundings) -> dict[str, float]:
        return {
            "target_temperature": float(round(self.target_c)),
            "air_temperature": around.air_c,
            "relative_humidity": around.relative_humidity_percent,
            "valve_opening": 100 * self.opening(around.air_c),
            "battery_voltage": self._battery_v,
            "open_window": 0.0,
            "child_lock": float(self.child_lock),
        }

    def uplink(self, around: Surroundings) -> Payload:
        position, travel = self.motor.position(self.opening(around.air_c)), self.motor.range_steps
        answers, self._answers = self._answers, b""
        keepalive = bytes(
            (
                _KEEPALIVE,
                round(self.target_c),
                clamp(around.air_c * 5.66666 + 28.33333, 0, 255),
                clamp(around.relative_humidity_percent * 2.56, 0, 255),
                position & 0xFF,
                travel & 0xFF,
                position >> 8 << 4 | travel >> 8,
                clamp((self._battery_v - _BATTERY_BASE_V) / _BATTERY_STEP_V, 0, 15) << 4,
                self.child_lock * _CHILD_LOCK | _BACKPLATE | _PERCEIVES_ONLINE,
            )
        )
        return Payload(2, answers + keepalive)

    def obey(self, f_port: int, data: bytes) -> bool:  # noqa: ARG002 - the Vicki takes commands on any port
        at, understood = 0, False
        while at < len(data) and (size := _REQUEST_BYTES.get(data[at])) is not None:
            if at + 1 + size > len(data):
                break
            self._requests[data[at]](data[at + 1 : at + 1 + size])
            at, understood = at + 1 + size, True
        return understood and self._reports_at_once

    def kept(self) -> Mapping[str, float]:
        return {
            **kept_period(self.period_s, self._factory_s),
            "target_c": self.target_c,
            "child_lock": float(self.child_lock),
        }

    def _set_target(self, target_c: float) -> None:
        if _TARGET_MIN_C <= target_c <= _TARGET_MAX_C:
            self.target_c = target_c

    def _set_keep_alive(self, argument: bytes) -> None:
        if argument[0]:
            self.period_s = 60.0 * argument[0]

    def _set_child_lock(self, argument: bytes) -> None:
        self.child_lock = argument[0] == 1

    def _answer(self, answer: bytes) -> None:
        self._answers += answer
