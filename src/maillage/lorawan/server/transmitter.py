"""Sends answers whose counters are durable, and follows what the gateways make of them. No I/O but the radio's port."""

from datetime import datetime
from typing import Protocol

from msgspec import Struct

from maillage.lorawan.server.answers import Answer
from maillage.lorawan.server.downlinks import DownlinkBook, DownlinkState, FailureCause
from maillage.lorawan.server.opportunities import Opportunity
from maillage.lorawan.server.refusals import Cause, Refusal, RefusalLog
from maillage.lorawan.server.scheduler import Booking, Scheduler

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


class Fate(Struct, frozen=True):
    """What became of a tagged frame at one gateway; an empty ``cause`` is success."""

    tag: str
    gateway_eui: str
    cause: str = ""


class _InFlight(Struct, frozen=True):
    answer: Answer
    booking: Booking
    others: list[Opportunity]
    sent_s: float

    @property
    def gateway_eui(self) -> str:
        return self.booking.opportunity.gateway_eui


class Transmitter:
    """The same bytes may go out again by another window when the gateway refused them: the counter was not used."""

    def __init__(self, radio: Radio, scheduler: Scheduler, book: DownlinkBook, refusals: RefusalLog) -> None:
        self._radio = radio
        self._scheduler = scheduler
        self._book = book
        self._refusals = refusals
        self._in_flight: dict[int, _InFlight] = {}
        self._sent: list[Sent] = []
        self._fates: list[Fate] = []
        self._token = 0

    def send(self, answer: Answer, at: datetime, now_s: float) -> None:
        """By the cheapest opportunity that is still possible."""
        self._try(answer, answer.opportunities, "", at, now_s)

    def reported(self, token: int, status: str, at: datetime, now_s: float) -> None:
        """What became of a frame: a TX_ACK's word. Unknown tokens are of another time and mean nothing.

        A refusal (TOO_LATE, TOO_EARLY, COLLISION…) gives the air back and another window or gateway its turn.
        """
        flight = self._in_flight.pop(token, None)
        if flight is None:
            return
        if status == ACCEPTED:
            self._note_fate(flight.answer, flight.gateway_eui, "")
            return
        if status != FailureCause.GATEWAY_SILENT:
            self._scheduler.give_back(flight.booking, len(flight.answer.phy_payload))
        self._try(flight.answer, flight.others, status.lower(), at, now_s)

    def acknowledged(self, token: int, now_s: float) -> None:
        """The gateway has the order, whatever it makes of it: so far is it away."""
        flight = self._in_flight.get(token)
        if flight is not None:
            self._scheduler.backhaul.measured(flight.gateway_eui, now_s - flight.sent_s)

    def take_sent(self) -> list[Sent]:
        taken, self._sent = self._sent, []
        return taken

    def take_fates(self) -> list[Fate]:
        taken, self._fates = self._fates, []
        return taken

    def give_up_silent(self, at: datetime, now_s: float) -> None:
        """A gateway that has not reported in half a minute has told nothing: the frame counts as lost.

        A confirmed downlink has its own judge, the device's acknowledgement; another one ends here.
        """
        silent = [token for token, flight in self._in_flight.items() if now_s - flight.sent_s >= _REPORT_WITHIN_S]
        for token in silent:
            flight = self._in_flight.pop(token)
            self._count_loss(flight.answer, flight.gateway_eui, at)
            self._note_fate(flight.answer, flight.gateway_eui, FailureCause.GATEWAY_SILENT)
            downlink = flight.answer.downlink
            if downlink is not None and not downlink.confirmed:
                detail = f"gateway {flight.gateway_eui}"
                self._book.end(downlink, DownlinkState.FAILED, at, FailureCause.GATEWAY_SILENT, detail)

    def _try(self, answer: Answer, chances: list[Opportunity], refused: str, at: datetime, now_s: float) -> None:
        """``refused``: what a gateway has said of an earlier attempt; it outranks what we find ourselves."""
        left, size = chances, len(answer.phy_payload)
        cause = refused or self._scheduler.why_not(chances, size, now_s)
        while (chance := self._scheduler.choose(left, size, now_s)) is not None:
            left = [way for way in left if way is not chance]
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
        booking = self._scheduler.book(chance, len(answer.phy_payload), now_s)
        self._in_flight[token] = _InFlight(answer, booking, others, now_s)
        self._sent.append(Sent(answer, chance, at))
        return True

    def _give_up(self, answer: Answer, cause: str, at: datetime) -> None:
        """A downlink is tried again with the next uplink, or fails; the loss of a mere answer is counted."""
        gateway_eui = answer.opportunities[0].gateway_eui
        self._count_loss(answer, gateway_eui, at)
        self._note_fate(answer, gateway_eui, cause)
        if answer.downlink is not None:
            self._book.try_again(answer.downlink, cause, f"gateway {gateway_eui}", at)

    def _note_fate(self, answer: Answer, gateway_eui: str, cause: str) -> None:
        if answer.tag:
            self._fates.append(Fate(answer.tag, gateway_eui, cause))

    def _count_loss(self, answer: Answer, gateway_eui: str, at: datetime) -> None:
        refusal = Refusal(Cause.TRANSMISSION_FAILED, answer.device.dev_eui)
        self._refusals.count(refusal, gateway_eui, answer.phy_payload, at)
