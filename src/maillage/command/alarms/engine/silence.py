"""What is silent and why: a gateway that is off explains the devices that only it heard.

One alarm a cause and organisation, however many devices are behind it; what cannot be judged yet is left as it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

DEVICE, GATEWAY, NETWORK = "device_silent", "gateway_silent", "network_silent"
GATEWAY_SILENT_AFTER = timedelta(minutes=5)
Key = tuple[int, str]
"""Organisation id and the alarm's key."""


@dataclass(frozen=True, slots=True)
class Device:
    """A device that has missed its rhythm: ``patience`` has passed since ``last_seen_at``."""

    dev_eui: str
    organisation_id: int
    name: str
    last_seen_at: datetime
    patience: timedelta
    gateways: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Gateway:
    """A gateway that was heard at least once."""

    eui: str
    organisation_id: int
    name: str
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """A cause. ``explains``: how many of the organisation's devices (the gateway's owner: of all) are silent by it."""

    code: str
    label: str
    severity: str
    since: datetime
    gateway_eui: str = ""
    dev_eui: str = ""
    explains: int = 0
    rhythm: timedelta = timedelta(0)


@dataclass(slots=True)
class Findings:
    """``explained``: devices' keys with the label of what explains them. ``undecided``: neither silent nor well yet."""

    wanted: dict[Key, Found] = field(default_factory=dict)
    explained: dict[Key, str] = field(default_factory=dict)
    undecided: set[Key] = field(default_factory=set)


def device_key(dev_eui: str) -> str:
    """The cause of a device's own alarm."""
    return f"{DEVICE}:{dev_eui}"


def examine(
    devices: Sequence[Device],
    gateways: Sequence[Gateway],
    back_since: Mapping[str, datetime],
    watching_since: datetime,
    now: datetime,
) -> Findings:
    """The causes of the moment.

    ``back_since``: gateways that were silent and are heard again since: what they hear gets its time to speak.
    ``watching_since``: before it nobody listened, and nothing could be heard.
    """
    silent = {one.eui: one for one in gateways if now - one.last_seen_at > GATEWAY_SILENT_AFTER}
    findings = Findings()
    everything = len(silent) == len(gateways) > 1
    for device in devices:
        key = (device.organisation_id, device_key(device.dev_eui))
        cause = _gateway_of(device, silent)
        if everything or cause is not None:
            findings.explained[key] = cause.name if cause and not everything else ""
            _count(findings, device, None if everything else cause, silent)
        elif _may_still_speak(device, back_since, watching_since, now):
            findings.undecided.add(key)
        else:
            findings.wanted[key] = _device(device)
    _add_owners(findings, silent, everything=everything)
    return findings


def _gateway_of(device: Device, silent: Mapping[str, Gateway]) -> Gateway | None:
    """The gateway whose silence explains the device's: all that heard it are silent, and were before it was missed."""
    if not device.gateways or not all(eui in silent for eui in device.gateways):
        return None
    last = max((silent[eui] for eui in device.gateways), key=lambda one: one.last_seen_at)
    return last if device.last_seen_at + device.patience >= last.last_seen_at else None


def _may_still_speak(
    device: Device, back_since: Mapping[str, datetime], watching_since: datetime, now: datetime
) -> bool:
    heard_from = max([watching_since, *(back_since[eui] for eui in device.gateways if eui in back_since)])
    return max(device.last_seen_at, heard_from) + device.patience > now


def _count(findings: Findings, device: Device, cause: Gateway | None, silent: Mapping[str, Gateway]) -> None:
    """One more behind this cause, for its organisation and for the gateway's owner."""
    if cause is None:
        since = max(one.last_seen_at for one in silent.values())
        _more(findings, (device.organisation_id, NETWORK), Found(NETWORK, "", "critical", since))
        return
    found = Found(GATEWAY, cause.name, "warning", cause.last_seen_at, cause.eui)
    for organisation_id in {device.organisation_id, cause.organisation_id}:
        _more(findings, (organisation_id, f"{GATEWAY}:{cause.eui}"), found)


def _more(findings: Findings, key: Key, found: Found) -> None:
    before = findings.wanted.get(key, found)
    findings.wanted[key] = Found(
        found.code, found.label, found.severity, found.since, found.gateway_eui, explains=before.explains + 1
    )


def _add_owners(findings: Findings, silent: Mapping[str, Gateway], *, everything: bool) -> None:
    """Whoever runs a gateway is told whatever it explains, and that it is urgent."""
    for one in silent.values():
        key = (one.organisation_id, NETWORK if everything else f"{GATEWAY}:{one.eui}")
        known = findings.wanted.get(key)
        since = max(other.last_seen_at for other in silent.values()) if everything else one.last_seen_at
        code, label, eui = (NETWORK, "", "") if everything else (GATEWAY, one.name, one.eui)
        explains = known.explains if known else 0
        findings.wanted[key] = Found(code, label, "critical", since, eui, explains=explains)


def _device(device: Device) -> Found:
    rhythm = device.patience / 3
    since = device.last_seen_at + device.patience
    return Found(DEVICE, device.name, "warning", since, dev_eui=device.dev_eui, rhythm=rhythm)
