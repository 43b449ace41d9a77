"""Over-the-air activation, the network's side. Pure; LoRaWAN L2 1.0.4, §6.2; 1.0.3, §6.2; 1.1, §6.2.

The order that makes it safe: judge in memory, then one transaction spends the DevNonce, takes the JoinNonce and writes
the session, and only what that transaction accepted is installed and answered. The new session replaces the old one at
once: a device that starts a join has left its old session, and a JoinAccept that it misses is followed by another join.

Which version the session has is decided by the key that signed the request, then by the model: a device that signs with
NwkKey speaks 1.1 and is answered so if its model does (OptNeg), else as a network of 1.0 would (1.1, §6.1.2); one that
signs with AppKey speaks 1.0.x, whatever its model says. Each difference is kept as the session's ``Mismatch``.
"""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from hmac import compare_digest

from msgspec import Struct

from maillage.lorawan.mac_exchange.state import INITIAL, MacState
from maillage.lorawan.mac_exchange.wishes import NO_WISH, RadioWish
from maillage.lorawan.protocol.crypto import join_mic
from maillage.lorawan.protocol.dl_settings import DLSettings
from maillage.lorawan.protocol.frames import JoinRequest
from maillage.lorawan.protocol.join import DevNonceVerdict, JoinAcceptContent, judge_increasing_dev_nonce
from maillage.lorawan.protocol.join_1_1 import (
    JoinQuestion,
    JoinReqType,
    RootKeys,
    build_join_accept_1_1,
    derive_root_keys,
    open_session,
)
from maillage.lorawan.protocol.types import MType
from maillage.lorawan.server.answers import Answer
from maillage.lorawan.server.opportunities import RadioPlan
from maillage.lorawan.server.refusals import Cause, Refusal
from maillage.lorawan.server.registry import DeviceState, Registry, SessionState
from maillage.lorawan.server.sessions import AnyKeys, crypto_of, keys_of
from maillage.lorawan.server.sharding import ALONE, Shard
from maillage.lorawan.server.stages import JoinAsked, Received, RejoinAsked

_NWK_ADDR_BITS = 25
_NWK_ID_MASK = 0x3F
_ADDRESS_TRIES = 64


class Mismatch(StrEnum):
    """How a device differs from its model; words are in ``labels``. ``NONE`` is empty."""

    NONE = ""
    SPEAKS_1_1 = "speaks_1_1"
    SPEAKS_1_0 = "speaks_1_0"


class JoinProfile(Struct, frozen=True):
    """What of a device's model matters to a join."""

    is_1_1: bool = False
    wish: RadioWish = NO_WISH


class PlannedJoin(Struct, frozen=True):
    """A join to be committed: everything the row needs, and the answer to send afterwards."""

    device: DeviceState
    dev_nonce: int
    join_nonce: int
    dev_addr: int
    keys: AnyKeys
    rx1_delay_s: int
    at: datetime
    received: Received
    answer: Answer
    mac: MacState = INITIAL
    mismatch: Mismatch = Mismatch.NONE


class PlannedRejoin(Struct, frozen=True):
    """The answer to a Rejoin-Request to be committed: a session offered beside the one in use.

    ``asker`` is the session that signed the request, None for type 1. One that was itself only offered is used from
    now on (``promotes``).
    """

    device: DeviceState
    kind: JoinReqType
    rj_count: int
    join_nonce: int
    dev_addr: int
    keys: AnyKeys
    rx1_delay_s: int
    at: datetime
    received: Received
    answer: Answer
    mac: MacState
    asker: SessionState | None
    promotes: bool

    @property
    def keeps_radio(self) -> bool:
        """Type 2 asks for keys only."""
        return self.kind is JoinReqType.REJOIN_2


