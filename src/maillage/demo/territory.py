"""What the demonstration is made of, as values: the same for the same seed. Pure but for one file it reads."""

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from maillage.demo import names
from maillage.demo.outlines import Point, Ring, centre, km, scattered, width_km
from maillage.territory.models import Site

SEED = 91
MEMBERS = 50
GATEWAYS = 40
FEATURED = ("91228", "91174")
_COMMUNES_FILE = Path(__file__).with_name("data") / "communes-91.geojson"
_FEATURED_ROOMS = 8
_ROOMS = 5
_PM_EVERY = 3
_INHABITANTS_PER_SCHOOL = 15_000
_SCHOOLS = (2, 4)

VICKI, ERS, AM107 = "mclimate-vicki", "elsys-ers", "milesight-am107"
GATE, PARTICLES = "dragino-lt22222l", "decentlab-dl-pm"
HEATING, ACCESS = "heating", "access"


@dataclass(frozen=True, slots=True)
class CommuneData:
    """A commune as its public source tells it; ``rings`` are closed, longitude first."""

    insee: str
    name: str
    siren: str
    postcodes: tuple[str, ...]
    population: int
    epci_siren: str
    epci_name: str
    rings: tuple[Ring, ...]


@dataclass(frozen=True, slots=True)
class RoomPlan:
    """``seed`` varies people and sun; ``day_c`` is its setpoint during school hours."""

    name: str
    floor: int
    area_m2: int
    seed: int
    insulation: float
    exposure: float
    day_c: float


@dataclass(frozen=True, slots=True)
class SitePlan:
    kind: Site.Kind
    name: str
    address: str
    at: Point
    rooms: tuple[RoomPlan, ...] = ()


@dataclass(frozen=True, slots=True)
class DevicePlan:
    """``room`` is empty outdoors."""

    dev_eui: str
    model: str
    name: str
    site: str
    at: Point
    period_s: float
    room: str = ""
    solution: str = ""


@dataclass(frozen=True, slots=True)
class MemberPlan:
    """A member commune with everything that stands in it."""

    commune: CommuneData
    slug: str
    featured: bool
    sites: tuple[SitePlan, ...]
    devices: tuple[DevicePlan, ...]

    @property
    def town_hall(self) -> SitePlan:
        return self.sites[0]

    @property
    def rooms(self) -> dict[str, RoomPlan]:
        return {room.name: room for site in self.sites for room in site.rooms}


@dataclass(frozen=True, slots=True)
class GatewayPlan:
    eui: str
    name: str
    at: Point
    insee: str


@dataclass(frozen=True, slots=True)
class TerritoryPlan:
    """``members`` begin with the featured communes."""

    communes: tuple[CommuneData, ...]
    members: tuple[MemberPlan, ...]
    gateways: tuple[GatewayPlan, ...]


def plan_territory(members: int = MEMBERS, gateways: int = GATEWAYS) -> TerritoryPlan:
    """The whole plan; ``members`` most populous communes, featured ones first."""
    communes = read_communes()
    chosen = sorted(communes, key=lambda one: (one.insee not in FEATURED, -one.population))[:members]
    plans = tuple(_member(index, one) for index, one in enumerate(chosen))
    return TerritoryPlan(communes, plans, _gateways(plans, gateways))


def read_communes() -> tuple[CommuneData, ...]:
    """The communes of the file, in its order."""
    features = json.loads(_COMMUNES_FILE.read_text(encoding="utf-8"))["features"]
    return tuple(_commune(feature) for feature in features)


def _commune(feature: dict[str, Any]) -> CommuneData:
    says = feature["properties"]
    ring = tuple((float(x), float(y)) for x, y in feature["geometry"]["coordinates"][0])
    return CommuneData(
        says["insee"],
        says["name"],
        says["siren"],
        tuple(says["postcodes"]),
        says["population"],
        says["epci_siren"] or "",
        says["epci_name"] or "",
        (ring,),
    )


def _member(index: int, commune: CommuneData) -> MemberPlan:
    chance = random.Random(f"{SEED}/{commune.insee}")  # noqa: S311 - a plausible town, not a secret
    featured = commune.insee in FEATURED
    sites = _sites(commune, featured, chance)
    devices = _devices(index, sites, featured)
    return MemberPlan(commune, f"commune-{commune.insee}", featured, sites, devices)


