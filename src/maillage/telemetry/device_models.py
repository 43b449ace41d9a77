"""The device models that things are made from, read once a process."""

from collections.abc import Mapping
from functools import cache

from maillage.kernel.errors import Invalid
from maillage.lorawan.codecs.model import DeviceModel
from maillage.lorawan.codecs.registry import load_models


@cache
def device_models() -> Mapping[str, DeviceModel]:
    """Every known model, by key."""
    return load_models()


def device_model(key: str) -> DeviceModel:
    """One model; ``Invalid`` when its folder is gone or never was."""
    found = device_models().get(key)
    if found is None:
        raise Invalid("device_model_unknown", model=key)
    return found
