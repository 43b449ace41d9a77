"""Frequencies on the air: 24 bits, little-endian, in steps of 100 Hz (LoRaWAN L2 1.0.4, §5.4 and §5.6)."""

from maillage.lorawan.protocol.errors import FrameError, FrameReason, fits

STEP_HZ = 100


def write_frequency_hz(frequency_hz: int) -> bytes:
    """Three bytes; the frequency must be a multiple of 100 Hz."""
    steps, rest = divmod(frequency_hz, STEP_HZ)
    if rest:
        raise FrameError(FrameReason.FIELD_OUT_OF_RANGE, f"{frequency_hz} Hz is not a multiple of {STEP_HZ} Hz")
    return fits("frequency", steps, 24).to_bytes(3, "little")


def read_frequency_hz(data: bytes) -> int:
    return int.from_bytes(data, "little") * STEP_HZ
