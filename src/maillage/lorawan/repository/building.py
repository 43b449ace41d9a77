"""One way for every repository to make a device model of what it says, or to say why it cannot."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from maillage.lorawan.codecs.model import DeviceModel, Measure
from maillage.lorawan.repository.files import BadFile
from maillage.lorawan.repository.values import Example, Routine

VERSIONS = ("1.0.2", "1.0.3", "1.0.4", "1.1")
KEY_CHARACTERS = 64
UPLINK_PERIOD_S = 3600
_KEY = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Described:
    """What a repository says of a device, whatever its format."""

    key: str
    vendor: str
    name: str
    documentation: str
    lorawan_version: str
    regional_parameters: str
    supports_class_c: bool
    supports_join: bool
    regions: tuple[str, ...]
    profile_ids: tuple[str, ...]
    measures: Mapping[str, Measure]
    codec_source: str


def device_model(path: str, said: Described) -> DeviceModel:
    """Raises ``BadFile`` for what this network does not serve."""
    if said.lorawan_version not in VERSIONS:
        raise BadFile(path, f"LoRaWAN {said.lorawan_version or '?'} is not served ({', '.join(VERSIONS)})")
    if not said.supports_join:
        raise BadFile(path, "the device cannot join (ABP only)")
    if not said.codec_source:
        raise BadFile(path, "there is no codec")
    return DeviceModel(
        key=said.key,
        vendor=said.vendor,
        name=said.name,
        category="sensor",
        icon="cpu",
        documentation=said.documentation,
        lorawan_version=said.lorawan_version,
        regional_parameters=said.regional_parameters or "?",
        device_class="C" if said.supports_class_c else "A",
        dev_nonce_is_counter=said.lorawan_version in {"1.0.4", "1.1"},
        uplink_period_s=UPLINK_PERIOD_S,
        measures=MappingProxyType({measure.quantity: measure for measure in said.measures.values()}),
        verbs=MappingProxyType({}),
        codec_source=said.codec_source,
        regions=said.regions,
        profile_ids=said.profile_ids,
    )


def model_key(*parts: str) -> str:
    """A folder name of letters, digits and dashes."""
    return "-".join(_KEY.sub("-", part.lower()).strip("-") for part in parts)[:KEY_CHARACTERS]


def profile_id(vendor_id: Any, vendor_profile_id: Any) -> str:  # noqa: ANN401 - as the file says it
    """The ProfileID of TR005, as a label has it; "" when the repository does not know both halves."""
    halves = (vendor_id, vendor_profile_id)
    if not all(isinstance(half, int) and 0 < half <= 0xFFFF for half in halves):  # noqa: PLR2004 - 16 bits
        return ""
    return f"{vendor_id:04X}{vendor_profile_id:04X}"


def example(path: str, routine: Routine, said: Any, expected: str) -> Example:  # noqa: ANN401 - as the file says it
    """One example of a file, its result under the name ``expected``. Raises ``BadFile``."""
    if (
        not isinstance(said, dict)
        or not isinstance(said.get("input"), dict)
        or not isinstance(said.get(expected), dict)
    ):
        raise BadFile(path, f"an example of {routine} has no input, or no {expected}")
    described = said.get("description") or said.get("name") or ""
    return Example(routine, str(described), said["input"], said[expected])


def first(*values: str) -> str:
    """The first that says something."""
    return next((value for value in values if value), "")


def strings(values: Sequence[object]) -> tuple[str, ...]:
    """Without repetition, in their order."""
    return tuple(dict.fromkeys(str(value) for value in values if value))
