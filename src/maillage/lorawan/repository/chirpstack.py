"""A checkout of ChirpStack's ``chirpstack-device-profiles`` (MIT).

``vendors/<id>/vendor.toml``; beside it ``devices/*.toml`` (each firmware names profiles and a codec),
``profiles/*.toml`` (one a region), ``codecs/*.js`` with examples in ``codecs/test_decode_*.json`` and
``test_encode_*.json``.
"""

from pathlib import PurePosixPath
from typing import Any

from maillage.lorawan.repository.building import Described, device_model, example, model_key, profile_id, strings
from maillage.lorawan.repository.files import BadFile, Files
from maillage.lorawan.repository.values import Checkout, Example, Found, Problem, Routine

SOURCE = "chirpstack"
FOLDER = "vendors"
_EXAMPLE_VENDOR = "example-vendor"
_TESTS: dict[str, Routine] = {"test_decode_": "decodeUplink", "test_encode_": "encodeDownlink"}
_HOME_REGION = "EU868"


def read_checkout(files: Files) -> Checkout:
    """Every device of every vendor but the example."""
    found: list[Found] = []
    problems: list[Problem] = []
    for vendor in files.names(FOLDER):
        folder = f"{FOLDER}/{vendor}"
        if vendor == _EXAMPLE_VENDOR or not files.has(f"{folder}/vendor.toml"):
            continue
        for name in files.names(f"{folder}/devices", ".toml"):
            path = f"{folder}/devices/{name}"
            try:
                found.append(_found(files, folder, path))
            except BadFile as error:
                problems.append(Problem(error.path, error.reason))
            except (TypeError, ValueError, AttributeError, KeyError) as error:
                problems.append(Problem(path, f"is not as the format wants it: {error!r}"))
    return Checkout(SOURCE, tuple(found), tuple(problems))


def _found(files: Files, folder: str, path: str) -> Found:
    vendor = files.toml(f"{folder}/vendor.toml")["vendor"]
    said = files.toml(path)["device"]
    firmware = (said.get("firmware") or [{}])[-1]
    profiles = [files.toml(f"{folder}/profiles/{name}")["profile"] for name in firmware.get("profiles") or []]
    if not profiles:
        raise BadFile(path, "names no profile")
    profiles.sort(key=lambda profile: profile.get("region") != _HOME_REGION)
    codec = firmware.get("codec") or ""
    home, metadata = profiles[0], said.get("metadata") or {}
    described = Described(
        key=model_key(SOURCE, PurePosixPath(folder).name, PurePosixPath(path).stem),
        vendor=str(vendor.get("name") or PurePosixPath(folder).name),
        name=str(said["name"]),
        documentation=str(metadata.get("product_url") or metadata.get("documentation_url") or ""),
        lorawan_version=str(home.get("mac_version") or ""),
        regional_parameters=str(home.get("reg_params_revision") or ""),
        supports_class_c=bool(home.get("supports_class_c")),
        supports_join=bool(home.get("supports_otaa")),
        regions=strings([profile.get("region") for profile in profiles]),
        profile_ids=_profile_ids(vendor, profiles),
        measures={},
        codec_source=files.text(f"{folder}/codecs/{codec}") if codec else "",
    )
    return Found(device_model(path, described), _examples(files, folder, codec))


def _profile_ids(vendor: dict[str, Any], profiles: list[dict[str, Any]]) -> tuple[str, ...]:
    return strings([profile_id(vendor.get("vendor_id"), profile.get("vendor_profile_id")) for profile in profiles])


def _examples(files: Files, folder: str, codec: str) -> tuple[Example, ...]:
    """Some files hold hexadecimal numbers, which JSON has not: YAML reads both."""
    found: list[Example] = []
    for prefix, routine in _TESTS.items():
        path = f"{folder}/codecs/{prefix}{PurePosixPath(codec).stem}.json"
        if codec and files.has(path):
            found += [example(path, routine, entry, "expected") for entry in files.yaml_value(path) or []]
    return tuple(found)
