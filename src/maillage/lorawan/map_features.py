"""The territory and what stands in it, as GeoJSON for the kit's map."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext, ngettext

from maillage.lorawan.models import Gateway
from maillage.lorawan.queries import FleetCount, gateway_is_online
from maillage.territory.models import Commune

Feature = dict[str, object]
_FAINT, _PLAIN, _STRONG = 0.1, 0.35, 0.8


def collection(features: Iterable[Feature]) -> dict[str, object]:
    """A GeoJSON ``FeatureCollection``."""
    return {"type": "FeatureCollection", "features": list(features)}


def backdrop(communes: Sequence[Commune]) -> list[Feature]:
    """The outlines of the territory, members and others."""
    return [_outside(commune) for commune in communes]


def fleet_areas(fleets: Mapping[int, FleetCount], communes: Sequence[Commune]) -> list[Feature]:
    """The communes that ``fleets`` names, coloured by the state of their devices; the rest behind them."""
    return [_area(commune, fleets) or _outside(commune) for commune in communes]


def gateway_points(gateways: Iterable[Gateway], now: datetime) -> list[Feature]:
    """The gateways whose place is known."""
    return [_gateway(gateway, now) for gateway in gateways if gateway.location is not None]


def fleet_state(fleet: FleetCount) -> str:
    """The kit's state of a fleet: off without devices, pending until one is heard, danger when most are silent."""
    if fleet.total == 0:
        return "off"
    if 2 * fleet.silent > fleet.total:
        return "danger"
    if fleet.silent:
        return "warning"
    return "pending" if fleet.never == fleet.total else "ok"


def fleet_words(fleet: FleetCount) -> str:
    """« 12 appareils, dont 1 silencieux »."""
    devices = ngettext("%(count)s appareil", "%(count)s appareils", fleet.total) % {"count": fleet.total}
    if not fleet.silent:
        return devices
    return gettext("%(devices)s, dont %(silent)s silencieux") % {"devices": devices, "silent": fleet.silent}


def _area(commune: Commune, fleets: Mapping[int, FleetCount]) -> Feature | None:
    organisation_id = commune.organisation_id
    fleet = fleets.get(organisation_id) if organisation_id is not None else None
    if fleet is None:
        return None
    state = fleet_state(fleet)
    properties: dict[str, object] = {
        "layer": "area",
        "name": commune.name,
        "text": fleet_words(fleet),
        "href": f"{reverse('lorawan:devices')}?organisation={organisation_id}",
        "fill": {"off": _FAINT, "ok": _PLAIN, "pending": _PLAIN}.get(state, _STRONG),
        "state": state,
    }
    return _feature(commune, properties)


def _outside(commune: Commune) -> Feature:
    return _feature(commune, {"layer": "neighbour", "name": commune.name})


def _feature(commune: Commune, properties: dict[str, object]) -> Feature:
    return {"type": "Feature", "geometry": json.loads(commune.outline.geojson), "properties": properties}


def _gateway(gateway: Gateway, now: datetime) -> Feature:
    properties = {
        "layer": "site",
        "id": gateway.pk,
        "name": gateway.name,
        "href": reverse("lorawan:gateway", args=[gateway.pk]),
        "icon": "antenna",
        "state": "ok" if gateway_is_online(gateway, now) else "danger",
        "live": f"gateway.{gateway.pk}.state",
    }
    point = gateway.location
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [point.x, point.y] if point else []},
        "properties": properties,
    }
