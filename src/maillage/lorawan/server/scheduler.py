"""Which gateway and which window a downlink takes, and what that costs. Pure; times are monotonic seconds.

A way is possible when the gateway can be told in time (its back-haul counts), its transmitter is free, the frame fits
and the hour's air time holds it. Of the possible ones the cheapest is taken::

    cost = (dB that the link lacks to be safe)² / 2 + 10 × (share of the hour's air time spent with it)²
           + 3 × air time in seconds, in which the gateway hears nobody + seconds until then
           + 2 if the gateway would be told in the last moment - a little for every dB to spare

So a gateway that has nearly spent its hour is spared while another one is heard well enough, RX2 is left for a second
attempt until RX1's band is rare, and among equals the gateway that heard best speaks.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from maillage.lorawan.server.air_book import AirBook, Span
from maillage.lorawan.server.backhaul import BackHaul
from maillage.lorawan.server.downlinks import FailureCause
from maillage.lorawan.server.duty import DutyLedger
from maillage.lorawan.server.gateway_clocks import GatewayClocks
from maillage.lorawan.server.opportunities import Opportunity, RadioPlan
from maillage.lorawan.server.registry import Registry

SAFE_MARGIN_DB = 5.0
"""Above the demodulation floor: what fading takes now and then."""
_SPENT_WEIGHT, _LAST_MOMENT_COST, _SPARE_DB_VALUE = 10.0, 2.0, 0.05
_AIRTIME_WEIGHT_S = 3.0
_LAST_MOMENT_S = 0.05


class Booking(Struct, frozen=True):
    """Air time taken, to be given back if the gateway refuses."""

    opportunity: Opportunity
    span: Span
    booked_s: float


class Scheduler:
    """Knows what every gateway has spent, what it is about to send, and how far away it is."""

    def __init__(
        self, plan: RadioPlan, ledger: DutyLedger, backhaul: BackHaul, clocks: GatewayClocks, air: AirBook
    ) -> None:
        self.plan = plan
        self.backhaul = backhaul
        self.clocks = clocks
        self._ledger = ledger
        self._air = air

    @classmethod
    def of(cls, plan: RadioPlan, ledger: DutyLedger, registry: Registry) -> "Scheduler":
        """One that has seen nothing yet but what ``ledger`` and ``registry`` hold."""
        return cls(plan, ledger, BackHaul(registry), GatewayClocks(), AirBook())

    def choose(
        self, ways: Sequence[Opportunity], phy_bytes: int, now_s: float, share: float = 1.0
    ) -> Opportunity | None:
        """The cheapest possible way within ``share`` of the hour's air time; None when there is none."""
        possible = [way for way in ways if self._obstacle(way, phy_bytes, now_s, share) is None]
        return min(possible, key=lambda way: self.cost(way, phy_bytes, now_s), default=None)

    def why_not(self, ways: Iterable[Opportunity], phy_bytes: int, now_s: float, share: float = 1.0) -> FailureCause:
        """What stood in the way: the obstacle nearest to success counts, not that some window had passed."""
        found = {self._obstacle(way, phy_bytes, now_s, share) for way in ways}
        order = (FailureCause.DUTY_CYCLE, FailureCause.AIR_TAKEN, FailureCause.PAYLOAD_TOO_LONG)
        return next((cause for cause in order if cause in found), FailureCause.NO_OPPORTUNITY)

    def cost(self, way: Opportunity, phy_bytes: int, now_s: float) -> float:
        """As above; comparable between ways of one frame."""
        airtime_s = self.plan.airtime_s(way, phy_bytes)
        spent = self._ledger.spent_share(way.gateway_eui, way.frequency_hz, airtime_s, now_s)
        is_last_moment = self._tell_by_s(way) - now_s < _LAST_MOMENT_S
        return (
            max(SAFE_MARGIN_DB - way.margin_db, 0.0) ** 2 / 2
            + _SPENT_WEIGHT * spent**2
            + _AIRTIME_WEIGHT_S * airtime_s
            + max(way.start_s - now_s, 0.0)
            + _LAST_MOMENT_COST * is_last_moment
            - _SPARE_DB_VALUE * way.margin_db
        )

    def book(self, way: Opportunity, phy_bytes: int, now_s: float) -> Booking:
        """Take the air; the gateway is told now."""
        span, airtime_s = self._span(way, phy_bytes, now_s), self.plan.airtime_s(way, phy_bytes)
        self._ledger.book(way.gateway_eui, way.frequency_hz, airtime_s, now_s)
        self._air.book(way.gateway_eui, span, now_s)
        return Booking(way, span, now_s)

    def give_back(self, booking: Booking, phy_bytes: int) -> None:
        """The gateway has refused: nothing was, or will be, on the air."""
        way, airtime_s = booking.opportunity, self.plan.airtime_s(booking.opportunity, phy_bytes)
        self._ledger.give_back(way.gateway_eui, way.frequency_hz, airtime_s, booking.booked_s)
        self._air.release(way.gateway_eui, booking.span)

    def _obstacle(self, way: Opportunity, phy_bytes: int, now_s: float, share: float) -> FailureCause | None:
        if now_s > self._tell_by_s(way):
            return FailureCause.NO_OPPORTUNITY
        if phy_bytes > self.plan.longest_phy_payload(way):
            return FailureCause.PAYLOAD_TOO_LONG
        airtime_s = self.plan.airtime_s(way, phy_bytes)
        if not self._ledger.allows(way.gateway_eui, way.frequency_hz, airtime_s, now_s, share):
            return FailureCause.DUTY_CYCLE
        if not way.is_at_once and not self._air.is_free(way.gateway_eui, self._span(way, phy_bytes, now_s)):
            return FailureCause.AIR_TAKEN
        return None

    def _tell_by_s(self, way: Opportunity) -> float:
        return way.deadline_s - self.backhaul.round_trip_s(way.gateway_eui)

    def _span(self, way: Opportunity, phy_bytes: int, now_s: float) -> Span:
        airtime_s = self.plan.airtime_s(way, phy_bytes)
        start_s = self._start_s(way, airtime_s, now_s)
        return Span(start_s, start_s + airtime_s)

    def _start_s(self, way: Opportunity, airtime_s: float, now_s: float) -> float:
        if way.is_at_once:
            arrives_s = now_s + self.backhaul.round_trip_s(way.gateway_eui) / 2
            return self._air.free_from_s(way.gateway_eui, arrives_s, airtime_s)
        known_s = None if way.tmst_us is None else self.clocks.at_s(way.gateway_eui, way.tmst_us)
        return way.start_s if known_s is None else known_s
