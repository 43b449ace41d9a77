"""A model of one device against the real core and the real database: joins, rejoins, losses, echoes, replays, kills.

Whatever happens: counters never go back, no frame is accepted twice, no downlink counter is used for two frames.
"""

import asyncio
import itertools
import random

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from tests.lorawan.radio_side import JOIN_EUI, KEYS, FakeDevice, register
from tests.lorawan.server.core import GATEWAY_EUI, Core, Radio

from maillage.lorawan.keys import Purpose
from maillage.lorawan.protocol.frames import DataDownlink, JoinAccept
from maillage.lorawan.protocol.parse import parse_frame
from maillage.lorawan.protocol.rejoin import RejoinType
from maillage.lorawan.regions.eu863_870 import EU863_870
from maillage.lorawan.simulator.device import EndDevice, Heard, Identity, Joined

NWK_KEY = bytes(range(16))
FATES = st.sampled_from(["arrives", "arrives", "arrives", "lost", "unheard"])
numbers = itertools.count(1)


class OneDevice(RuleBasedStateMachine):
    conninfo = ""
    is_1_1 = False

    def __init__(self) -> None:
        super().__init__()
        fake = FakeDevice(next(numbers), "of-1.1" if self.is_1_1 else "elsys-ers")
        self.dev_eui, self.on_air, self.told = fake.dev_eui, [], {}
        self.reached, self.join_nonce, self.downlinks = {}, 0, 0
        self.sql = psycopg.connect(self.conninfo, autocommit=True)
        self.sql.execute("DELETE FROM lorawan_gateway")
        register(self.conninfo, [fake], [bytes.fromhex(GATEWAY_EUI)], joined=False)
        if self.is_1_1:
            wrapped = KEYS.wrap(NWK_KEY, fake.dev_eui, Purpose.NWK_KEY)
            self.sql.execute("UPDATE lorawan_device SET nwk_key = %s WHERE dev_eui = %s", (wrapped, fake.dev_eui))
        self.runner = asyncio.Runner()
        self.core = Core(self.conninfo)
        self.runner.run(self.core.start())
        identity = Identity(bytes.fromhex(fake.dev_eui), JOIN_EUI, fake.app_key, NWK_KEY if self.is_1_1 else b"")
        self.radio = Radio(self.core, EndDevice(identity, EU863_870, 5, random.Random(1)))

    def teardown(self) -> None:
        self.runner.run(self.core.kill())
        self.runner.close()
        for table in ("session", "pendingsession", "useddevnonce", "downlink", "device"):
            self.sql.execute(f"DELETE FROM lorawan_{table}")  # noqa: S608 - names of our own
        self.sql.close()

    @rule(fate=FATES)
    def it_joins(self, fate):
        self._do(self.radio.join(**_fate(fate)))

    @precondition(lambda self: self.radio.device.session is not None and self.is_1_1)
    @rule(kind=st.sampled_from(RejoinType), fate=FATES)
    def it_rejoins(self, kind, fate):
        self._do(self.radio.rejoin(kind, **_fate(fate)))

    @precondition(lambda self: self.radio.device.session is not None)
    @rule(confirmed=st.booleans(), fate=FATES)
    def it_speaks(self, confirmed, fate):
        heard = self._do(self.radio.uplink(confirmed=confirmed, **_fate(fate)))
        if confirmed and fate == "arrives":
            assert any(isinstance(one, Heard) and one.acknowledges for one in heard)

    @precondition(lambda self: self.radio.device.session is not None)
    @rule()
    def an_application_has_something_to_say(self):
        self.downlinks += 1
        self.sql.execute(
            "INSERT INTO lorawan_downlink (id, device_id, reference, f_port, payload, confirmed, state, cause, detail,"
            " created_at, expires_at, attempts, gateway_eui) VALUES (gen_random_uuid(), %s, '', 7, 'hello', %s,"
            " 'queued', '', '', '2026-03-01', '2099-03-01', 0, '')",
            (self.dev_eui, bool(self.downlinks % 2)),
        )
        self.runner.run(self.core.changes.load_all())

    @precondition(lambda self: self.on_air)
    @rule(which=st.integers(0, 1_000), after_s=st.sampled_from([0.0, 0.1, 2.0, 4_000.0]))
    def a_frame_of_before_is_heard_again(self, which, after_s):
        """As an echo while its window is open, or much later, by whoever has recorded it."""
        self.core.now_s += after_s
        sent = self.on_air[which % len(self.on_air)]
        self.core.hear(sent.phy_payload, sent.frequency_hz, sent.data_rate)
        self.runner.run(self.core.settle())

    @rule(has_open_windows=st.booleans())
    def the_server_is_killed_and_started(self, has_open_windows):
        if has_open_windows and self.radio.device.session is not None:
            sent = self.radio.device.uplink(5, b"\x01\x00\xe2", self.radio.next_s())
            self.core.now_s = sent.end_s
            self.core.hear(sent.phy_payload, sent.frequency_hz, sent.data_rate)
            self.on_air.append(sent)
        self.runner.run(self.core.kill())
        self.runner.run(self.core.start())

    @invariant()
    def no_frame_is_accepted_twice(self):
        rows = self.sql.execute(
            "SELECT dev_addr, f_cnt, count(*) FROM lorawan_frame WHERE dev_eui = %s AND direction = 'up'"
            " GROUP BY 1, 2 HAVING count(*) > 1",
            (self.dev_eui,),
        ).fetchall()
        assert rows == []

    @invariant()
    def counters_never_go_back(self):
        for row in self.sql.execute(
            "SELECT dev_addr, f_cnt_up, f_cnt_down, a_f_cnt_down, last_rj_count0 FROM lorawan_session"
            " WHERE device_id = %s",
            (self.dev_eui,),
        ):
            dev_addr, *counters = row
            before = self.reached.get(dev_addr, [-1, 0, 0, -1])
            assert all(now >= then for now, then in zip(counters, before, strict=True))
            self.reached[dev_addr] = counters
        (nonce,) = self.sql.execute(
            "SELECT join_nonce FROM lorawan_device WHERE dev_eui = %s", (self.dev_eui,)
        ).fetchone()
        assert nonce >= self.join_nonce
        self.join_nonce = nonce

    def _do(self, exchange):
        self.radio.answers = []
        outcomes = self.runner.run(exchange)
        self.on_air.append(self.radio.last)
        for _opportunity, phy_payload in self.radio.answers:
            self._sent(phy_payload)
        assert all(isinstance(one, Heard | Joined) for one in outcomes), outcomes
        return outcomes

    def _sent(self, phy_payload):
        """A counter is bound to one frame for ever."""
        frame = parse_frame(phy_payload)
        assert isinstance(frame, DataDownlink | JoinAccept)
        if isinstance(frame, DataDownlink):
            is_application = self.is_1_1 and bool(frame.f_port)
            key = (frame.dev_addr, is_application, frame.f_cnt_16)
            assert self.told.setdefault(key, phy_payload) == phy_payload


def _fate(fate):
    return {"lost": fate == "lost", "unheard": fate == "unheard"}


@pytest.mark.parametrize("is_1_1", [False, True])
def test_one_device_whatever_happens(lorawan_conninfo, is_1_1):
    machine = type("Machine", (OneDevice,), {"conninfo": lorawan_conninfo, "is_1_1": is_1_1})
    checks = [HealthCheck.too_slow]
    run_state_machine_as_test(
        machine, settings=settings(max_examples=10, stateful_step_count=20, deadline=None, suppress_health_check=checks)
    )
