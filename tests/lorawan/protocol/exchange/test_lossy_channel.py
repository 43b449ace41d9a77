"""Both sides over a channel that loses frames: they agree on the receive windows, and every request has an end."""

from dataclasses import replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from maillage.kernel.errors import Invalid
from maillage.lorawan.protocol.dl_settings import DLSettings
from maillage.lorawan.protocol.exchange.adr_block import AdrSettings, adr_block, adr_blocks, obey_adr_block
from maillage.lorawan.protocol.exchange.device import DeviceExchange, hear, insist, uplink
from maillage.lorawan.protocol.exchange.network import NetworkExchange, ask, heard, tell
from maillage.lorawan.protocol.exchange.receive_settings import ReceiveSettings
from maillage.lorawan.protocol.exchange.requests import Accepted, GivenUp, Unasked
from maillage.lorawan.protocol.mac.dev_status import DevStatusAns, DevStatusReq
from maillage.lorawan.protocol.mac.dl_channel import DlChannelAns, DlChannelReq
from maillage.lorawan.protocol.mac.link_adr import LinkADRReq
from maillage.lorawan.protocol.mac.new_channel import NewChannelAns, NewChannelReq
from maillage.lorawan.protocol.mac.ping_slot_info import PingSlotInfoReq
from maillage.lorawan.protocol.mac.rekey import RekeyInd
from maillage.lorawan.protocol.mac.rx_param_setup import RXParamSetupAns, RXParamSetupReq
from maillage.lorawan.protocol.mac.rx_timing_setup import RXTimingSetupAns, RXTimingSetupReq
from maillage.lorawan.protocol.mac.stream import encode_commands, parse_commands
from maillage.lorawan.protocol.types import Direction
from maillage.lorawan.protocol.version import Version

START = ReceiveSettings(1, 0, 0, 869_525_000)
CHANNELS = {0: 868_100_000, 1: 868_300_000, 2: 868_500_000}
FREQUENCIES_HZ = st.sampled_from([867_100_000, 867_300_000, 869_525_000, 433_000_000])
ROOMS = st.sampled_from([0, 4, 6, 9, 15])
RX_PARAMS = st.builds(RXParamSetupReq, st.builds(DLSettings, st.integers(4, 6), st.just(3)), FREQUENCIES_HZ)
RX_TIMINGS = st.builds(RXTimingSetupReq, st.integers(1, 4))
DL_CHANNELS = st.builds(DlChannelReq, st.integers(2, 4), FREQUENCIES_HZ)
NEW_CHANNELS = st.builds(NewChannelReq, st.integers(3, 4), FREQUENCIES_HZ | st.just(0), st.just(0), st.just(5))
REQUESTS = st.one_of(RX_PARAMS, RX_TIMINGS, DL_CHANNELS, NEW_CHANNELS, st.just(DevStatusReq())).map(lambda one: (one,))
PAIRS = st.one_of(st.tuples(kind, kind) for kind in (RX_PARAMS, RX_TIMINGS, DL_CHANNELS))
BLOCKS = st.builds(
    adr_block,
    st.builds(AdrSettings, st.integers(0, 7), st.integers(0, 9), st.integers(1, 3), st.just(0)),
    st.lists(st.tuples(st.sampled_from([0, 6, 7]), st.integers(1, 0x3F)), min_size=1, max_size=2),
)


class Radio:
    """A device that obeys as the standard asks, over 868 MHz only."""

    def __init__(self, version):
        self.version = version
        self.receive = START
        self.channels = dict(CHANNELS)
        self.adr = AdrSettings(0, 0, 1, 0b111)

    def apply_mask(self, enabled, ch_mask_cntl, ch_mask):
        defined = sum(1 << index for index in self.channels)
        if ch_mask_cntl == 6:
            return defined
        return ch_mask if ch_mask_cntl == 0 and not ch_mask & ~defined else None

    def carries(self, enabled, data_rate):
        return data_rate <= 5

    def has_power(self, tx_power):
        return tx_power <= 7

    def obey(self, commands):
        """The answers, in the order of the requests."""
        answers, blocks = [], adr_blocks(commands)
        for place, command in enumerate(commands):
            if isinstance(command, LinkADRReq):
                if place == 0 or not isinstance(commands[place - 1], LinkADRReq):
                    self.adr, said = obey_adr_block(self.adr, blocks.pop(0), self, self.version)
                    answers.extend(said)
            elif (answer := self._answer(command)) is not None:
                answers.append(answer)
        return answers

    def _answer(self, command):
        match command:
            case RXParamSetupReq():
                fine = command.dl_settings.rx1_dr_offset <= 5, True, command.frequency_hz > 860_000_000
                return self._taken(command, RXParamSetupAns(*fine))
            case RXTimingSetupReq():
                self.receive = self.receive.after(command)
                return RXTimingSetupAns()
            case DlChannelReq():
                exists = command.channel_index in self.channels
                return self._taken(command, DlChannelAns(exists, command.frequency_hz > 860_000_000))
            case NewChannelReq():
                fine = command.frequency_hz == 0 or command.frequency_hz > 860_000_000
                answer = self._taken(command, NewChannelAns(data_rate_range_ok=True, frequency_ok=fine))
                if answer.accepted:
                    self.channels.pop(command.channel_index, None)
                    if command.frequency_hz:
                        self.channels[command.channel_index] = command.frequency_hz
                return answer
            case DevStatusReq():
                return DevStatusAns(200, 7)
            case _:
                return None

    def _taken(self, command, answer):
        if answer.accepted:
            self.receive = self.receive.after(command)
        return answer


