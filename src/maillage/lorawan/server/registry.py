"""Gateways, devices and sessions of the shard, in memory. Compact: a later aim is 100,000 sessions in 250 MB."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from maillage.lorawan.adr.history import EMPTY
from maillage.lorawan.mac_exchange.state import INITIAL, MacState
from maillage.lorawan.protocol.crypto_1_1 import SessionCrypto11
from maillage.lorawan.protocol.down_counters import DownCounters
from maillage.lorawan.protocol.version import Version
from maillage.lorawan.server.crowd import Crowd
from maillage.lorawan.server.sessions import AnyCrypto

_FEW = 4
"""Up to as many sessions of one DevAddr are simply tried, the one that was right last time first."""


@dataclass(slots=True, eq=False)
class GatewayState:
    """A registered gateway. Counters count since registration; ``changed`` ones are flushed by the housekeeper.

    ``certificates`` are the serials it may connect with; None when it was never given one. ``round_trip_s`` is the
    smoothed way there and back (``server.backhaul``); ``gps_time_at`` when it last told an uplink's GPS time.
    """

    eui: str
    organisation_id: int
    last_seen_at: datetime | None = None
    uplink_count: int = 0
    crc_error_count: int = 0
    downlink_count: int = 0
    downlink_failure_count: int = 0
    certificates: frozenset[str] | None = None
    changed: bool = False
    round_trip_s: float | None = None
    round_trip_deviation_s: float = 0.0
    gps_time_at: datetime | None = None


@dataclass(slots=True, eq=False)
class SessionState:
    """``f_cnt_up`` is the last accepted counter, provisional until its group is committed; -1 before the first.

    ``f_cnt_down`` is the next one to use (NFCntDown in 1.1), ``a_f_cnt_down`` and ``conf_f_cnt`` (the last confirmed
    downlink's) are 1.1's. ``heard_s`` and ``repeat_answers`` tell a late copy from a device that asks for its
    acknowledgement again. ``mac`` is durable with the group that changed it; ``adr_history`` (see ``adr.history``) is
    gathered anew after a restart.
    """

    device: "DeviceState"
    dev_addr: int
    crypto: AnyCrypto
    f_cnt_up: int
    f_cnt_down: int
    rx1_delay_s: int
    heard_s: float = float("-inf")
    repeat_answers: int = 0
    mac: MacState = INITIAL
    adr_history: bytes = EMPTY
    a_f_cnt_down: int = 0
    conf_f_cnt: int = 0
    last_rj_count0: int = -1

    @property
    def version(self) -> Version:
        """Which MAC commands it knows, and whether FOpts are encrypted."""
        return Version.V1_1 if isinstance(self.crypto, SessionCrypto11) else Version.V1_0_4

    @property
    def down(self) -> DownCounters:
        """The downlink counters, as the session's version has them."""
        return DownCounters(self.f_cnt_down, self.a_f_cnt_down, self.version.is_1_1)

    def reserve(self, f_port: int | None, *, confirmed: bool) -> int | None:
        """Take the next downlink counter for a frame on that port, for good; None once it is used up."""
        counters = self.down
        f_cnt = counters.next(f_port)
        if f_cnt is None:
            return None
        used = counters.used(f_port, f_cnt)
        self.f_cnt_down, self.a_f_cnt_down = used.n_f_cnt_down, used.a_f_cnt_down
        if confirmed:
            self.conf_f_cnt = f_cnt
        return f_cnt


@dataclass(slots=True, eq=False)
class DeviceState:
    """An end device. ``best_gateway_eui`` heard its last uplink best: the way to it in class C.

    ``app_key`` is empty for ABP, ``nwk_key`` but for 1.1. ``pending`` answers a Rejoin-Request: it becomes the session
    with its first uplink; until then both are heard. ``is_relaxed``: the uplink counter may begin again.
    ``is_guest``: its session is another shard's; here only its joins are judged.
    """

    dev_eui: str
    organisation_id: int
    join_eui: str
    app_key: bytes
    model_key: str
    join_nonce: int
    last_dev_nonce: int
    best_gateway_eui: str = ""
    session: SessionState | None = None
    nwk_key: bytes = b""
    last_rj_count1: int = -1
    pending: SessionState | None = None
    is_relaxed: bool = False
    is_guest: bool = False

    @property
    def is_abp(self) -> bool:
        return not self.app_key


class Registry:
    """Lookup by EUI and by DevAddr. Several devices may share a DevAddr: the MIC tells them apart."""

    def __init__(self, live_contexts: int = 50_000) -> None:
        self.gateways: dict[bytes, GatewayState] = {}
        self.devices: dict[str, DeviceState] = {}
        self._by_dev_addr: dict[int, tuple[SessionState, ...] | Crowd[SessionState]] = {}
        self._live: OrderedDict[AnyCrypto, None] = OrderedDict()
        self._live_contexts = live_contexts

    def candidates(self, dev_addr: int, f_cnt_16: int = 0) -> Iterable[SessionState]:
        """Sessions with that address, the likeliest for a frame with that counter first; empty when there is none."""
        found = self._by_dev_addr.get(dev_addr, ())
        return found if isinstance(found, tuple) else found.in_order(f_cnt_16)

    def prefer(self, session: SessionState) -> None:
        """It signed the frame and its counter has moved: of few sessions it is tried first next time."""
        others = self._by_dev_addr[session.dev_addr]
        if isinstance(others, Crowd):
            others.put(session)
        elif others[0] is not session:
            self._by_dev_addr[session.dev_addr] = (session, *(other for other in others if other is not session))

    def is_taken(self, dev_addr: int) -> bool:
        return dev_addr in self._by_dev_addr

    def put_gateways(self, gateways: list[GatewayState]) -> None:
        """Replace the list of gateways; counters of those that stay are kept."""
        before, self.gateways = self.gateways, {}
        for fresh in gateways:
            eui = bytes.fromhex(fresh.eui)
            kept = self.gateways[eui] = before.get(eui, fresh)
            kept.certificates = fresh.certificates

    def put_device(self, device: DeviceState) -> None:
        """Add a device or take over its new description. A session that it holds is installed too."""
        known = self.devices.get(device.dev_eui)
        if known is None:
            self.devices[device.dev_eui] = device
            if device.session is not None:
                self._index(device.session)
            if device.pending is not None:
                self._index(device.pending)
            return
        known.organisation_id, known.model_key = device.organisation_id, device.model_key
        known.join_eui, known.app_key, known.nwk_key = device.join_eui, device.app_key, device.nwk_key
        known.is_relaxed = device.is_relaxed
        if device.is_guest:
            self._make_guest(known)

    def remove_device(self, dev_eui: str) -> None:
        device = self.devices.pop(dev_eui, None)
        if device is not None:
            self._forget(device.session)
            self._forget(device.pending)

    def install(self, session: SessionState) -> None:
        """Make it the session of its device; those before are forgotten at once (the join replaced their rows too)."""
        device = session.device
        self._forget(device.session)
        self._forget(device.pending)
        device.session, device.pending, device.is_guest = session, None, False
        self._index(session)

    def offer(self, session: SessionState) -> None:
        """The answer to a Rejoin-Request: heard beside the session in use; an earlier offer is forgotten."""
        self._forget(session.device.pending)
        session.device.pending = session
        self._index(session)

    def promote(self, session: SessionState) -> None:
        """The device uses what it was offered: the session before is no longer heard."""
        device = session.device
        self._forget(device.session)
        device.session, device.pending, device.is_guest = session, None, False

    def keep_context(self, crypto: AnyCrypto) -> None:
        """To be called at each use. Bounds the cached AES contexts: the oldest are dropped and come back on use."""
        if crypto in self._live:
            return
        self._live[crypto] = None
        if len(self._live) > self._live_contexts:
            self._live.popitem(last=False)[0].release()

    def _make_guest(self, device: DeviceState) -> None:
        """It has joined elsewhere."""
        self._forget(device.session)
        self._forget(device.pending)
        device.session, device.pending, device.is_guest = None, None, True

    def _index(self, session: SessionState) -> None:
        others = self._by_dev_addr.get(session.dev_addr, ())
        if isinstance(others, Crowd):
            others.put(session)
        elif len(others) < _FEW:
            self._by_dev_addr[session.dev_addr] = (session, *others)
        else:
            self._by_dev_addr[session.dev_addr] = Crowd((session, *others))

    def _forget(self, session: SessionState | None) -> None:
        if session is None:
            return
        self._live.pop(session.crypto, None)
        others = self._by_dev_addr.get(session.dev_addr, ())
        if isinstance(others, Crowd):
            others.drop(session)
            others = others.sessions
            if len(others) > _FEW:
                return
        left = tuple(other for other in others if other is not session)
        if left:
            self._by_dev_addr[session.dev_addr] = left
        else:
            self._by_dev_addr.pop(session.dev_addr, None)
