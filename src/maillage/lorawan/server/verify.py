"""Received → Identified → Signed, or the reason why not. Source: LoRaWAN L2 1.0.4, §4.3.1.5 (FCnt), §4.4 (MIC)."""

from maillage.lorawan.protocol.counters import Accepted, Exhausted, Repeated, Replayed, TooFar, judge_counter
from maillage.lorawan.protocol.frames import DataUplink
from maillage.lorawan.protocol.mac.stream import CommandStream, parse_commands
from maillage.lorawan.protocol.types import Direction, dev_addr_text
from maillage.lorawan.server.refusals import Cause, Refusal
from maillage.lorawan.server.registry import Registry, SessionState
from maillage.lorawan.server.stages import Identified, Signed

MAC_PORT = 0


def identify(frame: DataUplink, registry: Registry) -> Identified | Refusal:
    candidates = registry.candidates(frame.dev_addr)
    if not candidates:
        return Refusal(Cause.UNKNOWN_DEV_ADDR, dev_addr_text(frame.dev_addr))
    return Identified(frame, candidates)


def verify(identified: Identified) -> Signed | Refusal:
    """The first candidate whose key signs the frame decides. Changes nothing."""
    for session in identified.candidates:
        verdict = _try(session, identified.frame)
        if verdict is not None:
            return verdict
    return Refusal(Cause.WRONG_MIC, dev_addr_text(identified.frame.dev_addr))


def decrypt(frame: DataUplink, signed: Signed) -> bytes | None:
    """Clear FRMPayload; None when the frame has no port."""
    if frame.f_port is None:
        return None
    crypto = signed.session.crypto
    return crypto.crypt(Direction.UPLINK, frame.dev_addr, signed.f_cnt, frame.frm_payload, frame.f_port)


def mac_commands(frame: DataUplink, payload: bytes | None) -> CommandStream:
    """From FOpts, or from the payload on port 0."""
    return parse_commands(Direction.UPLINK, payload or b"" if frame.f_port == MAC_PORT else frame.f_opts)


def _try(session: SessionState, frame: DataUplink) -> Signed | Refusal | None:
    last = session.f_cnt_up if session.f_cnt_up >= 0 else None
    match judge_counter(frame.f_cnt_16, last):
        case Accepted(f_cnt):
            return Signed(session, f_cnt, repeated=False) if session.crypto.signs_uplink(frame, f_cnt) else None
        case Repeated(f_cnt):
            return Signed(session, f_cnt, repeated=True) if session.crypto.signs_uplink(frame, f_cnt) else None
        case Replayed(f_cnt):
            return _blame(session, frame, f_cnt, Cause.REPLAYED_FRAME)
        case TooFar(gap):
            return _blame(session, frame, gap if last is None else last + gap, Cause.F_CNT_GAP)
        case Exhausted():
            return _blame(session, frame, frame.f_cnt_16, Cause.F_CNT_EXHAUSTED)


def _blame(session: SessionState, frame: DataUplink, f_cnt: int, cause: Cause) -> Refusal | None:
    """Name the device only if the frame is really one of its own."""
    signs = session.crypto.signs_uplink(frame, f_cnt & 0xFFFF_FFFF)
    return Refusal(cause, session.device.dev_eui) if signs else None
