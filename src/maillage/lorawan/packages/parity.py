"""The forward error correction of fragmentation: coded fragments are sums (XOR) of data fragments.

Sources: LoRa Alliance TS004-1.0.0 and TS004-2.0.0, Appendix ("FEC code"). A row is an integer: bit i is data fragment
i + 1. Fragments are numbered from 1: the first M are the data, uncoded, every later one is coded.
"""

from collections.abc import Callable, Iterator

from maillage.lorawan.protocol.errors import FrameError, FrameReason

_SEED_STEP = 1001
_PRBS_TOP = 1 << 22
_OUT_OF_RANGE = 1 << 16

ParityRow = Callable[[int, int], int]
"""``row(n, data_fragments)``: which data fragments make up fragment ``n``."""


def parity_row_v2(n: int, data_fragments: int) -> int:
    """TS004-2.0.0: M // 2 different data fragments, drawn from a seed by the fragment's own number."""
    if n <= data_fragments:
        return 1 << n - 1
    draws, row = _draws(n, data_fragments), 0
    while row.bit_count() < data_fragments // 2:
        row |= 1 << next(draws)
    return row


def parity_row_v1(n: int, data_fragments: int) -> int:
    """TS004-1.0.0: M // 2 draws, the same fragment counting as often as drawn; coded fragments have seeds from 1 on."""
    if n <= data_fragments:
        return 1 << n - 1
    draws, row = _draws(n - data_fragments, data_fragments), 0
    for _ in range(data_fragments // 2):
        row |= 1 << next(draws)
    return row


def encode_fragments(
    block: bytes, fragment_bytes: int, redundancy: int, row: ParityRow = parity_row_v2
) -> Iterator[bytes]:
    """Fragments 1 to M + ``redundancy`` of a padded block. ``FrameError`` unless the block is whole fragments."""
    if fragment_bytes < 1 or not block or len(block) % fragment_bytes:
        raise FrameError(FrameReason.WRONG_LENGTH, f"{len(block)} bytes are no whole fragments of {fragment_bytes}")
    data = [block[at : at + fragment_bytes] for at in range(0, len(block), fragment_bytes)]
    return _encoded(data, redundancy, row)


def _encoded(data: list[bytes], redundancy: int, row: ParityRow) -> Iterator[bytes]:
    yield from data
    numbers = [int.from_bytes(fragment, "little") for fragment in data]
    for n in range(len(data) + 1, len(data) + redundancy + 1):
        yield _sum(numbers, row(n, len(data))).to_bytes(len(data[0]), "little")


def _sum(numbers: list[int], row: int) -> int:
    total = 0
    while row:
        lowest = row & -row
        total ^= numbers[lowest.bit_length() - 1]
        row ^= lowest
    return total


def _draws(seed: int, data_fragments: int) -> Iterator[int]:
    """Indices below M, without end. A power of two is widened by one, or the generator would repeat itself."""
    state = 1 + _SEED_STEP * seed
    modulus = data_fragments + (data_fragments & data_fragments - 1 == 0)
    while True:
        drawn = _OUT_OF_RANGE
        while drawn >= data_fragments:
            state = _prbs23(state)
            drawn = state % modulus
        yield drawn


def _prbs23(state: int) -> int:
    """The 23-bit pseudo-random sequence."""
    return (state >> 1) + ((state ^ state >> 5) & 1) * _PRBS_TOP
