"""What a site page shows: its rooms, and in each the best reading of every quantity. Values only, for templates."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import groupby
from statistics import fmean
from typing import Generic, TypeVar

from django.utils.translation import get_language

from maillage.command.engine.attention import stale_after
from maillage.command.live import value_key
from maillage.command.registry import Offer, offers, solutions
from maillage.lorawan.codecs.model import Confirmation
from maillage.telemetry.queries import Reading, ThingState
from maillage.territory.models import Space

Room = TypeVar("Room")
_NEVER = datetime.min.replace(tzinfo=UTC)
_LOWEST = -(10**6)


@dataclass(frozen=True, slots=True)
class Shown:
    """A reading ready to draw; ``value`` and ``at`` are None before the first report."""

    datastream_id: int
    thing_id: int
    quantity: str
    unit: str
    label: str
    decimals: int
    value: float | None
    at: datetime | None
    stale_after_s: int

    @property
    def live(self) -> str:
        """The key of its live value."""
        return value_key(self.datastream_id)

    def is_fresh(self, now: datetime) -> bool:
        """Whether it may look live."""
        return self.at is not None and (now - self.at).total_seconds() <= self.stale_after_s


@dataclass(frozen=True)
class Equipment:
    """A thing with what may be asked of it and the words of its radio link."""

    state: ThingState
    offers: Mapping[str, Offer]

    @property
    def id(self) -> int:
        """The thing's own."""
        return self.state.thing.pk

    @property
    def name(self) -> str:
        """The thing's own."""
        return self.state.thing.name

    @property
    def icon(self) -> str:
        """Of its model."""
        return self.state.model.icon if self.state.model else "cpu"

    @property
    def short_name(self) -> str:
        """Its name without that of its room, where both are shown: « Vanne » of « Vanne – Classe de CP »."""
        space = self.state.thing.space
        if space is None or space.name not in self.name:
            return self.name
        return self.name.replace(space.name, "").strip(" –-,") or self.name

    @property
    def heard_at(self) -> datetime | None:
        """The device's last sign of life, or the newest value where there is no device."""
        device = self.state.thing.device
        instants = [reading.at for reading in self.state.readings if reading.at is not None]
        seen = device.last_seen_at if device is not None else None
        return max([*instants, *([seen] if seen else [])], default=None)

    @property
    def newest_live(self) -> str:
        """The key of the reading that came last: its age is the device's."""
        known = [reading for reading in self.state.readings if reading.at is not None]
        newest = max(known, key=lambda reading: reading.at or _NEVER, default=None)
        return value_key(newest.datastream_id) if newest else ""

    @property
    def stale_after_s(self) -> int:
        """From which age on it counts as silent."""
        return int(stale_after(self.state.period).total_seconds())

    @property
    def period_min(self) -> int:
        """How often it speaks, and so listens if it is of class A."""
        return max(1, round(self.state.period.total_seconds() / 60))

    @property
    def listens_always(self) -> bool:
        """A class C device hears at any time."""
        return self.state.model is not None and self.state.model.device_class == "C"

    @property
    def driven(self) -> Shown | None:
        """The reading by which it proves that it obeyed."""
        quantities = [offer.driven_quantity for offer in self.offers.values()]
        return next((self.values[each] for each in quantities if each in self.values), None)

    @property
    def position(self) -> Shown | None:
        """The reading that tells how it stands: that of verbs with a fixed outcome, such as open and close."""
        proofs = (offer.device_verb.confirmation for offer in self.offers.values())
        quantities = (proof.quantity for proof in proofs if proof is not None and proof.expected is not None)
        return next((self.values[each] for each in quantities if each in self.values), None)

    @property
    def standing(self) -> str:
        """The verb whose outcome it reports now, such as ``open``; empty when it reports none."""
        proofs = ((code, offer.device_verb.confirmation) for code, offer in self.offers.items())
        met = (code for code, proof in proofs if proof is not None and self._meets(proof))
        return next(met, "")

    def _meets(self, proof: Confirmation) -> bool:
        shown = self.values.get(proof.quantity)
        return shown is not None and shown.value is not None and proof.is_met_by(shown.value, None)

    @cached_property
    def values(self) -> dict[str, Shown]:
        """Its readings, by quantity."""
        return {reading.quantity: self._shown(reading) for reading in self.state.readings}

    def _shown(self, reading: Reading) -> Shown:
        return Shown(
            datastream_id=reading.datastream_id,
            thing_id=self.id,
            quantity=reading.quantity,
            unit=reading.unit,
            label=_measure_label(reading),
            decimals=reading.measure.decimals if reading.measure else 1,
            value=reading.value,
            at=reading.at,
            stale_after_s=self.stale_after_s,
        )


