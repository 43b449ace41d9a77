"""Events in the schema of ChirpStack v4's integrations, so that tools made for it work unchanged. Pure.

Source: ChirpStack documentation, "Integrations → Event types", and the fields of its ``integration.proto``. JSON names
are those of the Protocol Buffers mapping; bytes are base64, identifiers hexadecimal, instants RFC 3339. Where that
mapping leaves out a field at its default value, it is written here all the same: every reader of the mapping takes it.

``location`` and ``integration`` events exist in the schema and are never made: nothing here resolves a position.
"""

import uuid
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

import msgspec

from maillage.lorawan.protocol.mac.dev_status import BATTERY_UNKNOWN, EXTERNAL_POWER, DevStatusAns
from maillage.lorawan.regions.data_rate import DataRate, FskDataRate, LoRaDataRate

_NAMES = uuid.UUID("6f1e5a0a-0c5e-5d0b-9a41-4d61696c6c61")
_UINT32 = 0xFFFFFFFF
_ENCODER = msgspec.json.Encoder()
Json = dict[str, Any]


class EventType(StrEnum):
    """The last word of a topic."""

    UP = "up"
    JOIN = "join"
    ACK = "ack"
    TXACK = "txack"
    LOG = "log"
    STATUS = "status"


class LogLevel(StrEnum):
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"


class LogCode(StrEnum):
    """Those of ChirpStack's that can happen here."""

    UNKNOWN = "UNKNOWN"
    DOWNLINK_PAYLOAD_SIZE = "DOWNLINK_PAYLOAD_SIZE"
    UPLINK_CODEC = "UPLINK_CODEC"
    DOWNLINK_CODEC = "DOWNLINK_CODEC"
    DOWNLINK_GATEWAY = "DOWNLINK_GATEWAY"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """Whose device it is. ``device_class`` is ``A``, ``B`` or ``C``."""

    organisation_id: int
    organisation_name: str
    application_id: str
    application_name: str
    model_key: str
    model_name: str
    device_name: str
    dev_eui: str
    device_class: str = "A"


@dataclass(frozen=True, slots=True)
class Heard:
    """How one gateway heard an uplink."""

    gateway_eui: str
    rssi_dbm: float
    snr_db: float


@dataclass(frozen=True, slots=True)
class UplinkFacts:
    """An accepted uplink. ``f_port`` and ``payload`` None: it carried none; ``decoded`` None: no decoder's data."""

    frame_id: int
    at: datetime
    dev_addr: int
    adr: bool
    data_rate_index: int
    f_cnt: int
    f_port: int | None
    confirmed: bool
    payload: bytes | None
    decoded: Mapping[str, Any] | None
    heard: Sequence[Heard]
    frequency_hz: int
    data_rate: DataRate | None


@dataclass(frozen=True, slots=True)
class SentFacts:
    """A downlink that left. ``data_rate`` and ``frequency_hz`` None: the frame is not in the log any more."""

    downlink_id: str
    at: datetime
    f_cnt_down: int
    gateway_eui: str
    frequency_hz: int | None = None
    data_rate: DataRate | None = None
    power_dbm: int | None = None


def topic(application_id: str, dev_eui: str, event_type: str) -> str:
    """The MQTT topic of an event."""
    return f"application/{application_id}/device/{dev_eui}/event/{event_type}"


def encoded(event: Json) -> str:
    """The JSON text of an event."""
    return _ENCODER.encode(event).decode()


def up(info: DeviceInfo, uplink: UplinkFacts) -> Json:
    """``UplinkEvent``."""
    event = _head(info, uplink.at, f"up:{uplink.frame_id}") | {
        "devAddr": f"{uplink.dev_addr:08x}",
        "adr": uplink.adr,
        "dr": uplink.data_rate_index,
        "fCnt": uplink.f_cnt,
        "confirmed": uplink.confirmed,
        "rxInfo": [_rx_info(heard, uplink.frame_id) for heard in uplink.heard],
        "txInfo": _tx_info(uplink.frequency_hz, uplink.data_rate),
    }
    if uplink.f_port is not None:
        event["fPort"] = uplink.f_port
    if uplink.payload is not None:
        event["data"] = _base64(uplink.payload)
    if uplink.decoded is not None:
        event["object"] = dict(uplink.decoded)
    return event


def join(info: DeviceInfo, at: datetime, dev_addr: int) -> Json:
    """``JoinEvent``; as there, given with the first uplink after the join."""
    return _head(info, at, f"join:{info.dev_eui}:{_instant(at)}") | {"devAddr": f"{dev_addr:08x}"}


