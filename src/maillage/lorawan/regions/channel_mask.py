"""ChMaskCntl: how the sixteen bits of ChMask name a region's channels. The rules are data, read both ways.

Sets of channels are integers: bit i is channel i. Sources: RP002-1.0.4, "LinkADRReq command" of each region.
"""

from dataclasses import dataclass

_MASK_BITS = 16
_NARROW, _WIDE = 64, 8


@dataclass(frozen=True, slots=True)
class MaskRule:
    """One value of ChMaskCntl: first ``turns_on`` and ``turns_off``, then bit i of ChMask decides on ``bits[i]``.

    Bits of ChMask past ``bits`` are reserved and ignored.
    """

    bits: tuple[int, ...]
    turns_on: int = 0
    turns_off: int = 0

    def apply(self, enabled: int, ch_mask: int) -> int:
        enabled = (enabled | self.turns_on) & ~self.turns_off
        for bit, channels in enumerate(self.bits):
            enabled = enabled | channels if ch_mask >> bit & 1 else enabled & ~channels
        return enabled

    def named(self, ch_mask: int) -> int:
        """The channels that the mask switches on one by one."""
        return sum(channels for bit, channels in enumerate(self.bits) if ch_mask >> bit & 1)

    def mask_for(self, wanted: int) -> int:
        """The ChMask that switches on every bit whose channels are all wanted."""
        return sum(1 << bit for bit, channels in enumerate(self.bits) if not channels & ~wanted)


MaskRules = tuple[MaskRule | None, ...]
"""By ChMaskCntl; None is reserved."""


def _one_by_one(first: int, count: int) -> tuple[int, ...]:
    return tuple(1 << first + bit for bit in range(count))


_ALL_NARROW = (1 << _NARROW) - 1
_BLOCKS = tuple(0xFF << 8 * block | 1 << _NARROW + block for block in range(_WIDE))

DYNAMIC_RULES: MaskRules = (
    MaskRule(_one_by_one(0, _MASK_BITS)),
    None,
    None,
    None,
    None,
    None,
    MaskRule((), turns_on=(1 << _MASK_BITS) - 1),
    None,
)
"""Sixteen channels: 0 names them, 6 switches on every one that is defined."""

FIXED_RULES: MaskRules = (
    *(MaskRule(_one_by_one(first, _MASK_BITS)) for first in range(0, _NARROW, _MASK_BITS)),
    MaskRule(_one_by_one(_NARROW, _WIDE)),
    MaskRule(_BLOCKS),
    MaskRule(_one_by_one(_NARROW, _WIDE), turns_on=_ALL_NARROW),
    MaskRule(_one_by_one(_NARROW, _WIDE), turns_off=_ALL_NARROW),
)
"""64 + 8 channels: 0 to 3 name sixteen narrow ones each, 4 the wide ones, 5 blocks of eight narrow and one wide,
6 and 7 switch all narrow ones on or off and name the wide ones."""


def apply_mask(rules: MaskRules, enabled: int, defined: int, ch_mask_cntl: int, ch_mask: int) -> int | None:
    """The channels enabled after one LinkADRReq; None if the control is reserved or names a channel not defined."""
    rule = rules[ch_mask_cntl] if 0 <= ch_mask_cntl < len(rules) else None
    if rule is None or rule.named(ch_mask) & ~defined:
        return None
    return rule.apply(enabled, ch_mask) & defined


def masks_between(rules: MaskRules, enabled: int, wanted: int, defined: int) -> tuple[tuple[int, int], ...]:
    """The shortest run of (ChMaskCntl, ChMask) that leads from ``enabled`` to ``wanted``, never empty.

    A device obeys such a run as one command (LoRaWAN L2 1.0.4, §5.2), so what lies between does not matter.
    """
    runs = [_by_banks(rules, (), enabled, wanted)]
    for cntl, rule in enumerate(rules):
        if rule is not None and not _is_bank(rule):
            ch_mask = rule.mask_for(wanted)
            after = rule.apply(enabled, ch_mask) & defined
            runs.append(_by_banks(rules, ((cntl, ch_mask),), after, wanted))
    return min(runs, key=len)


def _by_banks(
    rules: MaskRules, begun: tuple[tuple[int, int], ...], enabled: int, wanted: int
) -> tuple[tuple[int, int], ...]:
    """What was begun, then a mask for every bank that is still wrong."""
    banks = [(cntl, rule) for cntl, rule in enumerate(rules) if rule is not None and _is_bank(rule)]
    differs = enabled ^ wanted
    wrong = tuple((cntl, rule.mask_for(wanted)) for cntl, rule in banks if differs & sum(rule.bits))
    if begun or wrong:
        return begun + wrong
    first, rule = banks[0]
    return ((first, rule.mask_for(wanted)),)


def _is_bank(rule: MaskRule) -> bool:
    """Names channels one by one and touches no other."""
    return not rule.turns_on and not rule.turns_off and all(channels.bit_count() == 1 for channels in rule.bits)