@dataclass(frozen=True)
class Place:
    """A room, or a thing that stands alone on the site. ``key`` names it in addresses: ``s12`` or ``t3``."""

    key: str
    name: str
    space: Space | None
    equipment: tuple[Equipment, ...]
    now: datetime

    @cached_property
    def values(self) -> dict[str, Shown]:
        """The best reading of each quantity: fresh before stale before none, a sensor before a device that acts.

        A radiator valve measures the air beside a hot radiator; a sensor on the wall is closer to what people feel.
        """
        ranked = sorted(self.equipment, key=lambda one: bool(one.offers), reverse=True)
        shown = [value for one in ranked for value in one.values.values()]
        shown.sort(key=lambda value: (value.value is not None, value.is_fresh(self.now)))
        return {value.quantity: value for value in shown}

    @property
    def actors(self) -> tuple[Equipment, ...]:
        """The equipment that can be asked to do something."""
        return tuple(one for one in self.equipment if one.offers)

    @property
    def solution(self) -> str:
        """The use that it serves: of its acting equipment first. Empty for none that we know."""
        served = [one.state.thing.solution for one in (*self.actors, *self.equipment)]
        return next((code for code in served if code in solutions()), "")

    @property
    def family(self) -> str:
        """The folder of the templates that draw it."""
        return self.solution or "command"

    @property
    def thing_ids(self) -> tuple[int, ...]:
        """All its things."""
        return tuple(one.id for one in self.equipment)

    @property
    def floor(self) -> int:
        """Where it is; things that stand alone come first."""
        return self.space.floor if self.space else _LOWEST


@dataclass(frozen=True, slots=True)
class Floor(Generic[Room]):
    """The rooms of one level; ``number`` is None for what stands in no room."""

    number: int | None
    places: tuple[Room, ...]

    @property
    def has_name(self) -> bool:
        """Whether it is a level of a building."""
        return self.number is not None


def equipment(states: Iterable[ThingState], solution: str | None = None) -> list[Equipment]:
    """The things of one solution, or all."""
    wanted = [state for state in states if solution is None or state.thing.solution == solution]
    return [Equipment(state, offers(state.thing.solution, state.model)) for state in wanted]


def places(things: Iterable[Equipment], now: datetime) -> list[Place]:
    """The things by room, in the order of floors and names."""
    by_key: dict[str, list[Equipment]] = {}
    for one in things:
        by_key.setdefault(_key(one), []).append(one)
    found = [_place(key, members, now) for key, members in by_key.items()]
    return sorted(found, key=lambda place: (place.floor, place.name))


def floors(found: Sequence[Place]) -> list[Floor[Place]]:
    """``found`` grouped by level."""
    groups = groupby(found, key=lambda place: place.floor)
    return [Floor(None if level == _LOWEST else level, tuple(members)) for level, members in groups]


def means(found: Iterable[Place], now: datetime) -> dict[str, float]:
    """The mean of each quantity over the rooms whose value is fresh."""
    values: dict[str, list[float]] = {}
    for place in found:
        for shown in place.values.values():
            if shown.value is not None and shown.is_fresh(now):
                values.setdefault(shown.quantity, []).append(shown.value)
    return {quantity: fmean(numbers) for quantity, numbers in values.items()}


def _measure_label(reading: Reading) -> str:
    """As the device's model names it, in the page's language."""
    if reading.measure is None:
        return reading.quantity
    return reading.measure.label_en if get_language() == "en" else reading.measure.label


def _key(one: Equipment) -> str:
    thing = one.state.thing
    return f"t{thing.pk}" if thing.space_id is None else f"s{thing.space_id}"


def _place(key: str, members: Sequence[Equipment], now: datetime) -> Place:
    space = members[0].state.thing.space
    return Place(key, space.name if space else members[0].name, space, tuple(members), now)
