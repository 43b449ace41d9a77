"""From a gateway's copy to an accepted uplink whose window is open: the sieve every frame goes through. No I/O."""

from collections.abc import Callable
from datetime import datetime

from maillage.lorawan.gateways.semtech_udp.values import CrcStatus, RxPacket
from maillage.lorawan.protocol.errors import FrameError
from maillage.lorawan.protocol.frames import DataUplink, Frame, JoinRequest, RejoinRequest
from maillage.lorawan.protocol.parse import parse_frame
from maillage.lorawan.server.dedup import DedupWindow
from maillage.lorawan.server.joins import judge_join
from maillage.lorawan.server.refusals import Cause, Refusal, RefusalLog
from maillage.lorawan.server.registry import GatewayState, Registry
from maillage.lorawan.server.rejoins import judge_rejoin
from maillage.lorawan.server.settings import ServerSettings
from maillage.lorawan.server.stages import JoinAsked, Received, Reception, RejoinAsked, Signed, Verified
from maillage.lorawan.server.verify import clear_commands, decrypt, identify, verify

Asked = JoinAsked | RejoinAsked

_NO_SNR_DB = 0.0
"""FSK has none."""


class UplinkSieve:
    """``accepted`` is called with each uplink as soon as its first copy is verified, so that decoding can start."""

    def __init__(
        self,
        settings: ServerSettings,
        registry: Registry,
        refusals: RefusalLog,
        *,
        accepted: Callable[[Verified], None],
        nonce_is_counter: Callable[[str], bool],
    ) -> None:
        self._settings = settings
        self._registry = registry
        self._refusals = refusals
        self._accepted = accepted
        self._nonce_is_counter = nonce_is_counter
        self._window: DedupWindow[Verified | Asked] = DedupWindow(settings.dedup_window_s)

    def heard(self, gateway: GatewayState, packet: RxPacket, at: datetime, now_s: float) -> None:
        """One copy of a frame."""
        if packet.crc is CrcStatus.FAIL:
            gateway.crc_error_count += 1
            return
        gateway.uplink_count += 1
        snr_db = _NO_SNR_DB if packet.snr_db is None else packet.snr_db
        reception = Reception(gateway, packet.rssi_dbm, snr_db, packet.tmst_us, packet.frequency_hz, packet.context)
        if packet.phy_payload in self._window:
            self._add_copy(packet.phy_payload, reception)
            return
        if len(self._window) >= self._settings.max_waiting_uplinks:  # not even remembered: memory is bounded
            self._refusals.count(Refusal(Cause.OVERLOADED, ""), gateway.eui, packet.phy_payload, at)
            return
        received = Received(packet.phy_payload, packet.data_rate, [reception], at, now_s)
        outcome = self._judge(received)
        if isinstance(outcome, Refusal):
            self._refusals.count(outcome, gateway.eui, packet.phy_payload, at)
            outcome = None
        self._window.open(packet.phy_payload, outcome, now_s)

    def close_due(self, now_s: float) -> tuple[list[Verified], list[Asked]]:
        """Uplinks and joins whose window has ended."""
        closed = self._window.close_due(now_s)
        joins = [entry for entry in closed if not isinstance(entry, Verified)]
        return [entry for entry in closed if isinstance(entry, Verified)], joins

    def _add_copy(self, phy_payload: bytes, reception: Reception) -> None:
        entry = self._window.get(phy_payload)
        if entry is None:
            return
        receptions = entry.received.receptions
        if all(known.gateway is not reception.gateway for known in receptions):
            receptions.append(reception)

    def _judge(self, received: Received) -> Verified | Asked | Refusal | None:
        """None: a late copy, of no interest and no harm."""
        try:
            frame = parse_frame(received.phy_payload)
        except FrameError as error:
            return Refusal(Cause.MALFORMED_FRAME, error.reason)
        return self._judge_frame(frame, received)

    def _judge_frame(self, frame: Frame, received: Received) -> Verified | Asked | Refusal | None:
        if isinstance(frame, DataUplink):
            return self._judge_data(frame, received)
        if isinstance(frame, JoinRequest):
            return judge_join(frame, received, self._registry, nonce_is_counter=self._nonce_is_counter)
        if isinstance(frame, RejoinRequest):
            return judge_rejoin(frame, received, self._registry, self._settings.net_id)
        return Refusal(Cause.UNEXPECTED_FRAME, type(frame).__name__)

    def _judge_data(self, frame: DataUplink, received: Received) -> Verified | Refusal | None:
        identified = identify(frame, received, self._registry)
        if isinstance(identified, Refusal):
            return identified
        signed = verify(identified, self._settings.region)
        if isinstance(signed, Refusal):
            return signed
        if signed.repeated:
            return self._repeated(frame, signed, received)
        return self._accept(frame, signed, received)

    def _accept(self, frame: DataUplink, signed: Signed, received: Received) -> Verified:
        """From here the counter is taken, in memory; the commit of the group makes it last."""
        session = signed.session
        self._registry.keep_context(session.crypto)
        session.f_cnt_up, session.heard_s, session.repeat_answers = signed.f_cnt, received.heard_s, 0
        self._registry.prefer(session)
        uplink = _verified(frame, signed, received)
        self._accepted(uplink)
        return uplink

    def _repeated(self, frame: DataUplink, signed: Signed, received: Received) -> Verified | Refusal | None:
        """A late copy is dropped, and what the device was told to repeat (NbTrans); a confirmed uplink sent again is
        answered again; anything else is a replay.
        """
        session = signed.session
        if received.heard_s - session.heard_s < self._settings.late_copy_s:
            return None
        if not frame.confirmed and session.repeat_answers < session.mac.nb_trans - 1:
            session.heard_s, session.repeat_answers = received.heard_s, session.repeat_answers + 1
            return None
        if not frame.confirmed or session.repeat_answers >= self._settings.max_repeat_answers:
            return Refusal(Cause.REPLAYED_FRAME, session.device.dev_eui)
        session.heard_s, session.repeat_answers = received.heard_s, session.repeat_answers + 1
        return _verified(frame, signed, received)


def _verified(frame: DataUplink, signed: Signed, received: Received) -> Verified:
    payload = decrypt(frame, signed)
    commands = clear_commands(frame, signed, payload)
    return Verified(
        received,
        frame,
        signed.session,
        signed.f_cnt,
        signed.repeated,
        payload,
        commands,
        restarted=signed.restarted,
    )
