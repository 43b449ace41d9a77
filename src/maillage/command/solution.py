"""What a solution declares about itself: pure values, read by the command post from each ``manifest.py``.

A *verb* says what can be asked of a thing in the words and bounds of the use (heating, gates). How a given device model
carries it out (payload, confirmation) is the device model's affair (``lorawan.codecs.model.Verb``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType

from django.utils.functional import Promise

from maillage.command.engine.interlock import Interlock
from maillage.command.engine.legal import Ceilings
from maillage.command.engine.retry import NEVER, Retry

Label = str | Promise


@dataclass(frozen=True, slots=True)
class Parameter:
    """The number that a verb takes, with the bounds that the use allows."""

    label: Label
    unit: str
    minimum: float
    maximum: float
    step: float


@dataclass(frozen=True, slots=True)
class Verb:
    """``asks_confirmation``: the page asks once more before sending, because people may be hurt or locked in."""

    code: str
    label: Label
    parameter: Parameter | None = None
    asks_confirmation: Label | None = None


@dataclass(frozen=True, slots=True)
class Solution:
    """``panel`` and ``chart`` name templates and quantities that the site page shows for things of this solution.

    ``catch_up``: how long after its moment a scheduled command may still be carried out, when the house was away then.
    ``retry``: when a command that did not get through is sent again. ``interlocks``: what forbids its verbs for a time.
    ``ceilings``: the highest mean over a building that the law allows, by verb. ``warms``: the verb whose schedule
    lines may begin early, so that the quantity ``warms[1]`` has reached its value at their time. ``approval_within``:
    how long a command that needs a second person waits for them. ``urls``: the module with the addresses of its
    own pages, which then stand under ``solutions/<code>/``.
    """

    code: str
    label: Label
    icon: str
    verbs: Mapping[str, Verb]
    panel: str
    chart_quantities: tuple[str, ...]
    site_kinds: tuple[str, ...] = ()
    quantities: Mapping[str, Label] = field(default_factory=lambda: MappingProxyType({}))
    catch_up: timedelta = timedelta(minutes=30)
    retry: Retry = NEVER
    interlocks: tuple[Interlock, ...] = ()
    ceilings: Mapping[str, Ceilings] = field(default_factory=lambda: MappingProxyType({}))
    warms: tuple[str, str] | None = None
    approval_within: timedelta = timedelta(hours=4)
    urls: str = ""