def judge_join(
    frame: JoinRequest, received: Received, registry: Registry, *, nonce_is_counter: Callable[[str], bool]
) -> JoinAsked | Refusal:
    """Everything memory can tell. A random DevNonce (1.0.3) is judged by the table's unique constraint."""
    dev_eui = frame.dev_eui.hex()
    device = registry.devices.get(dev_eui)
    if device is None:
        return Refusal(Cause.UNKNOWN_DEVICE, dev_eui)
    if device.is_abp:
        return Refusal(Cause.JOIN_OF_ABP, dev_eui)
    if device.join_eui != frame.join_eui.hex():
        return Refusal(Cause.JOIN_WRONG_EUI, dev_eui)
    by_nwk_key = bool(device.nwk_key) and compare_digest(frame.mic, join_mic(device.nwk_key, frame.signed))
    if not by_nwk_key and not compare_digest(frame.mic, join_mic(device.app_key, frame.signed)):
        return Refusal(Cause.JOIN_WRONG_MIC, dev_eui)
    counts = by_nwk_key or nonce_is_counter(device.model_key)  # 1.1 always counts (1.1, §6.2.2)
    if _is_replayed(frame.dev_nonce, device.last_dev_nonce, counts=counts):
        return Refusal(Cause.JOIN_REPLAYED, dev_eui)
    return JoinAsked(received, frame, device, by_nwk_key)


def _is_replayed(dev_nonce: int, last: int, *, counts: bool) -> bool:
    if counts:
        verdict = judge_increasing_dev_nonce(dev_nonce, last if last >= 0 else None)
        return verdict is not DevNonceVerdict.FRESH
    return dev_nonce == last


