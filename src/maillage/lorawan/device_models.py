"""The device models this house knows, read once a process."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cache

from maillage.kernel.errors import Invalid
from maillage.lorawan.codecs.model import DeviceModel
from maillage.lorawan.codecs.registry import load_models

PERIODS_OF_SILENCE = 3
"""A device is silent once it has missed this many of its model's periods; fewer are ordinary radio losses."""
_DEFAULT_PERIOD = timedelta(hours=1)


@cache
def device_models() -> Mapping[str, DeviceModel]:
    """Every known model, by key."""
    return load_models()


def require_model(key: str) -> DeviceModel:
    """One model; ``Invalid`` when there is none of that key."""
    found = device_models().get(key)
    if found is None:
        raise Invalid("lorawan.model_unknown", model=key)
    return found


def silent_after(model_key: str) -> timedelta:
    """How long a device of this model may be unheard before it counts as silent."""
    model = device_models().get(model_key)
    period = timedelta(seconds=model.uplink_period_s) if model else _DEFAULT_PERIOD
    return PERIODS_OF_SILENCE * period
