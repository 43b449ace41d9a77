"""The device models that things are made from."""

from maillage.kernel.errors import Invalid
from maillage.lorawan.codecs.model import DeviceModel
from maillage.lorawan.device_models import device_models as device_models


def device_model(key: str) -> DeviceModel:
    """One model; ``Invalid`` when its folder is gone or never was."""
    found = device_models().get(key)
    if found is None:
        raise Invalid("device_model_unknown", model=key)
    return found
