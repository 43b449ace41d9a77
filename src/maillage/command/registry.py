"""The solutions of the house, as settings list them, and what each lets one ask of a thing of a given model."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from django.conf import settings
from django.utils.module_loading import import_string

from maillage.command.engine.bounds import Limits
from maillage.command.solution import Solution, Verb
from maillage.kernel.errors import Invalid
from maillage.lorawan.codecs.model import DeviceModel
from maillage.lorawan.codecs.model import Verb as DeviceVerb


@dataclass(frozen=True, slots=True)
class Offer:
    """A verb that a thing understands: in the words of the use, and as its device carries it out.

    ``limits`` are what both the use and the device allow; None for a verb without a value.
    """

    verb: Verb
    device_verb: DeviceVerb
    limits: Limits | None

    @property
    def driven_quantity(self) -> str | None:
        """The quantity by whose report the device proves that it obeyed."""
        confirmation = self.device_verb.confirmation
        return None if confirmation is None else confirmation.quantity


@cache
def solutions() -> Mapping[str, Solution]:
    """Every solution, by code, in the order of the settings."""
    declared: list[Solution] = [import_string(path) for path in settings.MAILLAGE_SOLUTIONS]
    return MappingProxyType({solution.code: solution for solution in declared})


def offers(solution_code: str, model: DeviceModel | None) -> dict[str, Offer]:
    """What may be asked of a thing of this solution and model, by verb, in the order of the solution."""
    solution = solutions().get(solution_code)
    if solution is None or model is None:
        return {}
    return {
        code: Offer(verb, model.verbs[code], _limits(verb, model.verbs[code]))
        for code, verb in solution.verbs.items()
        if code in model.verbs
    }


def offer(solution_code: str, model: DeviceModel | None, verb: str) -> Offer:
    """One of them; ``Invalid`` when the solution has no such verb or the device cannot do it."""
    found = offers(solution_code, model).get(verb)
    if found is None:
        raise Invalid("verb_not_understood", verb=verb, model=model.name if model else None)
    return found


def rival_verbs(solution_code: str, model: DeviceModel | None, verb: str) -> frozenset[str]:
    """The verbs that drive the same state as ``verb``, itself included: closing a gate overtakes opening it."""
    available = offers(solution_code, model)
    quantity = available[verb].driven_quantity if verb in available else None
    if quantity is None:
        return frozenset({verb})
    return frozenset(code for code, other in available.items() if other.driven_quantity == quantity)


def _limits(verb: Verb, device_verb: DeviceVerb) -> Limits | None:
    """A verb that takes a value for the device only, or for the use only, is checked against the one there is."""
    use = verb.parameter
    own = None if use is None else Limits(use.minimum, use.maximum, use.step, use.unit)
    bounds = device_verb.bounds
    device = None if bounds is None else Limits(bounds.minimum, bounds.maximum, bounds.step, bounds.unit)
    if own is None or device is None:
        return own or device
    return own.within(device)
