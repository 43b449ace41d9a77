"""What an uplink teaches the network. Times and counters are values; nothing is sent here."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import takewhile

from msgspec import Struct
from msgspec.structs import replace

from maillage.lorawan.mac_exchange.state import MAX_ATTEMPTS, QUIET_UPLINKS, MacState, requests_in
from maillage.lorawan.mac_exchange.wishes import with_subject
from maillage.lorawan.protocol.exchange.adr_block import KEEP
from maillage.lorawan.protocol.exchange.sticky import POSSIBLY_STICKY_CIDS
from maillage.lorawan.protocol.mac.command import MacCommand
from maillage.lorawan.protocol.mac.dev_status import DevStatusAns
from maillage.lorawan.protocol.mac.dl_channel import DlChannelAns, DlChannelReq
from maillage.lorawan.protocol.mac.link_adr import LinkADRAns, LinkADRReq
from maillage.lorawan.protocol.mac.new_channel import NewChannelAns, NewChannelReq
from maillage.lorawan.protocol.mac.rx_param_setup import RXParamSetupAns, RXParamSetupReq
from maillage.lorawan.protocol.mac.rx_timing_setup import RXTimingSetupAns, RXTimingSetupReq
from maillage.lorawan.protocol.mac.stream import encode_commands

_REFUSALS_KEPT = 16


class Hearing(Struct, frozen=True):
    """One accepted uplink: the index of its data rate (None: not of the region), its counter, its commands.

    ``share`` in 0..1 spreads the first question for their status of devices that all begin at once.
    """

    data_rate: int | None
    f_cnt: int
    at: datetime
    commands: tuple[MacCommand, ...] = ()
    share: float = 0.0


class Learned(Struct, frozen=True):
    """``status`` is a report of battery and margin, if there was one."""

    mac: MacState
    rx1_delay_s: int
    status: DevStatusAns | None = None


class Rhythm(Struct, frozen=True):
    """How often a device's status is asked (None: never), and when again if it does not answer."""

    status_every: timedelta | None = timedelta(days=1)
    status_again: timedelta = timedelta(hours=1)


def learn(mac: MacState, rx1_delay_s: int, heard: Hearing, rhythm: Rhythm) -> Learned:
    """The state after an uplink: answers applied to what was asked, then what its data rate shows."""
    asked = requests_in(mac.pending)
    status = next((found for found in heard.commands if isinstance(found, DevStatusAns)), None)
    learned = Learned(replace(mac, pending=b"", settling=_settling(heard.commands)), rx1_delay_s, status)
    unanswered = False
    for request in asked:
        step = _answered(learned, request, heard, asked)
        unanswered |= step is None and type(request) in SETTINGS
        learned = step or learned
    settled = _counted(learned.mac, heard.f_cnt, was_asked=bool(asked), unanswered=unanswered)
    every = rhythm.status_every
    if every is None:
        settled = replace(settled, status_due_at=None)
    elif status is not None:
        settled = replace(settled, status_due_at=heard.at + every)
    elif settled.status_due_at is None:
        settled = replace(settled, status_due_at=heard.at + every * heard.share)
    has_just_said_so = any(isinstance(found, LinkADRAns) and found.accepted for found in heard.commands)
    settled = _following(settled, heard.data_rate, has_just_said_so=has_just_said_so)
    return Learned(settled, learned.rx1_delay_s, status)


def _answered(learned: Learned, request: MacCommand, heard: Hearing, asked: tuple[MacCommand, ...]) -> Learned | None:
    """After the device's word on one request; None when it said nothing."""
    mac, delay_s = learned.mac, learned.rx1_delay_s
    found: Learned | None = None
    match request, _answer_to(request, heard.commands, asked):
        case LinkADRReq(), LinkADRAns() as answer:
            found = Learned(_link_adr(mac, request, answer, heard.f_cnt), delay_s, learned.status)
        case LinkADRReq(), None if _took_silently(mac, request, heard.data_rate):
            found = Learned(_accepted_adr(mac, request), delay_s, learned.status)
        case RXParamSetupReq(), RXParamSetupAns() as answer:
            found = Learned(_rx_params(mac, request, answer), delay_s, learned.status)
        case RXTimingSetupReq(), RXTimingSetupAns():
            found = Learned(mac, request.delay_s, learned.status)
        case NewChannelReq(), NewChannelAns() as answer:
            found = Learned(_new_channel(mac, request, answer), delay_s, learned.status)
        case DlChannelReq(), DlChannelAns() as answer:
            found = Learned(_dl_channel(mac, request, answer), delay_s, learned.status)
        case _, None:
            pass
        case _:  # DevStatusAns is in ``status``; DutyCycleAns has nothing to say but that it came
            found = learned
    return found