def status(info: DeviceInfo, at: datetime, battery: int, margin_db: int) -> Json:
    """``StatusEvent``; ``battery`` 0..255 as in DevStatusAns."""
    percent = DevStatusAns(battery, margin_db).battery_percent
    return _head(info, at, f"status:{info.dev_eui}:{_instant(at)}") | {
        "margin": margin_db,
        "externalPowerSource": battery == EXTERNAL_POWER,
        "batteryLevelUnavailable": battery == BATTERY_UNKNOWN,
        "batteryLevel": round(percent, 2) if percent is not None else 0.0,
    }


def ack(info: DeviceInfo, at: datetime, downlink_id: str, f_cnt_down: int, *, acknowledged: bool) -> Json:
    """``AckEvent``: a confirmed downlink has been acknowledged, or given up without."""
    return _head(info, at, f"ack:{downlink_id}:{_instant(at)}") | {
        "queueItemId": downlink_id,
        "acknowledged": acknowledged,
        "fCntDown": f_cnt_down,
    }


def txack(info: DeviceInfo, sent: SentFacts) -> Json:
    """``TxAckEvent``: a gateway has been given the downlink to transmit."""
    event: Json = {
        "downlinkId": uuid.UUID(sent.downlink_id).int & _UINT32,
        "time": _instant(sent.at),
        "deviceInfo": _device_info(info),
        "queueItemId": sent.downlink_id,
        "fCntDown": sent.f_cnt_down,
        "gatewayId": sent.gateway_eui,
    }
    if sent.frequency_hz is not None:
        event["txInfo"] = _tx_info(sent.frequency_hz, sent.data_rate, inverted=True)
        if sent.power_dbm is not None:
            event["txInfo"]["power"] = sent.power_dbm
    return event


def log(
    info: DeviceInfo,
    at: datetime,
    level: LogLevel,
    code: LogCode,
    description: str,
    context: Mapping[str, str] | None = None,
) -> Json:
    """``LogEvent``; ``context`` names what it is about, such as ``queue_item_id``."""
    return {
        "time": _instant(at),
        "deviceInfo": _device_info(info),
        "level": level.value,
        "code": code.value,
        "description": description,
        "context": dict(context or {}),
    }


def _head(info: DeviceInfo, at: datetime, source: str) -> Json:
    """The same news always has the same deduplication id."""
    return {
        "deduplicationId": str(uuid.uuid5(_NAMES, source)),
        "time": _instant(at),
        "deviceInfo": _device_info(info),
    }


def _device_info(info: DeviceInfo) -> Json:
    return {
        "tenantId": str(uuid.uuid5(_NAMES, f"organisation:{info.organisation_id}")),
        "tenantName": info.organisation_name,
        "applicationId": info.application_id,
        "applicationName": info.application_name,
        "deviceProfileId": str(uuid.uuid5(_NAMES, f"model:{info.model_key}")),
        "deviceProfileName": info.model_name,
        "deviceName": info.device_name,
        "devEui": info.dev_eui,
        "deviceClassEnabled": f"CLASS_{info.device_class}",
        "tags": {},
    }


def _rx_info(heard: Heard, frame_id: int) -> Json:
    return {
        "gatewayId": heard.gateway_eui,
        "uplinkId": frame_id & _UINT32,
        "rssi": round(heard.rssi_dbm),
        "snr": heard.snr_db,
        "crcStatus": "CRC_OK",
    }


def _tx_info(frequency_hz: int, data_rate: DataRate | None, *, inverted: bool = False) -> Json:
    info: Json = {"frequency": frequency_hz}
    if isinstance(data_rate, LoRaDataRate):
        modulation: Json = {
            "bandwidth": data_rate.bandwidth_hz,
            "spreadingFactor": data_rate.spreading_factor,
            "codeRate": "CR_4_5",
        }
        if inverted:
            modulation["polarizationInversion"] = True
        info["modulation"] = {"lora": modulation}
    elif isinstance(data_rate, FskDataRate):
        info["modulation"] = {"fsk": {"datarate": data_rate.bit_rate_bps}}
    elif data_rate is not None:
        info["modulation"] = {"lrFhss": {"operatingChannelWidth": data_rate.channel_width_hz}}
    return info


def _base64(payload: bytes) -> str:
    return b64encode(payload).decode()


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
