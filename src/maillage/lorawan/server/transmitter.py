"""Sends answers whose counters are durable, and follows what the gateways make of them. No I/O but the radio's port."""

from datetime import datetime
from typing import Protocol

from msgspec import Struct

from maillage.lorawan.server.answers import Answer
from maillage.lorawan.server.downlinks import DownlinkBook, DownlinkState, FailureCause
from maillage.lorawan.server.duty import DutyLedger
from maillage.lorawan.server.opportunities import Opportunity, RadioPlan
from maillage.lorawan.server.refusals import Cause, Refusal, RefusalLog

_TOKENS = 1 << 16
_REPORT_WITHIN_S = 30.0
ACCEPTED = "NONE"


class Radio(Protocol):
    """A way to the gateways."""

    def reaches(self, gateway_eui: str) -> bool:
        """Whether the gateway has opened a way to itself."""

    def transmit(self, token: int, opportunity: Opportunity, phy_payload: bytes) -> bool:
        """Hand over a frame; False when the gateway cannot be reached. The token comes back with its fate."""


class Sent(Struct, frozen=True):
    """A frame handed to a gateway: a line for the log."""

    answer: Answer
    opportunity: Opportunity
    at: datetime


class _InFlight(Struct, frozen=True):
    answer: Answer
    gateway_eui: str
    others: list[Opportunity]
    sent_s: float


class Transmitter:
    """The same bytes may go out again by another window when the gateway refused them: the counter was not used."""

    def __init__(
        self, radio: Radio, plan: RadioPlan, ledger: DutyLedger, book: DownlinkBook, refusals: RefusalLog
    ) -> None:
        self._radio = radio
        self._plan = plan
        self._ledger = ledger
        self._book = book
        self._refusals = refusals
        self._in_flight: dict[int, _InFlight] = {}
        self._sent: list[Sent] = []
        self._token = 0

    def send(self, answer: Answer, at: datetime, now_s: float) -> None:
        """By the first opportunity that is still possible."""
        self._try(answer, answer.opportunities, FailureCause.NO_OPPORTUNITY, at, now_s)

    def reported(self, token: int, status: str, at: datetime, now_s: float) -> None:
        """A gateway's TX_ACK. Unknown tokens are of another time and mean nothing."""
        flight = self._in_flight.pop(token, None)
        if flight is not None and status != ACCEPTED:
            self._try(flight.answer, flight.others, status.lower(), at, now_s)

    def take_sent(self) -> list[Sent]:
        taken, self._sent = self._sent, []
        return taken

    def give_up_silent(self, at: datetime, now_s: float) -> None:
        """A gateway that has not reported in half a minute has told nothing: the frame counts as lost.

        A confirmed downlink has its own judge, the device's acknowledgement; another one ends here.
        """
        silent = [token for token, flight in self._in_flight.items() if now_s - flight.sent_s >= _REPORT_WITHIN_S]
        for token in silent:
            flight = self._in_flight.pop(token)
            self._count_loss(flight.answer, flight.gateway_eui, at)
            downlink = flight.answer.downlink
            if downlink is not None and not downlink.confirmed:
                detail = f"gateway {flight.gateway_eui}"
                self._book.end(downlink, DownlinkState.FAILED, at, FailureCause.GATEWAY_SILENT, detail)

    def _try(self, answer: Answer, chances: list[Opportunity], cause: str, at: datetime, now_s: float) -> None:
        left, size = chances, len(answer.phy_payload)
        while (chance := self._plan.first_possible(left, size, self._ledger, now_s)) is not None:
            left = left[left.index(chance) + 1 :]
            if self._transmit(answer, chance, left, at, now_s):
                return
            cause = FailureCause.NO_GATEWAY
        self._give_up(answer, cause, at)

    def _transmit(
        self, answer: Answer, chance: Opportunity, others: list[Opportunity], at: datetime, now_s: float
    ) -> bool:
        token = self._token = (self._token + 1) % _TOKENS
        if not self._radio.transmit(token, chance, answer.phy_payload):
            return False
        airtime_s = self._plan.airtime_s(chance, len(answer.phy_payload))
        self._ledger.book(chance.gateway_eui, chance.frequency_hz, airtime_s, now_s)
        self._in_flight[token] = _InFlight(answer, chance.gateway_eui, others, now_s)
        self._sent.append(Sent(answer, chance, at))
        return True

    def _give_up(self, answer: Answer, cause: str, at: datetime) -> None:
        """A downlink is tried again with the next uplink, or fails; the loss of a mere answer is counted."""
        gateway_eui = answer.opportunities[0].gateway_eui
        self._count_loss(answer, gateway_eui, at)
        if answer.downlink is not None:
            self._book.try_again(answer.downlink, cause, f"gateway {gateway_eui}", at)

    def _count_loss(self, answer: Answer, gateway_eui: str, at: datetime) -> None:
        refusal = Refusal(Cause.TRANSMISSION_FAILED, answer.device.dev_eui)
        self._refusals.count(refusal, gateway_eui, answer.phy_payload, at)
