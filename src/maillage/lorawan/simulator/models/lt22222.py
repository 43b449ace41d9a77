"""Dragino LT-22222-L relay controller, class C. Byte format: Dragino, "LT Series LoRa IO Controller User Manual"."""

from collections.abc import Mapping
from struct import Struct

from maillage.lorawan.simulator.models.base import Payload, Surroundings, kept_period

_PORT = 2
_LAYOUT = Struct(">hhhhBBB")
_SUPPLY_V = 23.9
_RELAY_1, _RELAY_2, _INPUT_2, _INPUT_1 = 0x80, 0x40, 0x10, 0x08
_LT22222_MODE_1 = 0x41
_NO_ACTION = 0x11
_RELAY_BYTES = 3
_PERIOD_BYTES = 4
_POLL = b"\x08\xff"


class Lt22222:
    """Relay 1 holds the gate open while energised; input 1 is the gate's own contact, input 2 is free.

    It reports its state after every command that it carried out.
    """

    def __init__(self, period_s: float, kept: Mapping[str, float] | None = None) -> None:
        kept = kept or {}
        self.period_s = kept.get("period_s", period_s)
        self._factory_s = period_s
        self.relay_1 = bool(kept.get("relay_1", 0))
        self.relay_2 = bool(kept.get("relay_2", 0))

    @property
    def class_c(self) -> bool:
        return True

    def readings(self, around: Surroundings) -> dict[str, float]:  # noqa: ARG002 - it feels its wires only
        return {
            "relay_1": float(self.relay_1),
            "relay_2": float(self.relay_2),
            "digital_input_1": float(self.relay_1),
            "digital_input_2": 0.0,
            "digital_output_1": 1.0,
            "digital_output_2": 1.0,
            "analog_voltage_1": _SUPPLY_V,
            "analog_voltage_2": 0.0,
            "analog_current_1": 0.0,
            "analog_current_2": 0.0,
        }

    def uplink(self, around: Surroundings) -> Payload:  # noqa: ARG002
        status = self.relay_1 * (_RELAY_1 | _INPUT_1) | self.relay_2 * _RELAY_2
        return Payload(_PORT, _LAYOUT.pack(round(_SUPPLY_V * 1000), 0, 0, 0, status, 0xFF, _LT22222_MODE_1))

    def obey(self, f_port: int, data: bytes) -> bool:  # noqa: ARG002
        if data[:1] == b"\x03" and len(data) == _RELAY_BYTES:
            self.relay_1 = _switched(self.relay_1, data[1])
            self.relay_2 = _switched(self.relay_2, data[2])
            return True
        if data[:1] == b"\x01" and len(data) == _PERIOD_BYTES:
            self.period_s = float(max(5, int.from_bytes(data[1:], "big")))
            return True
        return data == _POLL

    def kept(self) -> Mapping[str, float]:
        return {
            **kept_period(self.period_s, self._factory_s),
            "relay_1": float(self.relay_1),
            "relay_2": float(self.relay_2),
        }


def _switched(before: bool, order: int) -> bool:  # noqa: FBT001 - a relay is on or off
    return before if order == _NO_ACTION else order == 1