SETTINGS = (LinkADRReq, RXParamSetupReq, RXTimingSetupReq, NewChannelReq, DlChannelReq)


def _settling(said: Iterable[MacCommand]) -> int:
    """Identifiers whose answer a device repeats until it hears a downlink: it may come once more."""
    return sum(1 << cid for cid in POSSIBLY_STICKY_CIDS.intersection(one.CID for one in said))


def _answer_to(request: MacCommand, said: Iterable[MacCommand], asked: tuple[MacCommand, ...]) -> MacCommand | None:
    """The answer with the request's identifier: the n-th of it to the n-th request of it."""
    place = sum(1 for _ in takewhile(lambda one: one is not request, (one for one in asked if one.CID == request.CID)))
    answers = [one for one in said if one.CID == request.CID]
    return answers[place] if place < len(answers) else None


def _took_silently(mac: MacState, request: LinkADRReq, data_rate: int | None) -> bool:
    """Its answer was lost, but it uses the rate it was asked for and did not before: it takes all of it or nothing."""
    return data_rate is not None and data_rate == request.data_rate != mac.data_rate


def _link_adr(mac: MacState, request: LinkADRReq, answer: LinkADRAns, f_cnt: int) -> MacState:
    if answer.accepted:
        return _accepted_adr(mac, request)
    rate, power = mac.max_data_rate, mac.max_tx_power
    if not answer.data_rate_ack and request.data_rate > (mac.data_rate or 0):
        rate = request.data_rate - 1
    if not answer.power_ack and request.tx_power > 0:
        power = request.tx_power - 1
    quiet = f_cnt + QUIET_UPLINKS if (rate, power) == (mac.max_data_rate, mac.max_tx_power) else mac.quiet_until_f_cnt
    return replace(mac, max_data_rate=rate, max_tx_power=power, quiet_until_f_cnt=quiet)


def _accepted_adr(mac: MacState, request: LinkADRReq) -> MacState:
    return replace(
        mac,
        data_rate=mac.data_rate if request.data_rate == KEEP else request.data_rate,
        tx_power=mac.tx_power if request.tx_power == KEEP else request.tx_power,
        nb_trans=request.nb_trans or mac.nb_trans,
    )


def _rx_params(mac: MacState, request: RXParamSetupReq, answer: RXParamSetupAns) -> MacState:
    if not answer.accepted:
        return _refused(mac, request)
    return replace(
        mac,
        rx1_dr_offset=request.dl_settings.rx1_dr_offset,
        rx2_data_rate=request.dl_settings.rx2_data_rate,
        rx2_frequency_hz=request.frequency_hz,
    )


def _new_channel(mac: MacState, request: NewChannelReq, answer: NewChannelAns) -> MacState:
    """A channel is enabled by its definition, and disabled with it; a mask of the join's channels stays unknown."""
    if not answer.accepted:
        return _refused(mac, request)
    taught = encode_commands(with_subject(mac.taught, request))
    if mac.channels is None:
        return replace(mac, taught=taught)
    bit = 1 << request.channel_index
    channels = mac.channels | bit if request.frequency_hz else mac.channels & ~bit
    return replace(mac, taught=taught, channels=channels)


def _dl_channel(mac: MacState, request: DlChannelReq, answer: DlChannelAns) -> MacState:
    if not answer.accepted:
        return _refused(mac, request)
    return replace(mac, taught=encode_commands(with_subject(mac.taught, request)))


def _refused(mac: MacState, request: MacCommand) -> MacState:
    """Not to be asked again in this session; of very many refusals the oldest are forgotten."""
    kept = [one for one in requests_in(mac.refused) if one != request]
    return replace(mac, refused=encode_commands([*kept, request][-_REFUSALS_KEPT:]))


def _counted(mac: MacState, f_cnt: int, *, was_asked: bool, unanswered: bool) -> MacState:
    """Attempts in vain follow each other at once, a few times; then it is quiet for a while."""
    if not was_asked:
        return mac
    if not unanswered:
        return replace(mac, attempts=0)
    if mac.attempts < MAX_ATTEMPTS:
        return mac
    return replace(mac, attempts=0, quiet_until_f_cnt=f_cnt + QUIET_UPLINKS)


def _following(mac: MacState, data_rate: int | None, *, has_just_said_so: bool) -> MacState:
    """The rate that the device really uses. A slower one than it had is its own way back: at full power, sending once.

    Not in the uplink that accepts a request: some devices obey from the next one on.
    """
    if data_rate is None or data_rate == mac.data_rate:
        return mac
    if mac.data_rate is None or data_rate > mac.data_rate or has_just_said_so:
        return replace(mac, data_rate=data_rate)
    return replace(mac, data_rate=data_rate, tx_power=0, nb_trans=1)
