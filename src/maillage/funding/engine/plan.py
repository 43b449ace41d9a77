"""A financing plan: what each funder gives towards a cost before VAT, and what the owner pays itself.

A grant is rate × cost, no more than its cap. Two laws limit the whole: the owner keeps at least a fifth of what public
bodies pay together (CGCT L1111-10 III), and the State's grants are at most 80 % of the cost (CGCT R2334-27).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from maillage.kernel.errors import Invalid
from maillage.kernel.money import ZERO, Cents, percent_of, shared_out, total

_HUNDRED = 100
OWN_LEAST_PERCENT = Decimal(20)
STATE_MOST_PERCENT = Decimal(80)


@dataclass(frozen=True, slots=True)
class Request:
    """What a funder is asked for. ``programme`` names it; ``is_state``: a grant of the State."""

    programme: str
    rate_percent: Decimal
    cap: Cents | None = None
    is_state: bool = False
    is_public: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.rate_percent <= _HUNDRED:
            raise Invalid("funding_rate_unfit", programme=self.programme, percent=str(self.rate_percent))
        if self.cap is not None and self.cap < 0:
            raise Invalid("funding_cap_negative", programme=self.programme)
        if self.is_state and not self.is_public:
            raise Invalid("funding_state_is_public", programme=self.programme)


@dataclass(frozen=True, slots=True)
class Share:
    """What one request brings."""

    request: Request
    amount: Cents


@dataclass(frozen=True, slots=True)
class Plan:
    """``cost`` = ``own`` + the shares, exactly. Shares stand in the order of their programmes' names."""

    cost: Cents
    shares: tuple[Share, ...]
    own: Cents

    @property
    def funded(self) -> Cents:
        """All shares together."""
        return total(one.amount for one in self.shares)

    @property
    def public(self) -> Cents:
        """The shares of public bodies together."""
        return total(one.amount for one in self.shares if one.request.is_public)

    @property
    def of_the_state(self) -> Cents:
        """The State's shares together."""
        return total(one.amount for one in self.shares if one.request.is_state)


def plan(cost: Cents, requests: Iterable[Request], own_least_percent: Decimal = OWN_LEAST_PERCENT) -> Plan:
    """The plan at commitment, the same whatever the order of the requests.

    Raises ``Invalid`` for a programme asked twice, for State grants above 80 % of the cost, and for an owner left with
    less than ``own_least_percent`` of the public money: rates are then to be lowered, which no rule does by itself.
    """
    asked = _in_order(cost, requests, own_least_percent)
    made = _plan(cost, [Share(one, _granted(one, cost, one.cap)) for one in asked])
    if made.own < 0:
        raise Invalid("funding_above_cost", percent=str(_HUNDRED))
    if not _state_fits(made):
        raise Invalid("funding_state_too_much", most=str(STATE_MOST_PERCENT))
    if not _own_fits(made, own_least_percent):
        raise Invalid("funding_own_too_small", least=str(own_least_percent), own_cents=made.own)
    return made


def settle(committed: Plan, actual: Cents, own_least_percent: Decimal = OWN_LEAST_PERCENT) -> Plan:
    """What is paid in the end: each rate of the actual cost, never more than was committed.

    Where a lower cost lets capped grants weigh more than the laws allow, they are cut in proportion until they fit.
    """
    if actual < 0:
        raise Invalid("funding_cost_unfit", cost_cents=actual)
    due = [Share(one.request, _granted(one.request, actual, one.amount)) for one in committed.shares]
    state = [one.request.is_state for one in due]
    due = _cut(due, state, Cents(_floor_percent(actual, STATE_MOST_PERCENT)))
    private = total(one.amount for one in due if not one.request.is_public)
    public_whole = Cents(max(0, actual - private))
    public = [one.request.is_public for one in due]
    due = _cut(due, public, Cents(_floor_percent(public_whole, _HUNDRED - own_least_percent)))
    every = [True] * len(due)
    return _plan(actual, _cut(due, every, actual))


def without(committed: Plan, programme: str, own_least_percent: Decimal = OWN_LEAST_PERCENT) -> Plan:
    """The plan once a funder withdrew: the owner pays its share. Raises ``Invalid`` for one that was not in it."""
    left = [one for one in committed.shares if one.request.programme != programme]
    if len(left) == len(committed.shares):
        raise Invalid("funding_programme_unknown", programme=programme)
    made = _plan(committed.cost, left)
    if not _own_fits(made, own_least_percent):
        raise Invalid("funding_own_too_small", least=str(own_least_percent), own_cents=made.own)
    return made


def _in_order(cost: Cents, requests: Iterable[Request], own_least_percent: Decimal) -> Sequence[Request]:
    if cost <= 0:
        raise Invalid("funding_cost_unfit", cost_cents=cost)
    if not 0 <= own_least_percent <= _HUNDRED:
        raise Invalid("funding_rate_unfit", programme="", percent=str(own_least_percent))
    asked = sorted(requests, key=lambda one: one.programme)
    names = [one.programme for one in asked]
    if len(set(names)) != len(names):
        raise Invalid("funding_programme_twice", programme=next(name for name in names if names.count(name) > 1))
    return asked


def _granted(request: Request, cost: Cents, most: Cents | None) -> Cents:
    by_rate = percent_of(cost, request.rate_percent)
    return by_rate if most is None else min(by_rate, most)


def _plan(cost: Cents, shares: Iterable[Share]) -> Plan:
    kept = tuple(shares)
    return Plan(cost, kept, Cents(cost - total(one.amount for one in kept)))


def _state_fits(made: Plan) -> bool:
    return made.of_the_state * _HUNDRED <= made.cost * STATE_MOST_PERCENT


def _own_fits(made: Plan, least_percent: Decimal) -> bool:
    """Compared as whole products: no rounding decides whether a law is kept."""
    return made.own * _HUNDRED >= (made.public + made.own) * least_percent


def _cut(shares: Sequence[Share], of: Sequence[bool], most: Cents) -> list[Share]:
    """The shares of a group, in proportion, so that together they are at most ``most``."""
    group = [one.amount if within else ZERO for one, within in zip(shares, of, strict=True)]
    if sum(group) <= most:
        return list(shares)
    fit = shared_out(most, group)
    return [Share(one.request, part) if within else one for one, within, part in zip(shares, of, fit, strict=True)]


def _floor_percent(amount: Cents, percent: Decimal) -> int:
    """Rounded down: a limit is not exceeded by half a cent."""
    top, bottom = percent.as_integer_ratio()
    return amount * top // (bottom * _HUNDRED)
