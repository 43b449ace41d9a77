"""Both sides over a channel that loses frames: they agree on the receive windows, and end where the profile wants."""

from datetime import UTC, datetime

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from maillage.lorawan.adr.history import EMPTY
from maillage.lorawan.adr.semtech import SemtechAdr
from maillage.lorawan.adr.values import Limits
from maillage.lorawan.mac_exchange.hearing import Hearing, Rhythm, learn
from maillage.lorawan.mac_exchange.planning import Occasion, asking, fitting, wanted
from maillage.lorawan.mac_exchange.state import INITIAL, QUIET_UPLINKS, requests_in
from maillage.lorawan.mac_exchange.wishes import (
    NO_WISH,
    RadioWish,
    WishedChannel,
    channel_frequencies,
    rx1_frequency_hz,
    unmet,
)
from maillage.lorawan.protocol.exchange.device import DeviceExchange, hear, uplink
from maillage.lorawan.protocol.mac.dl_channel import DlChannelAns, DlChannelReq
from maillage.lorawan.protocol.mac.new_channel import NewChannelAns, NewChannelReq
from maillage.lorawan.protocol.mac.rx_param_setup import RXParamSetupAns, RXParamSetupReq
from maillage.lorawan.protocol.mac.rx_timing_setup import RXTimingSetupAns, RXTimingSetupReq
from maillage.lorawan.protocol.mac.stream import encode_commands, parse_commands
from maillage.lorawan.protocol.types import Direction
from maillage.lorawan.protocol.version import Version
from maillage.lorawan.regions.eu863_870 import EU863_870

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RHYTHM, LIMITS = Rhythm(status_every=None), Limits.of(EU863_870)
JOINED = channel_frequencies(b"", EU863_870)
DECLINED_HZ = 866_100_000
FREQUENCIES_HZ = st.sampled_from([864_100_000, 865_100_000, 869_525_000, DECLINED_HZ])
ROOMS = st.sampled_from([0, 4, 6, 9, 15])
CHANNELS = st.lists(
    st.builds(WishedChannel, st.integers(7, 9), FREQUENCIES_HZ, st.just(0), st.just(5), st.none() | FREQUENCIES_HZ),
    max_size=3,
    unique_by=lambda one: one.index,
).map(tuple)
WISHES = st.builds(
    RadioWish,
    st.none() | st.integers(1, 4),
    st.none() | st.integers(0, 5),
    st.none() | st.just(3),
    st.none() | FREQUENCIES_HZ,
    CHANNELS,
)


class Radio:
    """A device that obeys as the standard asks, but for one frequency that it does not have."""

    def __init__(self):
        self.rx1_delay_s, self.rx_params = 1, (0, EU863_870.rx2_data_rate, EU863_870.rx2_frequency_hz)
        self.channels, self.downlinks_hz = dict(JOINED), {}

    def obey(self, commands):
        return [self._answer(command) for command in commands]

    def rx1_hz(self, index):
        return self.downlinks_hz.get(index, self.channels[index])

    def _answer(self, command):
        match command:
            case RXTimingSetupReq():
                self.rx1_delay_s = command.delay_s
                return RXTimingSetupAns()
            case RXParamSetupReq():
                return self._rx_params(command)
            case DlChannelReq():
                return self._dl_channel(command)
            case NewChannelReq():
                return self._new_channel(command)

    def _rx_params(self, command):
        answer = RXParamSetupAns(True, True, command.frequency_hz != DECLINED_HZ)
        if answer.accepted:
            asked = command.dl_settings
            self.rx_params = (asked.rx1_dr_offset, asked.rx2_data_rate, command.frequency_hz)
        return answer

    def _dl_channel(self, command):
        answer = DlChannelAns(command.channel_index in self.channels, command.frequency_hz != DECLINED_HZ)
        if answer.accepted:
            self.downlinks_hz[command.channel_index] = command.frequency_hz
        return answer

    def _new_channel(self, command):
        answer = NewChannelAns(data_rate_range_ok=True, frequency_ok=command.frequency_hz != DECLINED_HZ)
        if answer.accepted:
            self.channels.pop(command.channel_index, None)
            self.downlinks_hz.pop(command.channel_index, None)
            if command.frequency_hz:
                self.channels[command.channel_index] = command.frequency_hz
        return answer


