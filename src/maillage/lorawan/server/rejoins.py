"""Rejoin-Requests of 1.1, judged in memory. Pure; LoRaWAN 1.1, §6.2.4.

Types 0 and 2 are signed by the session that the device uses, type 1 by the join server's key of the device. What is
answered is a session *offered*: the device may never hear it, so that both are heard until its first uplink in the new
one decides (§6.2.4.4). A request signed by a session that was only offered shows as well that the device uses it.
"""

from maillage.lorawan.protocol.crypto_1_1 import SessionCrypto11
from maillage.lorawan.protocol.frames import RejoinRequest
from maillage.lorawan.protocol.rejoin import RejoinType, RejoinVerdict, judge_rejoin_count, signs_rejoin
from maillage.lorawan.server.joins import roots_of
from maillage.lorawan.server.refusals import Cause, Refusal
from maillage.lorawan.server.registry import DeviceState, Registry, SessionState
from maillage.lorawan.server.stages import Received, RejoinAsked


def judge_rejoin(frame: RejoinRequest, received: Received, registry: Registry, net_id: int) -> RejoinAsked | Refusal:
    """Everything memory can tell, which is all: counters are only taken by the transaction that answers."""
    dev_eui = frame.dev_eui.hex()
    device = registry.devices.get(dev_eui)
    if device is None:
        return Refusal(Cause.UNKNOWN_DEVICE, dev_eui)
    if not device.nwk_key:
        return Refusal(Cause.REJOIN_WITHOUT_1_1, dev_eui)
    if frame.rejoin_type == RejoinType.RECOVERY:
        return _recovery(frame, received, device)
    if int.from_bytes(frame.origin, "big") != net_id:
        return Refusal(Cause.REJOIN_WRONG_NETWORK, dev_eui)
    return _of_session(frame, received, device)


def _recovery(frame: RejoinRequest, received: Received, device: DeviceState) -> RejoinAsked | Refusal:
    if frame.origin.hex() != device.join_eui:
        return Refusal(Cause.JOIN_WRONG_EUI, device.dev_eui)
    if not signs_rejoin(roots_of(device).js_int_key, frame):
        return Refusal(Cause.JOIN_WRONG_MIC, device.dev_eui)
    if _is_replayed(frame, device.last_rj_count1):
        return Refusal(Cause.JOIN_REPLAYED, device.dev_eui)
    return RejoinAsked(received, frame, device, None)


def _of_session(frame: RejoinRequest, received: Received, device: DeviceState) -> RejoinAsked | Refusal:
    """The offered session first: it is the newer one."""
    sessions = [found for found in (device.pending, device.session) if found is not None and found.version.is_1_1]
    if not sessions:
        return Refusal(Cause.REJOIN_WITHOUT_1_1, device.dev_eui)
    asker = next((found for found in sessions if _signed(found, frame)), None)
    if asker is None:
        return Refusal(Cause.JOIN_WRONG_MIC, device.dev_eui)
    if _is_replayed(frame, asker.last_rj_count0):
        return Refusal(Cause.JOIN_REPLAYED, device.dev_eui)
    return RejoinAsked(received, frame, device, asker)


def _signed(session: SessionState, frame: RejoinRequest) -> bool:
    crypto = session.crypto
    return isinstance(crypto, SessionCrypto11) and signs_rejoin(crypto.keys.s_nwk_s_int_key, frame)


def _is_replayed(frame: RejoinRequest, last: int) -> bool:
    verdict = judge_rejoin_count(frame.rj_count, last if last >= 0 else None)
    return verdict is RejoinVerdict.REPLAYED