class LossyChannel(RuleBasedStateMachine):
    @initialize(version=st.sampled_from(Version))
    def start(self, version):
        self.version = version
        self.radio = Radio(version)
        self.device = DeviceExchange(version, max_attempts=1000)
        self.network = NetworkExchange(version, START)
        self.asked, self.ended, self.replaced = 0, 0, 0

    @rule(commands=REQUESTS | BLOCKS)
    def the_network_wants_something(self, commands):
        before = len(self.network.pending)
        try:
            self.network = ask(self.network, *commands)
        except Invalid:
            assert isinstance(commands[0], NewChannelReq)
            return
        self.asked += 1
        self.replaced += before + 1 - len(self.network.pending)

    @rule(command=st.sampled_from([RekeyInd(), PingSlotInfoReq(3)]))
    def the_device_wants_something(self, command):
        if self.version.is_1_1 or isinstance(command, PingSlotInfoReq):
            self.device = insist(self.device, command)

    @rule(fates=st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=5), room_bytes=ROOMS)
    def some_uplinks(self, fates, room_bytes):
        for uplink_arrives, downlink_arrives in fates:
            self._exchange(uplink_arrives, downlink_arrives, room_bytes)

    @rule(pair=PAIRS)
    def a_second_request_is_lost_while_the_first_is_still_answered(self, pair):
        self.the_network_wants_something(pair[:1])
        self._exchange(True, True, 15)
        self._exchange(True, False, 15)
        self.the_network_wants_something(pair[1:])
        self._exchange(True, False, 15)
        self._exchange(True, True, 15)

    @rule()
    def a_downlink_of_class_c(self):
        before = self.device.sticky
        self.device = hear(self.device, (), (), in_rx1_or_rx2=False)
        assert self.device.sticky == before

    @precondition(lambda self: self.asked)
    @rule()
    def the_channel_is_fine_for_a_while(self):
        for _ in range(100):
            self._exchange(True, True, 15)
            if self.network.is_quiet and self.device == DeviceExchange(self.version, max_attempts=1000):
                break
        assert self.network.is_quiet
        assert (self.device.sticky, self.device.once, self.device.questions) == ((), (), ())
        assert self.ended + self.replaced == self.asked
        self._agree()

    @invariant()
    def no_more_than_two_wishes_wait_for_one_subject(self):
        subjects = [one.subject for one in (*self.network.in_flight, *self.network.pending)]
        assert all(subjects.count(subject) <= 2 for subject in subjects)

    def _exchange(self, uplink_arrives, downlink_arrives, room_bytes):
        self.device, said = uplink(self.device)
        octets = encode_commands(said)
        assert len(octets) <= 15
        if not uplink_arrives:
            return
        stream = parse_commands(Direction.UPLINK, octets, self.version)
        assert stream.remainder is None
        self.network, outcomes = heard(self.network, stream.commands)
        self._agree()
        self._learn(outcomes)
        if self.network.pending or self.network.owes_downlink:
            self._downlink(downlink_arrives, room_bytes)

    def _downlink(self, arrives, room_bytes):
        self.network, told = tell(self.network, room_bytes)
        octets = encode_commands(told)
        assert len(octets) <= room_bytes
        if arrives:
            commands = parse_commands(Direction.DOWNLINK, octets, self.version).commands
            self.device = hear(self.device, commands, self.radio.obey(commands))

    def _agree(self):
        """Whenever the network may answer, it knows where and when the device listens."""
        known, real = self.network.receive, self.radio.receive
        assert replace(known, dl_frequencies_hz=()) == replace(real, dl_frequencies_hz=())
        for index, frequency_hz in self.radio.channels.items():
            assert known.rx1_frequency_hz(index, frequency_hz) == real.rx1_frequency_hz(index, frequency_hz)

    def _learn(self, outcomes):
        for outcome in outcomes:
            assert not isinstance(outcome, Unasked)
            self.ended += 1
            first = outcome.request.commands[0]
            if isinstance(outcome, GivenUp):
                assert outcome.request.attempts == self.network.max_attempts
            elif isinstance(first, LinkADRReq) and isinstance(outcome, Accepted):
                last = outcome.request.commands[-1]
                assert (self.radio.adr.data_rate, self.radio.adr.tx_power) == (last.data_rate, last.tx_power)
                assert self.radio.adr.nb_trans == last.nb_trans


TestLossyChannel = LossyChannel.TestCase
TestLossyChannel.settings = settings(max_examples=50, stateful_step_count=25, deadline=None)
