"""A data block on its way in: linear equations over GF(2), solved as they come. Source: TS004-2.0.0, Appendix."""

from maillage.lorawan.packages.data_block import is_signed
from maillage.lorawan.packages.fragmentation import (
    DataFragment,
    FragSessionSetupReq,
    FragSessionSetupReqV1,
    FragSessionStatusAns,
)
from maillage.lorawan.packages.parity import ParityRow, parity_row_v2
from maillage.lorawan.protocol.errors import FrameError, FrameReason

_MISSING_MAX = 0xFF


class Reassembly:
    """The device's side of one session: every independent fragment, whichever it is, brings the block nearer."""

    def __init__(self, setup: FragSessionSetupReq | FragSessionSetupReqV1, row: ParityRow = parity_row_v2) -> None:
        self.received = 0
        self._setup = setup
        self._row = row
        self._equations: dict[int, tuple[int, int]] = {}
        """By the lowest data fragment that occurs in it: the others, and the sum."""

    @property
    def missing(self) -> int:
        """How many more independent fragments are needed."""
        return self._setup.data_fragments - len(self._equations)

    @property
    def is_complete(self) -> bool:
        return self.missing == 0

    def receive(self, fragment: DataFragment) -> bool:
        """Take a fragment; True if it told something new. One of another session or size is ignored."""
        setup = self._setup
        if fragment.frag_index != setup.frag_index or len(fragment.data) != setup.fragment_bytes or fragment.n < 1:
            return False
        self.received += 1
        if self.is_complete:
            return False
        return self._solve(self._row(fragment.n, setup.data_fragments), int.from_bytes(fragment.data, "little"))

    def status(self) -> FragSessionStatusAns:
        return FragSessionStatusAns(self._setup.frag_index, self.received, min(self.missing, _MISSING_MAX))

    def block(self) -> bytes:
        """The block without its padding; ``FrameError`` while fragments are missing."""
        if not self.is_complete:
            raise FrameError(FrameReason.TRUNCATED, f"{self.missing} fragments are missing")
        size, found = self._setup.fragment_bytes, self._back_substituted()
        whole = b"".join(found[index].to_bytes(size, "little") for index in range(self._setup.data_fragments))
        return whole[: max(len(whole) - self._setup.padding_bytes, 0)]

    def _solve(self, row: int, total: int) -> bool:
        while row:
            lowest = (row & -row).bit_length() - 1
            known = self._equations.get(lowest)
            if known is None:
                self._equations[lowest] = row, total
                return True
            row, total = row ^ known[0], total ^ known[1]
        return False

    def _back_substituted(self) -> dict[int, int]:
        found: dict[int, int] = {}
        for lowest in sorted(self._equations, reverse=True):
            row, total = self._equations[lowest]
            row ^= 1 << lowest
            while row:
                other = row & -row
                total ^= found[other.bit_length() - 1]
                row ^= other
            found[lowest] = total
        return found


def verified_block(reassembly: Reassembly, setup: FragSessionSetupReq, int_key: bytes) -> bytes:
    """The block, if it is the one announced; ``FrameError`` ``WRONG_MIC`` if not, ``TRUNCATED`` if not yet whole."""
    block = reassembly.block()
    if not is_signed(block, setup, int_key):
        raise FrameError(FrameReason.WRONG_MIC, f"data block of session {setup.session_cnt}")
    return block
