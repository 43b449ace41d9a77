"""Shorthands with which the regions' tables are written."""

from maillage.lorawan.regions.data_rate import LoRaDataRate
from maillage.lorawan.regions.region import MaxPayload

_FHDR_AND_PORT_BYTES = 8


def lora(factors: tuple[int, ...], bandwidth_hz: int) -> tuple[LoRaDataRate, ...]:
    return tuple(LoRaDataRate(factor, bandwidth_hz) for factor in factors)


def payloads(*mac_payload_bytes: int) -> tuple[MaxPayload, ...]:
    """One a data rate, by M; N is eight bytes less (FHDR without FOpts, FPort). 0 where nothing may be sent."""
    return tuple(MaxPayload(size, max(size - _FHDR_AND_PORT_BYTES, 0)) for size in mac_payload_bytes)


def powers(max_eirp_dbm: int, count: int) -> tuple[int, ...]:
    """Steps of 2 dB down from the maximum."""
    return tuple(max_eirp_dbm - 2 * index for index in range(count))
