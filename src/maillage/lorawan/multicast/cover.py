"""Which gateways speak to a group: as few as reach every member well. Pure."""

from collections.abc import Mapping

Heard = Mapping[str, Mapping[str, float]]
"""Per device, the SNR at which each gateway heard it lately."""

_FADING_DB = 3.0


def cover(heard: Heard, floor_snr_db: float) -> list[str]:
    """Gateway EUIs, the one that reaches most first; a device that none reaches safely gets its best one.

    Greedy: at most ln(n) + 1 times as many as the fewest possible (Chvátal 1979, doi:10.1287/moor.4.3.233).
    """
    reached_by = {device: _reaching(gateways, floor_snr_db + _FADING_DB) for device, gateways in heard.items()}
    left = {device for device, gateways in reached_by.items() if gateways}
    chosen: list[str] = []
    while left:
        counts: dict[str, tuple[int, float]] = {}
        for device in left:
            for gateway in reached_by[device]:
                count, snr_db = counts.get(gateway, (0, 0.0))
                counts[gateway] = count + 1, snr_db + heard[device][gateway]
        best = max(sorted(counts), key=lambda gateway: counts[gateway])
        chosen.append(best)
        left = {device for device in left if best not in reached_by[device]}
    return chosen


def _reaching(gateways: Mapping[str, float], wanted_snr_db: float) -> frozenset[str]:
    safe = frozenset(eui for eui, snr_db in gateways.items() if snr_db >= wanted_snr_db)
    return safe or frozenset(sorted(gateways, key=lambda eui: -gateways[eui])[:1])
