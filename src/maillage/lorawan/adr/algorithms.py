"""The methods by name, as the profile of a device model chooses one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from maillage.kernel.errors import Invalid
from maillage.lorawan.adr.semtech import DEFAULT_MARGIN_DB, SemtechAdr
from maillage.lorawan.adr.values import AdrAlgorithm, Limits, Link, Setting


@dataclass(frozen=True, slots=True)
class FixedSetting:
    """Changes nothing: for devices that move, or that manage their rate better than the network can."""

    def decide(self, link: Link, limits: Limits) -> Setting:  # noqa: ARG002 - whatever the limits
        return link.setting


def _fixed(margin_db: float) -> AdrAlgorithm:  # noqa: ARG001 - nothing is computed
    return FixedSetting()


ALGORITHMS: Mapping[str, Callable[[float], AdrAlgorithm]] = MappingProxyType({"semtech": SemtechAdr, "off": _fixed})
DEFAULT_ALGORITHM: Final = "semtech"


def algorithm(name: str = DEFAULT_ALGORITHM, margin_db: float = DEFAULT_MARGIN_DB) -> AdrAlgorithm:
    """The method of that name. Raises ``Invalid`` ``adr.unknown_algorithm``."""
    make = ALGORITHMS.get(name)
    if make is None:
        raise Invalid("adr.unknown_algorithm", name=name, known=", ".join(ALGORITHMS))
    return make(margin_db)
