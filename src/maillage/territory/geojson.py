"""Communes as GeoJSON features (RFC 7946), for the interface kit's maps."""

import json
from collections.abc import Iterable

from maillage.territory.models import Commune

_TOLERANCE_DEG = 0.0002  # some 20 m: invisible at the scale of a commune, a third of the bytes

Feature = dict[str, object]


def outline_feature(commune: Commune, layer: str, **properties: object) -> Feature:
    """The commune's outline in ``layer`` (``outline``, ``neighbour`` or ``area``)."""
    simplified = commune.outline.simplify(_TOLERANCE_DEG, preserve_topology=True)
    named = {"layer": layer, "id": f"commune.{commune.pk}", "name": commune.name, **properties}
    return {"type": "Feature", "geometry": json.loads(simplified.geojson), "properties": named}


def point_feature(longitude_deg: float, latitude_deg: float, **properties: object) -> Feature:
    """A site's point."""
    geometry = {"type": "Point", "coordinates": [longitude_deg, latitude_deg]}
    return {"type": "Feature", "geometry": geometry, "properties": {"layer": "site", **properties}}


def collection(features: Iterable[Feature]) -> dict[str, object]:
    """What a map reads."""
    return {"type": "FeatureCollection", "features": list(features)}