class LossyChannel(RuleBasedStateMachine):
    @initialize(version=st.sampled_from(Version))
    def start(self, version):
        self.version = version
        self.radio, self.device = Radio(), DeviceExchange(version)
        self.mac, self.rx1_delay_s, self.wish, self.f_cnt = INITIAL, 1, NO_WISH, -1

    @rule(wish=WISHES)
    def the_profile_changes(self, wish):
        self.wish = wish

    @rule(fates=st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=6), room_bytes=ROOMS)
    def some_uplinks(self, fates, room_bytes):
        for uplink_arrives, downlink_arrives in fates:
            self._exchange(uplink_arrives, downlink_arrives, room_bytes)

    @rule(first=WISHES, second=WISHES)
    def a_second_wish_comes_while_the_first_is_still_answered(self, first, second):
        self.wish = first
        self._exchange(True, True, 15)
        self._exchange(True, False, 15)
        self.wish = second
        self._exchange(True, False, 15)
        self._exchange(True, True, 15)

    @rule()
    def a_downlink_of_class_c(self):
        before = self.device.sticky
        self.device = hear(self.device, (), (), in_rx1_or_rx2=False)
        assert self.device.sticky == before

    @rule()
    def the_channel_is_fine_for_a_while(self):
        for _ in range(2 * QUIET_UPLINKS):  # it may be left in peace at first
            self._exchange(True, True, 15)
        assert (self.mac.pending, self.mac.settling, self.device.sticky) == (b"", 0, ())
        left = unmet(self.mac, self.rx1_delay_s, self.wish, EU863_870)
        assert left == []
        declined = requests_in(self.mac.refused)
        if not any(isinstance(one, RXParamSetupReq) for one in declined):
            assert self.wish.rx2_frequency_hz in (None, self.radio.rx_params[2])
        if self.wish.rx1_delay_s is not None:
            assert self.radio.rx1_delay_s == self.wish.rx1_delay_s

    def _exchange(self, uplink_arrives, downlink_arrives, room_bytes):
        self.device, said = uplink(self.device)
        octets = encode_commands(said)
        assert len(octets) <= 15
        self.f_cnt += 1
        if not uplink_arrives:
            return
        heard = parse_commands(Direction.UPLINK, octets, self.version)
        assert heard.remainder is None
        learned = learn(self.mac, self.rx1_delay_s, Hearing(0, self.f_cnt, NOW, heard.commands), RHYTHM)
        self.mac, self.rx1_delay_s = learned.mac, learned.rx1_delay_s
        self._agree()
        occasion = Occasion(self.f_cnt, NOW, False, EMPTY, self.rx1_delay_s, self.wish)
        requests = fitting(wanted(self.mac, occasion, SemtechAdr(), LIMITS, EU863_870), room_bytes)
        if requests:
            self.mac = asking(self.mac, requests, NOW, RHYTHM)
        if (requests or self.mac.settling) and downlink_arrives:
            self.device = hear(self.device, requests, self.radio.obey(requests))

    def _agree(self):
        """Whenever the network may answer, it knows where and when the device listens."""
        mac, radio = self.mac, self.radio
        assert self.rx1_delay_s == radio.rx1_delay_s
        offset, rate, frequency_hz = radio.rx_params
        assert mac.rx1_dr_offset == offset
        assert (mac.rx2_data_rate or EU863_870.rx2_data_rate) == rate
        assert (mac.rx2_frequency_hz or EU863_870.rx2_frequency_hz) == frequency_hz
        known = channel_frequencies(mac.taught, EU863_870)
        for index, uplink_hz in radio.channels.items():
            shared = [one for one in known if known[one] == uplink_hz]
            if known.get(index) == uplink_hz and shared == [index]:
                assert rx1_frequency_hz(mac, EU863_870, uplink_hz, uplink_hz) == radio.rx1_hz(index)


TestLossyChannel = LossyChannel.TestCase
TestLossyChannel.settings = settings(max_examples=50, stateful_step_count=25, deadline=None)


def test_a_removed_channel_is_gone_for_both():
    wish = RadioWish(channels=(WishedChannel(9, 865_100_000, 0, 5),))
    (request,) = unmet(INITIAL, 1, wish, EU863_870)
    assert request == NewChannelReq(9, 865_100_000, 0, 5)
    learned = learn(
        asking(INITIAL, [request], NOW, RHYTHM), 1, Hearing(0, 1, NOW, (NewChannelAns(True, True),)), RHYTHM
    )
    assert channel_frequencies(learned.mac.taught, EU863_870)[9] == 865_100_000
    (removal,) = unmet(learned.mac, 1, NO_WISH, EU863_870)
    assert (removal.channel_index, removal.frequency_hz) == (9, 0)