class Joining:
    """Plans the answers to joins and rejoins. ``random_bits(n)`` gives n random bits, ``profile_of`` a model's part."""

    def __init__(
        self,
        registry: Registry,
        plan: RadioPlan,
        net_id: int,
        random_bits: Callable[[int], int],
        profile_of: Callable[[str], JoinProfile] = lambda _model_key: JoinProfile(),
        shard: Shard = ALONE,
    ) -> None:
        self._registry = registry
        self._plan = plan
        self._net_id = net_id
        self._random_bits = random_bits
        self._profile_of = profile_of
        self._shard = shard

    def plan(self, asked: JoinAsked, at: datetime) -> PlannedJoin:
        device, frame, profile = asked.device, asked.frame, self._profile_of(asked.device.model_key)
        opt_neg = asked.by_nwk_key and profile.is_1_1
        nwk_key = device.nwk_key if asked.by_nwk_key else device.app_key
        roots = derive_root_keys(nwk_key, device.app_key, frame.dev_eui)
        question = JoinQuestion(JoinReqType.JOIN, frame.join_eui, frame.dev_nonce)
        mac, delay_s = self._settings(profile.wish)
        accept = self._accept(device, mac, delay_s, opt_neg=opt_neg)
        answer = self._answer(asked, build_join_accept_1_1(accept, roots, question), accept.dev_addr)
        keys = keys_of(open_session(roots, accept, question))
        return PlannedJoin(
            *(device, frame.dev_nonce, accept.join_nonce, accept.dev_addr, keys, delay_s, at, asked.received, answer),
            mac=mac,
            mismatch=_mismatch(profile, by_nwk_key=asked.by_nwk_key),
        )

    def plan_rejoin(self, asked: RejoinAsked, at: datetime) -> PlannedRejoin | None:
        """The session to offer; None when the request has been overtaken by another one since it was judged."""
        device, frame, asker = asked.device, asked.frame, asked.session
        kind = JoinReqType(frame.rejoin_type)
        last = device.last_rj_count1 if asker is None else asker.last_rj_count0
        if frame.rj_count <= last or (asker is not None and asker not in (device.session, device.pending)):
            return None
        mac, delay_s = self._settings(self._profile_of(device.model_key).wish)
        keeps = kind is JoinReqType.REJOIN_2 and asker is not None
        if keeps and asker is not None:
            mac, delay_s = asker.mac, asker.rx1_delay_s
        accept = self._accept(device, mac, delay_s, opt_neg=True, teaches=not keeps)
        roots, join_eui = roots_of(device), bytes.fromhex(device.join_eui)
        question = JoinQuestion(kind, join_eui, frame.rj_count)
        answer = self._answer(asked, build_join_accept_1_1(accept, roots, question), accept.dev_addr)
        keys = keys_of(open_session(roots, accept, question))
        return PlannedRejoin(
            *(device, kind, frame.rj_count, accept.join_nonce, accept.dev_addr, keys, delay_s, at, asked.received),
            answer=answer,
            mac=mac,
            asker=asker,
            promotes=asker is not None and asker is device.pending,
        )

    def install(self, join: PlannedJoin) -> None:
        """The transaction has accepted it."""
        join.device.join_nonce = join.join_nonce
        join.device.last_dev_nonce = max(join.device.last_dev_nonce, join.dev_nonce)
        crypto = crypto_of(join.keys)
        session = SessionState(join.device, join.dev_addr, crypto, -1, 0, join.rx1_delay_s, mac=join.mac)
        self._registry.install(session)

    def offer(self, rejoin: PlannedRejoin) -> None:
        """The transaction has accepted it."""
        device, asker = rejoin.device, rejoin.asker
        device.join_nonce = rejoin.join_nonce
        if asker is None:
            device.last_rj_count1 = rejoin.rj_count
        else:
            asker.last_rj_count0 = rejoin.rj_count
        if rejoin.promotes and asker is not None:
            self._registry.promote(asker)
        crypto = crypto_of(rejoin.keys)
        session = SessionState(device, rejoin.dev_addr, crypto, -1, 0, rejoin.rx1_delay_s, mac=rejoin.mac)
        self._registry.offer(session)

    def _settings(self, wish: RadioWish) -> tuple[MacState, int]:
        """What a JoinAccept can say of a profile's wish; the frequency of RX2 and more channels are asked later."""
        region = self._plan.region
        mac = MacState(rx1_dr_offset=wish.rx1_dr_offset or 0, rx2_data_rate=wish.rx2_data_rate)
        return mac if mac != INITIAL else INITIAL, wish.rx1_delay_s or region.receive_delay1_s

    def _accept(
        self, device: DeviceState, mac: MacState, delay_s: int, *, opt_neg: bool, teaches: bool = True
    ) -> JoinAcceptContent:
        region = self._plan.region
        rx2_data_rate = region.rx2_data_rate if mac.rx2_data_rate is None else mac.rx2_data_rate
        return JoinAcceptContent(
            device.join_nonce + 1,
            self._net_id,
            self._free_dev_addr(),
            DLSettings(mac.rx1_dr_offset, rx2_data_rate, opt_neg),
            delay_s,
            region.cf_list() if teaches else b"",
        )

    def _answer(self, asked: JoinAsked | RejoinAsked, phy_payload: bytes, dev_addr: int) -> Answer:
        chances = self._plan.class_a(asked.received, self._plan.region.join_accept_delay1_s)
        return Answer(asked.device, dev_addr, phy_payload, MType.JOIN_ACCEPT, None, None, None, chances, None)

    def _free_dev_addr(self) -> int:
        """Under NetID type 0: seven bits 0 and NwkID, then 25 random ones; shared only if the network is very full."""
        prefix = (self._net_id & _NWK_ID_MASK) << _NWK_ADDR_BITS
        for _ in range(_ADDRESS_TRIES):
            dev_addr = self._shard.address(prefix | self._random_bits(_NWK_ADDR_BITS))
            if not self._registry.is_taken(dev_addr):
                break
        return dev_addr


def roots_of(device: DeviceState) -> RootKeys:
    """The root keys of a device of 1.1."""
    return derive_root_keys(device.nwk_key, device.app_key, bytes.fromhex(device.dev_eui))


def _mismatch(profile: JoinProfile, *, by_nwk_key: bool) -> Mismatch:
    if by_nwk_key == profile.is_1_1:
        return Mismatch.NONE
    return Mismatch.SPEAKS_1_1 if by_nwk_key else Mismatch.SPEAKS_1_0
