"""Over-the-air activation: JoinAccept content, DevNonce rules. Source: LoRaWAN L2 1.0.4, §6.2."""

from collections.abc import Container
from dataclasses import dataclass
from enum import StrEnum

from maillage.lorawan.protocol.dl_settings import DLSettings
from maillage.lorawan.protocol.errors import FrameError, FrameReason, fits
from maillage.lorawan.protocol.frequency import read_frequency_hz, write_frequency_hz

_FIXED_BYTES = 12
_CF_LIST_BYTES = 16
_CF_LIST_CHANNELS = 5
_CF_LIST_FREQUENCIES = 0
_CF_LIST_MASKS = 1
_CF_LIST_MASKS_MAX = 7
_RX_DELAY_MASK = 0x0F


@dataclass(frozen=True, slots=True)
class JoinAcceptContent:
    """What a device learns from a join. ``rx_delay_s`` 1..15; ``cf_list`` is empty or 16 bytes, by region."""

    join_nonce: int
    net_id: int
    dev_addr: int
    dl_settings: DLSettings
    rx_delay_s: int = 1
    cf_list: bytes = b""

    def encode(self) -> bytes:
        """12 or 28 bytes, before MIC and encryption."""
        if len(self.cf_list) not in (0, _CF_LIST_BYTES):
            raise FrameError(FrameReason.WRONG_LENGTH, f"CFList of {len(self.cf_list)} bytes")
        return (
            fits("JoinNonce", self.join_nonce, 24).to_bytes(3, "little")
            + fits("NetID", self.net_id, 24).to_bytes(3, "little")
            + fits("DevAddr", self.dev_addr, 32).to_bytes(4, "little")
            + bytes((self.dl_settings.encode(), fits("RxDelay", self.rx_delay_s, 4)))
            + self.cf_list
        )

    @classmethod
    def decode(cls, data: bytes) -> "JoinAcceptContent":
        """Inverse of :meth:`encode`; a delay of 0 means one second (§5.7)."""
        if len(data) not in (_FIXED_BYTES, _FIXED_BYTES + _CF_LIST_BYTES):
            raise FrameError(FrameReason.WRONG_LENGTH, f"JoinAccept content of {len(data)} bytes")
        return cls(
            int.from_bytes(data[0:3], "little"),
            int.from_bytes(data[3:6], "little"),
            int.from_bytes(data[6:10], "little"),
            DLSettings.decode(data[10]),
            data[11] & _RX_DELAY_MASK or 1,
            data[_FIXED_BYTES:],
        )


def encode_cf_list(frequencies_hz: tuple[int, ...]) -> bytes:
    """A CFList of type 0: up to five further channels, absent ones 0 (RP002-1.0.4, §2.4.4)."""
    if len(frequencies_hz) > _CF_LIST_CHANNELS:
        raise FrameError(FrameReason.FIELD_OUT_OF_RANGE, f"{len(frequencies_hz)} channels in a CFList of five")
    padded = frequencies_hz + (0,) * (_CF_LIST_CHANNELS - len(frequencies_hz))
    return b"".join(write_frequency_hz(hz) for hz in padded) + bytes((_CF_LIST_FREQUENCIES,))


def decode_cf_list(cf_list: bytes) -> tuple[int, ...]:
    """Frequencies in Hz of a type 0 list, without unused slots; none from any other list."""
    if len(cf_list) != _CF_LIST_BYTES or cf_list[-1] != _CF_LIST_FREQUENCIES:
        return ()
    found = (read_frequency_hz(cf_list[at : at + 3]) for at in range(0, 3 * _CF_LIST_CHANNELS, 3))
    return tuple(hz for hz in found if hz)


def encode_channel_masks(masks: tuple[int, ...]) -> bytes:
    """A CFList of type 1: sixteen channels a mask, the first channel in the lowest bit (RP002-1.0.4, §2.5.4)."""
    if len(masks) > _CF_LIST_MASKS_MAX:
        raise FrameError(FrameReason.FIELD_OUT_OF_RANGE, f"{len(masks)} masks in a CFList of seven")
    written = b"".join(fits("ChMask", mask, 16).to_bytes(2, "little") for mask in masks)
    return written.ljust(_CF_LIST_BYTES - 1, b"\0") + bytes((_CF_LIST_MASKS,))


def decode_channel_masks(cf_list: bytes) -> tuple[int, ...]:
    """The seven masks of a type 1 list, unused ones 0; none from any other list."""
    if len(cf_list) != _CF_LIST_BYTES or cf_list[-1] != _CF_LIST_MASKS:
        return ()
    return tuple(int.from_bytes(cf_list[at : at + 2], "little") for at in range(0, 2 * _CF_LIST_MASKS_MAX, 2))


class DevNonceVerdict(StrEnum):
    FRESH = "fresh"
    REUSED = "reused"
    NOT_INCREASING = "not_increasing"


def judge_increasing_dev_nonce(dev_nonce: int, last: int | None) -> DevNonceVerdict:
    """1.0.4: a counter that never goes back nor repeats; ``last`` is the greatest accepted so far."""
    if last is None or dev_nonce > last:
        return DevNonceVerdict.FRESH
    return DevNonceVerdict.REUSED if dev_nonce == last else DevNonceVerdict.NOT_INCREASING


def judge_random_dev_nonce(dev_nonce: int, used: Container[int]) -> DevNonceVerdict:
    """1.0.3 and before: a random value that this device never used with this JoinEUI."""
    return DevNonceVerdict.REUSED if dev_nonce in used else DevNonceVerdict.FRESH
