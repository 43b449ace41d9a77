"""A checkout of TheThingsNetwork's ``lorawan-devices``, in its format of 2022 (the Apache-2.0 state).

``vendor/index.yaml`` names the vendors, ``vendor/<id>/index.yaml`` their devices, which name profiles (by region) and
codecs. Of several firmware versions the newest counts, of several regions' codecs the first one's.
"""

from collections.abc import Iterator
from typing import Any

from maillage.lorawan.codecs.model import Measure
from maillage.lorawan.repository.building import Described, device_model, example, model_key, profile_id, strings
from maillage.lorawan.repository.files import BadFile, Files
from maillage.lorawan.repository.measures import adapted, measures_in
from maillage.lorawan.repository.values import Checkout, Example, Found, Problem, Routine

SOURCE = "ttn"
INDEX = "vendor/index.yaml"
_ROUTINES: dict[str, Routine] = {
    "uplinkDecoder": "decodeUplink",
    "downlinkEncoder": "encodeDownlink",
    "downlinkDecoder": "decodeDownlink",
}
_HOME_REGION = "EU863-870"


def read_checkout(files: Files) -> Checkout:
    """Every device of every vendor. Raises ``BadFile`` when the index of vendors cannot be read."""
    found: list[Found] = []
    problems: list[Problem] = []
    for vendor in files.yaml(INDEX).get("vendors") or []:
        for path, device in _devices(files, vendor, problems):
            try:
                found.append(_found(files, path, vendor, device))
            except BadFile as error:
                problems.append(Problem(error.path, error.reason))
            except (TypeError, ValueError, AttributeError, KeyError) as error:
                problems.append(Problem(path, f"is not as the format wants it: {error!r}"))
    return Checkout(SOURCE, tuple(found), tuple(problems))


def _devices(files: Files, vendor: dict[str, Any], problems: list[Problem]) -> Iterator[tuple[str, str]]:
    folder = f"vendor/{vendor['id']}"
    if not files.has(f"{folder}/index.yaml"):
        return  # vendors without devices have no folder
    try:
        names = files.yaml(f"{folder}/index.yaml").get("endDevices") or []
    except BadFile as error:
        problems.append(Problem(error.path, error.reason))
        return
    yield from ((f"{folder}/{name}.yaml", str(name)) for name in names)


def _found(files: Files, path: str, vendor: dict[str, Any], device: str) -> Found:
    said = files.yaml(path)
    profiles = _profiles(path, said)
    region, chosen = next(iter(profiles.items()))
    folder = f"vendor/{vendor['id']}"
    profile = files.yaml(f"vendor/{chosen.get('vendorID') or vendor['id']}/{chosen['id']}.yaml")
    source, measures, examples = _codec(files, folder, path, chosen.get("codec"))
    described = Described(
        key=model_key(SOURCE, str(vendor["id"]), device),
        vendor=str(vendor.get("name") or vendor["id"]),
        name=str(said.get("name") or device),
        documentation=str(said.get("productURL") or said.get("dataSheetURL") or ""),
        lorawan_version=str(profile.get("macVersion") or ""),
        regional_parameters=str(profile.get("regionalParametersVersion") or ""),
        supports_class_c=bool(profile.get("supportsClassC")),
        supports_join=bool(profile.get("supportsJoin")),
        regions=strings([region, *profiles]),
        profile_ids=_profile_ids(files, folder, vendor, device, profile),
        measures=measures,
        codec_source=source,
    )
    return Found(device_model(path, described), examples)


def _profiles(path: str, said: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """By region, ours first; of the newest firmware."""
    versions = said.get("firmwareVersions") or []
    if not versions or not (profiles := versions[-1].get("profiles")):
        raise BadFile(path, "names no profile")
    return dict(sorted(profiles.items(), key=lambda entry: entry[0] != _HOME_REGION))


def _profile_ids(
    files: Files, folder: str, vendor: dict[str, Any], device: str, profile: dict[str, Any]
) -> tuple[str, ...]:
    listed = files.yaml(f"{folder}/index.yaml").get("profileIDs") or {}
    numbers = [int(number) for number, entry in listed.items() if entry.get("endDeviceID") == device]
    numbers.append(profile.get("vendorProfileID") or 0)
    return strings([profile_id(vendor.get("vendorID"), number) for number in numbers])


def _codec(
    files: Files, folder: str, path: str, name: str | None
) -> tuple[str, dict[str, Measure], tuple[Example, ...]]:
    """Its JavaScript (each file once), the measures it can tell, its examples."""
    if not name:
        raise BadFile(path, "there is no codec")
    codec_path = f"{folder}/{name}.yaml"
    said = files.yaml(codec_path)
    parts = {routine: said[part] for part, routine in _ROUTINES.items() if said.get(part)}
    sources = strings([part.get("fileName") for part in parts.values()])
    listed = [(routine, entry) for routine, part in parts.items() for entry in part.get("examples") or []]
    measures = measures_in(entry.get("normalizedOutput") for _routine, entry in listed)
    source = "\n;\n".join(files.text(f"{folder}/{file}") for file in sources)
    examples = tuple(example(codec_path, routine, entry, "output") for routine, entry in listed)
    return adapted(source, measures), measures, examples
