"""Over-the-air activation, the network's side. Pure; LoRaWAN L2 1.0.4, §6.2; 1.0.3, §6.2.

The order that makes it safe: judge in memory, then one transaction spends the DevNonce, takes the JoinNonce and writes
the session, and only what that transaction accepted is installed and answered. The new session replaces the old one at
once: a device that starts a join has left its old session, and a JoinAccept that it misses is followed by another join.
"""

from collections.abc import Callable
from datetime import datetime
from hmac import compare_digest

from msgspec import Struct

from maillage.lorawan.protocol.build import build_join_accept
from maillage.lorawan.protocol.crypto import SessionCrypto, SessionKeys, derive_session_keys, join_mic
from maillage.lorawan.protocol.dl_settings import DLSettings
from maillage.lorawan.protocol.frames import JoinRequest
from maillage.lorawan.protocol.join import DevNonceVerdict, JoinAcceptContent, judge_increasing_dev_nonce
from maillage.lorawan.protocol.types import MType
from maillage.lorawan.server.answers import Answer
from maillage.lorawan.server.opportunities import RadioPlan
from maillage.lorawan.server.refusals import Cause, Refusal
from maillage.lorawan.server.registry import DeviceState, Registry, SessionState
from maillage.lorawan.server.stages import JoinAsked, Received

_NWK_ADDR_BITS = 25
_NWK_ID_MASK = 0x3F
_ADDRESS_TRIES = 64


class PlannedJoin(Struct, frozen=True):
    """A join to be committed: everything the row needs, and the answer to send afterwards."""

    device: DeviceState
    dev_nonce: int
    join_nonce: int
    dev_addr: int
    keys: SessionKeys
    rx1_delay_s: int
    at: datetime
    received: Received
    answer: Answer


def judge_join(
    frame: JoinRequest, received: Received, registry: Registry, *, nonce_is_counter: Callable[[str], bool]
) -> JoinAsked | Refusal:
    """Everything memory can tell. A random DevNonce (1.0.3) is judged by the table's unique constraint."""
    dev_eui = frame.dev_eui.hex()
    device = registry.devices.get(dev_eui)
    if device is None:
        return Refusal(Cause.UNKNOWN_DEVICE, dev_eui)
    if device.join_eui != frame.join_eui.hex():
        return Refusal(Cause.JOIN_WRONG_EUI, dev_eui)
    if not compare_digest(frame.mic, join_mic(device.app_key, frame.signed)):
        return Refusal(Cause.JOIN_WRONG_MIC, dev_eui)
    last = device.last_dev_nonce if device.last_dev_nonce >= 0 else None
    if nonce_is_counter(device.model_key):
        if judge_increasing_dev_nonce(frame.dev_nonce, last) is not DevNonceVerdict.FRESH:
            return Refusal(Cause.JOIN_REPLAYED, dev_eui)
    elif frame.dev_nonce == last:
        return Refusal(Cause.JOIN_REPLAYED, dev_eui)
    return JoinAsked(received, frame, device)


class Joining:
    """Plans the answers to joins. ``random_bits(n)`` gives n random bits."""

    def __init__(self, registry: Registry, plan: RadioPlan, net_id: int, random_bits: Callable[[int], int]) -> None:
        self._registry = registry
        self._plan = plan
        self._net_id = net_id
        self._random_bits = random_bits
        self._settings = DLSettings(rx1_dr_offset=0, rx2_data_rate=plan.region.rx2_data_rate)

    def plan(self, asked: JoinAsked, at: datetime) -> PlannedJoin:
        device, join_nonce, dev_addr = asked.device, asked.device.join_nonce + 1, self._free_dev_addr()
        keys = derive_session_keys(device.app_key, join_nonce, self._net_id, asked.frame.dev_nonce)
        accept = JoinAcceptContent(
            join_nonce,
            self._net_id,
            dev_addr,
            self._settings,
            self._plan.region.receive_delay1_s,
            self._plan.region.cf_list(),
        )
        answer = self._answer(asked, build_join_accept(accept, device.app_key), dev_addr)
        nonce, delay_s = asked.frame.dev_nonce, accept.rx_delay_s
        return PlannedJoin(device, nonce, join_nonce, dev_addr, keys, delay_s, at, asked.received, answer)

    def install(self, join: PlannedJoin) -> None:
        """The transaction has accepted it."""
        join.device.join_nonce = join.join_nonce
        join.device.last_dev_nonce = max(join.device.last_dev_nonce, join.dev_nonce)
        crypto = SessionCrypto(join.keys.nwk_s_key, join.keys.app_s_key)
        self._registry.install(SessionState(join.device, join.dev_addr, crypto, -1, 0, join.rx1_delay_s))

    def _answer(self, asked: JoinAsked, phy_payload: bytes, dev_addr: int) -> Answer:
        chances = self._plan.class_a(asked.received, self._plan.region.join_accept_delay1_s)
        return Answer(asked.device, dev_addr, phy_payload, MType.JOIN_ACCEPT, None, None, None, chances, None)

    def _free_dev_addr(self) -> int:
        """Under NetID type 0: seven bits 0 and NwkID, then 25 random ones; shared only if the network is very full."""
        prefix = (self._net_id & _NWK_ID_MASK) << _NWK_ADDR_BITS
        for _ in range(_ADDRESS_TRIES):
            dev_addr = prefix | self._random_bits(_NWK_ADDR_BITS)
            if not self._registry.is_taken(dev_addr):
                break
        return dev_addr
