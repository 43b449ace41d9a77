"""A data block on its way out: its fragments, its padding, its MIC for each device. Source: TS004-2.0.0, §3.3."""

from collections.abc import Iterator
from hmac import compare_digest
from struct import Struct

from maillage.lorawan.packages.command import exactly
from maillage.lorawan.packages.fragmentation import DataFragment, FragSessionSetupReq
from maillage.lorawan.packages.multicast import aes_block
from maillage.lorawan.packages.parity import ParityRow, encode_fragments, parity_row_v2
from maillage.lorawan.protocol.crypto import aes_cmac
from maillage.lorawan.protocol.errors import FrameError, FrameReason, fits

_B0 = Struct("<BHB4sII")
_MIC_BYTES = 4
_MAX_FRAGMENTS = (1 << 14) - 1


def data_block_int_key(root_key: bytes) -> bytes:
    """DataBlockIntKey, from the GenAppKey of a 1.0.x device or the AppKey of a 1.1 one."""
    return aes_block(root_key, b"\x30")


def data_block_mic(int_key: bytes, block: bytes, session_cnt: int, frag_index: int, descriptor: bytes) -> bytes:
    """Over the block without padding, whose length it states."""
    b0 = _B0.pack(
        0x49,
        fits("SessionCnt", session_cnt, 16),
        fits("FragIndex", frag_index, 2),
        exactly("Descriptor", descriptor, 4),
        0,
        len(block),
    )
    return aes_cmac(int_key, b0 + block)[:_MIC_BYTES]


def is_signed(block: bytes, setup: FragSessionSetupReq, int_key: bytes) -> bool:
    """Whether a received block is the one that the setup announced to this device."""
    found = data_block_mic(int_key, block, setup.session_cnt, setup.frag_index, setup.descriptor)
    return compare_digest(found, setup.mic)


def setup_for(
    block: bytes,
    fragment_bytes: int,
    int_key: bytes,
    *,
    frag_index: int = 0,
    groups: int = 0,
    session_cnt: int = 0,
    descriptor: bytes = bytes(4),
) -> FragSessionSetupReq:
    """The session that announces the block to the device of that key. ``FrameError`` if it is empty or too long."""
    padding_bytes = _padding_bytes(block, fragment_bytes)
    count = (len(block) + padding_bytes) // fragment_bytes
    mic = data_block_mic(int_key, block, session_cnt, frag_index, descriptor)
    return FragSessionSetupReq(frag_index, groups, count, fragment_bytes, padding_bytes, descriptor, session_cnt, mic)


def fragments_of(
    block: bytes, fragment_bytes: int, redundancy: int, frag_index: int = 0, row: ParityRow = parity_row_v2
) -> Iterator[DataFragment]:
    """The data fragments, then as many coded ones as ``redundancy`` asks; the same for every device."""
    padded = block + bytes(_padding_bytes(block, fragment_bytes))
    if len(padded) // fragment_bytes + redundancy > _MAX_FRAGMENTS:
        raise FrameError(FrameReason.TOO_LONG, f"a session counts at most {_MAX_FRAGMENTS} fragments")
    encoded = encode_fragments(padded, fragment_bytes, redundancy, row)
    return (DataFragment(frag_index, n, data) for n, data in enumerate(encoded, start=1))


def _padding_bytes(block: bytes, fragment_bytes: int) -> int:
    if not block or not 0 < fragment_bytes <= 0xFF:  # noqa: PLR2004 - FragSize is one octet
        raise FrameError(
            FrameReason.FIELD_OUT_OF_RANGE, f"a block of {len(block)} bytes in fragments of {fragment_bytes}"
        )
    if len(block) > _MAX_FRAGMENTS * fragment_bytes:
        raise FrameError(FrameReason.TOO_LONG, f"{len(block)} bytes need more than {_MAX_FRAGMENTS} fragments")
    return -len(block) % fragment_bytes
