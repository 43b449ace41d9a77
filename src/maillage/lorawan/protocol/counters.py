"""Frame counters: 32 bits kept, 16 on the air. Source: LoRaWAN L2 1.0.3, §4.3.1.5; 1.0.4, §4.3.1.5.

The difference with the last accepted counter, modulo 2^16, decides. 1.0.3 refuses a jump of more than
MAX_FCNT_GAP (16384) frames; 1.0.4 dropped the limit. The limit is kept for both by default: it is what
tells a forward jump from a replay, and a device that lost 16384 frames in a row must join again anyway.
Either way the MIC, computed with the full counter, has the last word: a verdict only names the counter to
check it with.
"""

from msgspec import Struct

from maillage.lorawan.protocol.types import F_CNT_MAX

MAX_FCNT_GAP = 16384
_MODULUS = 1 << 16


class Accepted(Struct, frozen=True, gc=False):
    """A new frame; ``f_cnt`` is its full counter."""

    f_cnt: int


class Repeated(Struct, frozen=True, gc=False):
    """The last frame once more: a retransmission (NbTrans, missing acknowledgement) or a replay of it."""

    f_cnt: int


class Replayed(Struct, frozen=True, gc=False):
    """A counter that was passed already. ``f_cnt`` is the earlier counter it names."""

    f_cnt: int
    last: int


class TooFar(Struct, frozen=True, gc=False):
    """A jump over more frames than allowed: ``gap`` frames after the last one."""

    gap: int
    last: int | None


class Exhausted(Struct, frozen=True, gc=False):
    """The counter went past 2^32 - 1: the session must be renewed."""

    last: int


Verdict = Accepted | Repeated | Replayed | TooFar | Exhausted


def judge_counter(f_cnt_16: int, last: int | None, max_gap: int = MAX_FCNT_GAP) -> Verdict:
    """Rebuild the full counter of a frame and judge it against the ``last`` accepted (None: none in this
    session).

    ``f_cnt_16`` in 0..65535, ``max_gap`` in 1..65535.
    """
    if last is None:
        return Accepted(f_cnt_16) if f_cnt_16 <= max_gap else TooFar(f_cnt_16, None)
    gap = f_cnt_16 - last & _MODULUS - 1
    if gap == 0:
        return Repeated(last)
    if gap <= max_gap:
        return Accepted(last + gap) if last + gap <= F_CNT_MAX else Exhausted(last)
    return _passed_or_too_far(gap, last)


def _passed_or_too_far(gap: int, last: int) -> Replayed | TooFar:
    earlier = last + gap - _MODULUS
    if earlier >= 0 and gap >= _MODULUS // 2:
        return Replayed(earlier, last)
    return TooFar(gap, last)
