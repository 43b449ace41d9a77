"""Gateways, devices and sessions of the shard, in memory. Compact: a later aim is 100,000 sessions in 250 MB."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime

from maillage.lorawan.adr.history import EMPTY
from maillage.lorawan.mac_exchange.state import INITIAL, MacState
from maillage.lorawan.protocol.crypto import SessionCrypto


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

    ``heard_s`` and ``repeat_answers`` tell a late copy from a device that asks for its acknowledgement again. ``mac``
    is durable with the group that changed it; ``adr_history`` (see ``adr.history``) is gathered anew after a restart.
    """

    device: "DeviceState"
    dev_addr: int
    crypto: SessionCrypto
    f_cnt_up: int
    f_cnt_down: int
    rx1_delay_s: int
    heard_s: float = float("-inf")
    repeat_answers: int = 0
    mac: MacState = INITIAL
    adr_history: bytes = EMPTY


@dataclass(slots=True, eq=False)
class DeviceState:
    """An end device. ``best_gateway_eui`` heard its last uplink best: the way to it in class C."""

    dev_eui: str
    organisation_id: int
    join_eui: str
    app_key: bytes
    model_key: str
    join_nonce: int
    last_dev_nonce: int
    best_gateway_eui: str = ""
    session: SessionState | None = None


class Registry:
    """Lookup by EUI and by DevAddr. Several devices may share a DevAddr: the MIC tells them apart."""

    def __init__(self, live_contexts: int = 50_000) -> None:
        self.gateways: dict[bytes, GatewayState] = {}
        self.devices: dict[str, DeviceState] = {}
        self._by_dev_addr: dict[int, tuple[SessionState, ...]] = {}
        self._live: OrderedDict[SessionCrypto, None] = OrderedDict()
        self._live_contexts = live_contexts

    def candidates(self, dev_addr: int) -> tuple[SessionState, ...]:
        """Sessions with that address, the one that was right last time first."""
        return self._by_dev_addr.get(dev_addr, ())

    def prefer(self, session: SessionState) -> None:
        """It signed the frame: try it first next time."""
        others = self._by_dev_addr[session.dev_addr]
        if others[0] is not session:
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
                self.install(device.session)
            return
        known.organisation_id, known.model_key = device.organisation_id, device.model_key
        known.join_eui, known.app_key = device.join_eui, device.app_key

    def remove_device(self, dev_eui: str) -> None:
        device = self.devices.pop(dev_eui, None)
        if device is not None and device.session is not None:
            self._forget(device.session)

    def install(self, session: SessionState) -> None:
        """Make it the session of its device; the one before is forgotten at once (the join replaced its row too)."""
        if session.device.session is not None:
            self._forget(session.device.session)
        session.device.session = session
        self._by_dev_addr[session.dev_addr] = (session, *self.candidates(session.dev_addr))

    def keep_context(self, crypto: SessionCrypto) -> None:
        """To be called at each use. Bounds the cached AES contexts: the oldest are dropped and come back on use."""
        if crypto in self._live:
            return
        self._live[crypto] = None
        if len(self._live) > self._live_contexts:
            self._live.popitem(last=False)[0].release()

    def _forget(self, session: SessionState) -> None:
        self._live.pop(session.crypto, None)
        left = tuple(other for other in self.candidates(session.dev_addr) if other is not session)
        if left:
            self._by_dev_addr[session.dev_addr] = left
        else:
            self._by_dev_addr.pop(session.dev_addr, None)
