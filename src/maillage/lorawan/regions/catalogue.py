"""Every region by the name under which an installation chooses it."""

from collections.abc import Mapping

from maillage.kernel.errors import Invalid
from maillage.lorawan.regions.as923 import AS923_GROUPS
from maillage.lorawan.regions.au915_928 import AU915_928, AU915_928_BLOCKS
from maillage.lorawan.regions.eu863_870 import EU863_870
from maillage.lorawan.regions.in865_867 import IN865_867
from maillage.lorawan.regions.region import Region
from maillage.lorawan.regions.us902_928 import US902_928, US902_928_BLOCKS

DEFAULT_REGION = EU863_870
_WHOLE = (EU863_870, IN865_867, US902_928, AU915_928, *AS923_GROUPS)
_BLOCKS = (US902_928_BLOCKS, AU915_928_BLOCKS)

REGIONS: Mapping[str, Region] = {region.common_name: region for region in _WHOLE} | {
    f"{region.common_name}/{block}": region for blocks in _BLOCKS for block, region in enumerate(blocks, start=1)
}
"""``US915/2`` is US915 for gateways that listen to its second block of eight channels."""


def region_named(name: str) -> Region:
    """The region of a common name such as ``EU868``, in any case; ``Invalid`` names those there are."""
    found = REGIONS.get(name.strip().upper())
    if found is None:
        raise Invalid("lorawan.region", region=name, expected=", ".join(REGIONS))
    return found
