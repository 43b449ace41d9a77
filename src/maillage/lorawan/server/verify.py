"""Received → Identified → Signed, or the reason why not. Source: LoRaWAN L2 1.0.4, §4.3.1.5 (FCnt), §4.4 (MIC); for
the MIC of 1.1: LoRaWAN 1.1, §4.4.1.
"""

from collections.abc import Iterable
from typing import NamedTuple

from maillage.lorawan.mac_exchange.wishes import channel_frequencies
from maillage.lorawan.protocol.counters import Accepted, Exhausted, Repeated, Replayed, TooFar, judge_counter
from maillage.lorawan.protocol.crypto import SessionCrypto
from maillage.lorawan.protocol.frames import DataUplink
from maillage.lorawan.protocol.session import UplinkRadio
from maillage.lorawan.protocol.types import Direction, dev_addr_text
from maillage.lorawan.regions.region import Region
from maillage.lorawan.server.refusals import Cause, Refusal
from maillage.lorawan.server.registry import Registry, SessionState
from maillage.lorawan.server.stages import Identified, Received, Signed

MAC_PORT = 0
_CHANNELS_TRIED = 8
_BLAMED = 16
_MASK_32 = 0xFFFF_FFFF


def identify(frame: DataUplink, received: Received, registry: Registry) -> Identified | Refusal:
    if not registry.is_taken(frame.dev_addr):
        return Refusal(Cause.UNKNOWN_DEV_ADDR, dev_addr_text(frame.dev_addr))
    return Identified(frame, registry.candidates(frame.dev_addr, frame.f_cnt_16), received)


def verify(identified: Identified, region: Region) -> Signed | Refusal:
    """The first candidate whose key signs the frame decides. Changes nothing.

    A counter that no frame of a session can carry is tried with its keys only to name the device; where very many
    share the DevAddr that is given up, and the refusal names the DevAddr.
    """
    blamed = 0
    for session in identified.candidates:
        verdict = _plausible(session, identified, region)
        if isinstance(verdict, Signed):
            return verdict
        if verdict is None or blamed > _BLAMED:
            continue
        blamed += 1
        refusal = _blame(session, identified, verdict, region)
        if refusal is not None:
            return refusal
    return Refusal(Cause.WRONG_MIC, dev_addr_text(identified.frame.dev_addr))


def decrypt(frame: DataUplink, signed: Signed) -> bytes | None:
    """Clear FRMPayload; None when the frame has no port."""
    if frame.f_port is None:
        return None
    crypto = signed.session.crypto
    return crypto.crypt(Direction.UPLINK, frame.dev_addr, signed.f_cnt, frame.frm_payload, frame.f_port)


def clear_commands(frame: DataUplink, signed: Signed, payload: bytes | None) -> bytes:
    """The MAC commands, encoded: from FOpts, or from the payload on port 0."""
    if frame.f_port == MAC_PORT:
        return payload or b""
    if not frame.f_opts:
        return b""
    crypto = signed.session.crypto
    return crypto.crypt_f_opts(Direction.UPLINK, frame.dev_addr, signed.f_cnt, frame.f_opts, frame.f_port)


class _Implausible(NamedTuple):
    """What a session would have to refuse the frame for, were it its own, under the full counter that it would have."""

    f_cnt: int
    cause: Cause


def _plausible(session: SessionState, heard: Identified, region: Region) -> Signed | _Implausible | None:
    """None: a frame that it could have sent, and has not signed."""
    last = session.f_cnt_up if session.f_cnt_up >= 0 else None
    match judge_counter(heard.frame.f_cnt_16, last):
        case Accepted(f_cnt):
            return Signed(session, f_cnt, repeated=False) if _signs(session, heard, f_cnt, region) else None
        case Repeated(f_cnt):
            return Signed(session, f_cnt, repeated=True) if _signs(session, heard, f_cnt, region) else None
        case Replayed(f_cnt):
            refused = _Implausible(f_cnt, Cause.REPLAYED_FRAME)
        case TooFar(gap):
            refused = _Implausible(gap if last is None else last + gap, Cause.F_CNT_GAP)
        case Exhausted():
            refused = _Implausible(heard.frame.f_cnt_16, Cause.F_CNT_EXHAUSTED)
    return _restarted(session, heard, region) or refused


def _restarted(session: SessionState, heard: Identified, region: Region) -> Signed | None:
    """An ABP device whose operator allows it counts from the beginning again, because it was without power."""
    f_cnt = heard.frame.f_cnt_16
    if session.device.is_relaxed and _signs(session, heard, f_cnt, region):
        return Signed(session, f_cnt, repeated=False, restarted=True)
    return None


def _blame(session: SessionState, heard: Identified, refused: _Implausible, region: Region) -> Refusal | None:
    """Name the device only if the frame is really one of its own."""
    signs = _signs(session, heard, refused.f_cnt & _MASK_32, region)
    return Refusal(refused.cause, session.device.dev_eui) if signs else None


def _signs(session: SessionState, heard: Identified, f_cnt: int, region: Region) -> bool:
    crypto = session.crypto
    if isinstance(crypto, SessionCrypto):
        return crypto.signs_uplink(heard.frame, f_cnt)
    if not crypto.forwards_uplink(heard.frame, f_cnt):
        return False
    radios = _radios(session, heard.received, region)
    return any(crypto.signs_uplink(heard.frame, f_cnt, radio) for radio in radios)


def _radios(session: SessionState, received: Received, region: Region) -> Iterable[UplinkRadio]:
    """What 1.1 binds into the MIC. The channel is the nearest that the device has; a strong signal is also heard
    on channels beside its own, so that a few more are tried, with 2^-29 for a forgery instead of 2^-32.
    """
    rate = region.data_rate_index(received.data_rate)
    if rate is None:
        return
    channels = channel_frequencies(session.mac.taught, region, rate)
    for index in sorted(channels, key=lambda one: abs(channels[one] - received.frequency_hz))[:_CHANNELS_TRIED]:
        yield UplinkRadio(rate, index, session.conf_f_cnt)
