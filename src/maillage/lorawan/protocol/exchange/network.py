"""The network's side of one session's MAC exchange. Pure: every step gives the next state.

After each *new* uplink, first :func:`heard`, then, for the class A downlink that answers it, :func:`tell`. The
state that ``tell`` gives is kept before its commands are sent; if they never are, it may be thrown away. Requests
never go in a ping slot or a class C downlink: a device would not stop repeating its answers for those.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from maillage.kernel.errors import Invalid
from maillage.lorawan.protocol.exchange.receive_settings import ReceiveSettings
from maillage.lorawan.protocol.exchange.requests import (
    ANSWERED_CIDS,
    Accepted,
    GivenUp,
    Outcome,
    Request,
    Unasked,
    judged,
    made_request,
)
from maillage.lorawan.protocol.exchange.sticky import POSSIBLY_STICKY_CIDS, confirmation
from maillage.lorawan.protocol.mac.command import MacCommand
from maillage.lorawan.protocol.mac.dl_channel import DlChannelReq
from maillage.lorawan.protocol.mac.link_adr import LinkADRReq
from maillage.lorawan.protocol.mac.new_channel import NewChannelReq
from maillage.lorawan.protocol.types import F_OPTS_MAX_BYTES
from maillage.lorawan.protocol.version import Version

MAX_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class NetworkExchange:
    """``receive`` is what the device listens with after the uplink heard last. ``in_flight`` went with the last
    downlink, ``pending`` waits, in order. ``settling`` are identifiers whose answer may come once more.
    """

    version: Version
    receive: ReceiveSettings
    pending: tuple[Request, ...] = ()
    in_flight: tuple[Request, ...] = ()
    settling: frozenset[int] = frozenset()
    replies: tuple[MacCommand, ...] = ()
    max_attempts: int = MAX_ATTEMPTS

    @property
    def owes_downlink(self) -> bool:
        """A device repeats itself until it hears one, be it empty."""
        return bool(self.settling or self.replies)

    @property
    def is_quiet(self) -> bool:
        return not (self.pending or self.in_flight or self.owes_downlink)


def ask(exchange: NetworkExchange, *commands: MacCommand) -> NetworkExchange:
    """Ask for one command, or one block of LinkADRReq; it replaces a wish of the same subject not yet sent.

    ``Invalid`` for what is no request of that version, and for changing a channel that has a downlink frequency
    of its own: it is disabled first, so that both sides forget that frequency.
    """
    request = made_request(exchange.version, commands)
    _check_channel(exchange, commands[0])
    kept = tuple(one for one in exchange.pending if one.attempts or one.subject != request.subject)
    return replace(exchange, pending=(*kept, request))


def tell(exchange: NetworkExchange, room_bytes: int) -> tuple[NetworkExchange, tuple[MacCommand, ...]]:
    """The commands of the next class A downlink, confirmations first, and the state once they are on their way.

    No more is asked than the device can answer in the FOpts of one uplink.
    """
    replies = _fitting(exchange.replies, room_bytes)
    room_bytes -= _size(replies)
    answer_room = F_OPTS_MAX_BYTES
    chosen: list[Request] = []
    kept: list[Request] = []
    for request in (*exchange.in_flight, *exchange.pending):
        size, answer_size = _size(request.commands), request.answer_bytes(exchange.version)
        fits = size <= room_bytes and answer_size <= answer_room
        if fits and not _must_wait(exchange, request, (*chosen, *kept)):
            chosen.append(replace(request, attempts=request.attempts + 1))
            room_bytes, answer_room = room_bytes - size, answer_room - answer_size
        else:
            kept.append(request)
    told = replace(exchange, pending=tuple(kept), in_flight=tuple(chosen), replies=())
    return told, (*replies, *(command for request in chosen for command in request.commands))


def heard(exchange: NetworkExchange, commands: Iterable[MacCommand]) -> tuple[NetworkExchange, tuple[Outcome, ...]]:
    """The state after a new uplink with those commands, be there none, and what became of what was asked."""
    said = tuple(commands)
    answers = tuple(command for command in said if command.CID in ANSWERED_CIDS)
    receive, again, outcomes = exchange.receive, [], list[Outcome]()
    for place, request in enumerate(exchange.in_flight):
        own = _answers_to(exchange.in_flight, place, answers)
        if own:
            outcomes.append(judged(request, own))
        elif request.attempts < exchange.max_attempts:
            again.append(request)
        else:
            outcomes.append(GivenUp(request))
    for outcome in outcomes:
        if isinstance(outcome, Accepted):
            receive = _after(receive, outcome.request)
    expected = {request.cid for request in exchange.in_flight} | exchange.settling
    outcomes.extend(Unasked(answer) for answer in answers if answer.CID not in expected)
    state = replace(
        exchange,
        receive=receive,
        pending=(*again, *exchange.pending),
        in_flight=(),
        settling=POSSIBLY_STICKY_CIDS.intersection(answer.CID for answer in answers),
        replies=tuple(found for command in said if (found := confirmation(command)) is not None),
    )
    return state, tuple(outcomes)


def _answers_to(in_flight: tuple[Request, ...], place: int, answers: tuple[MacCommand, ...]) -> tuple[MacCommand, ...]:
    """All LinkADRAns to the one block; else the n-th answer of its identifier to the n-th request of it."""
    request = in_flight[place]
    same = tuple(answer for answer in answers if request.cid == answer.CID)
    if request.cid == LinkADRReq.CID:
        return same
    before = sum(one.cid == request.cid for one in in_flight[:place])
    return same[before : before + 1]


def _must_wait(exchange: NetworkExchange, request: Request, earlier: tuple[Request, ...]) -> bool:
    """A repeated answer to an earlier request must not pass for one to this; nor may two orders cross."""
    if request.cid in exchange.settling:
        return True
    subjects = {one.subject for one in earlier}
    channel = request.subject[1]
    return request.subject in subjects or (request.cid == DlChannelReq.CID and (NewChannelReq.CID, channel) in subjects)


def _check_channel(exchange: NetworkExchange, command: MacCommand) -> None:
    if not isinstance(command, NewChannelReq) or command.frequency_hz == 0:
        return
    index = command.channel_index
    moved = index in dict(exchange.receive.dl_frequencies_hz)
    will_move = (DlChannelReq.CID, index) in {one.subject for one in (*exchange.in_flight, *exchange.pending)}
    if moved or will_move:
        raise Invalid("lorawan.mac.channel_has_downlink_frequency", channel_index=index)


def _after(receive: ReceiveSettings, request: Request) -> ReceiveSettings:
    for command in request.commands:
        receive = receive.after(command)
    return receive


def _fitting(commands: tuple[MacCommand, ...], room_bytes: int) -> tuple[MacCommand, ...]:
    found: list[MacCommand] = []
    for command in commands:
        if _size((*found, command)) <= room_bytes:
            found.append(command)
    return tuple(found)


def _size(commands: Iterable[MacCommand]) -> int:
    return sum(1 + command.PAYLOAD_BYTES for command in commands)
