"""How a device of 1.0.x or 1.1 gets its session: what it asks with, and what it makes of the answer."""

from dataclasses import dataclass

from maillage.lorawan.protocol.build import build_join_request, open_join_accept
from maillage.lorawan.protocol.crypto import SessionCrypto, derive_session_keys
from maillage.lorawan.protocol.crypto_1_1 import SessionCrypto11
from maillage.lorawan.protocol.eui import EUI64
from maillage.lorawan.protocol.frames import JoinAccept
from maillage.lorawan.protocol.join import JoinAcceptContent
from maillage.lorawan.protocol.join_1_1 import (
    JoinQuestion,
    JoinReqType,
    RootKeys,
    derive_root_keys,
    open_join_accept_1_1,
    open_session,
)
from maillage.lorawan.protocol.rejoin import RejoinCounters, RejoinType, build_rejoin_request


@dataclass(frozen=True, slots=True)
class Identity:
    """EUIs most significant byte first. A device with a ``nwk_key`` speaks 1.1."""

    dev_eui: EUI64
    join_eui: EUI64
    app_key: bytes
    nwk_key: bytes = b""

    @property
    def roots(self) -> RootKeys:
        return derive_root_keys(self.nwk_key or self.app_key, self.app_key, self.dev_eui)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request on the air, and the question that its answer must answer."""

    phy_payload: bytes
    question: JoinQuestion


class Activation:
    """What outlives sessions: the counters of requests, and the last JoinNonce."""

    def __init__(self, identity: Identity) -> None:
        self._identity = identity
        self._counters = RejoinCounters()
        self._join_nonce = -1

    def join(self, dev_nonce: int) -> Asked:
        who = self._identity
        request = build_join_request(who.join_eui, who.dev_eui, dev_nonce, who.nwk_key or who.app_key)
        return Asked(request, JoinQuestion(JoinReqType.JOIN, who.join_eui, dev_nonce))

    def rejoin(self, kind: RejoinType, net_id: int, s_nwk_s_int_key: bytes) -> Asked:
        """Raises ``RuntimeError`` once the counter of its kind is used up, and without a key to sign with."""
        who, count = self._identity, self._counters.next(kind)
        is_recovery = kind is RejoinType.RECOVERY
        if count is None or not (s_nwk_s_int_key or (is_recovery and who.nwk_key)):
            raise RuntimeError(f"{who.dev_eui.hex()} cannot rejoin: it has to join")
        self._counters = self._counters.sent(kind)
        origin = who.join_eui if is_recovery else net_id.to_bytes(3, "big")
        key = who.roots.js_int_key if is_recovery else s_nwk_s_int_key
        request = build_rejoin_request(kind, origin, who.dev_eui, count, key)
        return Asked(request, JoinQuestion(JoinReqType(int(kind)), who.join_eui, count))

    def opened(self, frame: JoinAccept, asked: Asked) -> tuple[JoinAcceptContent, SessionCrypto | SessionCrypto11]:
        """Raises ``FrameError`` when it was meant for another device or request."""
        who, question = self._identity, asked.question
        if who.nwk_key:
            content = open_join_accept_1_1(frame, who.roots, question)
            return content, open_session(who.roots, content, question)
        content = open_join_accept(frame, who.app_key)
        keys = derive_session_keys(who.app_key, content.join_nonce, content.net_id, question.nonce)
        return content, SessionCrypto(*keys)

    def takes(self, content: JoinAcceptContent) -> bool:
        """In 1.1 a JoinNonce counts (§6.2.3); RJcount0 begins again with every session."""
        if self._identity.nwk_key and content.join_nonce <= self._join_nonce:
            return False
        self._join_nonce, self._counters = content.join_nonce, self._counters.joined()
        return True
