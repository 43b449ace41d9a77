"""A run of LinkADRReq is one order, obeyed whole or not at all. Source: LoRaWAN L2 1.0.4, §5.2; 1.1, §5.3.

The masks are applied in turn, only the last request's data rate, power and NbTrans count. A device of 1.0.x
answers each request of the block, all alike; one of 1.1 answers once.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

from maillage.lorawan.protocol.mac.command import MacCommand
from maillage.lorawan.protocol.mac.link_adr import LinkADRAns, LinkADRReq
from maillage.lorawan.protocol.version import Version

KEEP = 15
"""A data rate or power that stays as it is, since 1.0.4."""

_SINCE_1_0_4 = (Version.V1_0_4, Version.V1_1)
_REFUSED = LinkADRAns(power_ack=False, data_rate_ack=False, channel_mask_ack=False)


@dataclass(frozen=True, slots=True)
class AdrSettings:
    """What LinkADR sets. Bit i of ``enabled`` is channel i; ``nb_trans`` transmissions of each uplink, 1..15."""

    data_rate: int
    tx_power: int
    nb_trans: int
    enabled: int


class ChannelRules(Protocol):
    """What a device's region and channels allow."""

    def apply_mask(self, enabled: int, ch_mask_cntl: int, ch_mask: int) -> int | None:
        """The channels enabled after one mask; None if it names one that is not defined, or is reserved."""

    def carries(self, enabled: int, data_rate: int) -> bool:
        """Whether one of the channels carries the data rate."""

    def has_power(self, tx_power: int) -> bool: ...


def adr_blocks(commands: Iterable[MacCommand]) -> list[tuple[LinkADRReq, ...]]:
    """The contiguous runs of LinkADRReq in a downlink, in order."""
    blocks: list[tuple[LinkADRReq, ...]] = []
    for is_adr, run in groupby(commands, lambda command: isinstance(command, LinkADRReq)):
        if is_adr:
            blocks.append(tuple(request for request in run if isinstance(request, LinkADRReq)))
    return blocks


def adr_block(wanted: AdrSettings, masks: Iterable[tuple[int, int]]) -> tuple[LinkADRReq, ...]:
    """The network's order: ``masks`` as (ChMaskCntl, ChMask) lead to the wanted channels."""
    return tuple(
        LinkADRReq(wanted.data_rate, wanted.tx_power, ch_mask, ch_mask_cntl, wanted.nb_trans)
        for ch_mask_cntl, ch_mask in masks
    )


def obey_adr_block(
    settings: AdrSettings, block: tuple[LinkADRReq, ...], rules: ChannelRules, version: Version
) -> tuple[AdrSettings, tuple[LinkADRAns, ...]]:
    """The device's settings after a block of one request or more, and its answers."""
    wanted, masks_ok = _wanted(settings, block, rules, version)
    answer = LinkADRAns(
        power_ack=rules.has_power(wanted.tx_power),
        data_rate_ack=masks_ok and rules.carries(wanted.enabled, wanted.data_rate),
        channel_mask_ack=masks_ok,
    )
    answers = (answer,) if version.is_1_1 else (answer,) * len(block)
    return wanted if answer.accepted else settings, answers


def refuse_adr_block(block: tuple[LinkADRReq, ...], version: Version) -> tuple[LinkADRAns, ...]:
    """The answers to every further block of one downlink, which 1.1 forbids: nothing of it is obeyed."""
    return (_REFUSED,) if version.is_1_1 else (_REFUSED,) * len(block)


def accepts_block(answers: Iterable[LinkADRAns]) -> bool:
    """The network's reading: every answer that came must say yes."""
    said = tuple(answers)
    return bool(said) and all(answer.accepted for answer in said)


def _wanted(
    settings: AdrSettings, block: tuple[LinkADRReq, ...], rules: ChannelRules, version: Version
) -> tuple[AdrSettings, bool]:
    enabled: int | None = settings.enabled
    for request in block:
        if enabled is not None:
            enabled = rules.apply_mask(enabled, request.ch_mask_cntl, request.ch_mask)
    last, may_keep = block[-1], version in _SINCE_1_0_4
    wanted = AdrSettings(
        settings.data_rate if may_keep and last.data_rate == KEEP else last.data_rate,
        settings.tx_power if may_keep and last.tx_power == KEEP else last.tx_power,
        last.nb_trans or (settings.nb_trans if may_keep else 1),
        enabled or 0,
    )
    return wanted, bool(enabled)