def _sites(commune: CommuneData, featured: bool, chance: random.Random) -> tuple[SitePlan, ...]:  # noqa: FBT001
    ring = commune.rings[0][:-1]
    middle = centre(ring)
    places = scattered(ring, middle, width_km(ring) / 2.6, 0.35, chance)
    streets = chance.sample(names.STREETS, len(names.STREETS))
    few, many = _SCHOOLS
    count = min(many, max(few, commune.population // _INHABITANTS_PER_SCHOOL))
    schools = ["École élémentaire Jules-Ferry"] if featured else []
    schools += [one for one in chance.sample(names.SCHOOLS, count + 1) if one not in schools]
    wanted = [
        *((Site.Kind.SCHOOL, name) for name in schools[:count]),
        (Site.Kind.GYMNASIUM, chance.choice(names.GYMNASIUMS)),
        (Site.Kind.CEMETERY, chance.choice(names.CEMETERIES)),
        (Site.Kind.TECHNICAL_CENTRE, "Centre technique municipal"),
    ]
    town_hall = SitePlan(Site.Kind.TOWN_HALL, "Hôtel de ville", f"1 place de la Mairie, {commune.name}", middle)
    others = [
        SitePlan(
            kind,
            name,
            f"{chance.randint(1, 90)} {street}, {commune.name}",
            place,
            _rooms(featured, chance) if number == 0 else (),
        )
        for number, ((kind, name), street, place) in enumerate(zip(wanted, streets, places, strict=False))
    ]
    return (town_hall, *others)


def _rooms(featured: bool, chance: random.Random) -> tuple[RoomPlan, ...]:  # noqa: FBT001
    called = (*names.CLASSROOMS, *names.OTHER_ROOMS)[: _FEATURED_ROOMS if featured else _ROOMS]
    return tuple(
        RoomPlan(
            name,
            floor=number // 4,
            area_m2=chance.randint(44, 64),
            seed=chance.randint(1, 10_000),
            insulation=round(chance.uniform(0.85, 1.35), 2),
            exposure=round(chance.uniform(0.2, 1.4), 2),
            day_c=chance.choice((19.0, 19.0, 19.0, 20.0)),
        )
        for number, name in enumerate(called)
    )


def _devices(index: int, sites: tuple[SitePlan, ...], featured: bool) -> tuple[DevicePlan, ...]:  # noqa: FBT001
    school = next(site for site in sites if site.rooms)
    cemetery = next(site for site in sites if site.kind is Site.Kind.CEMETERY)
    found: list[DevicePlan] = []

    def add(model: str, name: str, site: SitePlan, period_s: float, room: str = "", solution: str = "") -> None:
        dev_eui = f"02000091{index:04x}{len(found):04x}"
        found.append(DevicePlan(dev_eui, model, name, site.name, site.at, period_s, room, solution))

    for number, room in enumerate(school.rooms):
        sensor = AM107 if (number + index) % 2 else ERS
        add(VICKI, f"Vanne – {room.name}", school, 40.0 if featured else 600.0, room.name, HEATING)
        add(sensor, f"Capteur – {room.name}", school, 60.0 if featured else 600.0, room.name, HEATING)
    add(GATE, "Portail du cimetière", cemetery, 300.0 if featured else 900.0, solution=ACCESS)
    if featured or index % _PM_EVERY:
        add(PARTICLES, "Capteur de particules", sites[0], 600.0)
    return tuple(found)


def _gateways(members: tuple[MemberPlan, ...], count: int) -> tuple[GatewayPlan, ...]:
    """On the town halls, farthest first: each next one where it adds most coverage."""
    waiting = list(members)
    chosen = [waiting.pop(0)]
    while waiting and len(chosen) < count:
        best = max(waiting, key=lambda one: min(km(one.town_hall.at, other.town_hall.at) for other in chosen))
        waiting.remove(best)
        chosen.append(best)
    return tuple(
        GatewayPlan(f"020091ff{int(one.commune.insee):08x}", f"{one.commune.name} – mairie", one.town_hall.at, insee)
        for one in chosen
        for insee in (one.commune.insee,)
    )
