"""The device models this house knows: those that are shipped and those imported, read again after an import."""

from collections.abc import Mapping
from datetime import timedelta
from functools import cache, lru_cache

from django.conf import settings

from maillage.kernel.errors import Invalid
from maillage.lorawan.codecs.model import DeviceModel
from maillage.lorawan.repository.shelf import Shelf, all_models

PERIODS_OF_SILENCE = 3
"""A device is silent once it has missed this many of its model's periods; fewer are ordinary radio losses."""
_DEFAULT_PERIOD = timedelta(hours=1)


@cache
def model_shelf() -> Shelf:
    """The imported models of this installation."""
    return Shelf(settings.DEVICE_MODELS_FOLDER)


def device_models() -> Mapping[str, DeviceModel]:
    """Every known model, by key."""
    return _models_of(model_shelf(), model_shelf().generation)


@lru_cache(maxsize=1)
def _models_of(shelf: Shelf, _generation: str) -> Mapping[str, DeviceModel]:
    """Read again when the generation is another one."""
    return all_models(shelf)


def models_by_profile() -> Mapping[str, str]:
    """The keys of models, by the ProfileID on their devices' labels (TR005)."""
    return {profile: key for key, model in device_models().items() for profile in model.profile_ids}


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
