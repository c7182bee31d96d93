"""Who is responsible where: the jurisdiction polygons of a modelled region, service by service.

Knows which agency answers for which land, and the two flaws put in on purpose: one strip claimed by two ambulance
providers and one hole nobody's ambulance covers, so that a board has something true to show. Refuses to know how
polygons are cut (geo/modelled.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from domain.agency import Service
from domain.jurisdiction import Area
from domain.region import Station
from geo.counties import County
from geo.modelled import Plane, Town, cells, disputed_strip, union, without_disc
from geo.modelled_sites import emptiest_spot, sites
from tools.building.orgs import Org, has_police

EFFECTIVE = "2026-01-01"
DISTRICT_PEOPLE = 85_000
"""People of a police district in a town of more than two of them; San Francisco's ten come to this (modelled)."""
GAP_METRES = 1500.0
"""Radius of the hole left in one county's ambulance area."""

Cut = tuple[Area, Any]


def ambulance_lands(orgs: Sequence[Org], plane: Plane) -> dict[str, Any]:
    """Each ambulance provider's land by agency id: its county, or its part where two share one."""
    lands: dict[str, Any] = {}
    for county in dict.fromkeys(org.county for org in orgs if org.role == "ems"):
        providers = [org for org in orgs if org.role == "ems" and org.county == county]
        centres = [_centre(org) for org in providers]
        for org, land in zip(providers, cells([providers[0].area], [centres], plane)[0], strict=True):
            lands[org.id] = land if len(providers) > 1 else org.area
    return lands


def _centre(org: Org) -> tuple[float, float]:
    if not org.towns:
        spot = org.area.representative_point()
        return float(spot.x), float(spot.y)
    people = sum(town.population for town in org.towns)
    lon = sum(town.lon * town.population for town in org.towns) / people
    return lon, sum(town.lat * town.population for town in org.towns) / people


def areas(
    orgs: Sequence[Org],
    stations: Sequence[Station],
    lands: dict[str, Any],
    counties: Sequence[County],
    towns: Sequence[Town],
    town_areas: Sequence[Any],
    rest: dict[str, Any],
    plane: Plane,
    rng: np.random.Generator,
) -> list[Cut]:
    """Every jurisdiction with its polygon, in the order of a pack: by service, agency, name."""
    found = [
        *_first_due(orgs, stations, plane),
        *_police(orgs, towns, town_areas, rest, plane, rng),
        *_ambulance(orgs, lands, plane, rng),
    ]
    for org in orgs:
        if org.role == "sheriff":
            county = next(c for c in counties if c.fips == org.county)
            found.append(_cut(Service.SHERIFF, org, county.long_name, "sheriff areas", county.shape))
        elif org.role == "emergency_management":
            name = next(c.long_name for c in counties if c.fips == org.county)
            found.append(_cut(Service.EMERGENCY_MANAGEMENT, org, name, "emergency management areas", org.area))
        elif org.role == "highway_patrol":
            found.append(_cut(Service.HIGHWAY_PATROL, org, "Highways", "highway patrol area", org.area))
        elif org.role == "utility":
            found.append(_cut(Service.UTILITY, org, "Power and gas", "utility service area", org.area))
        elif org.role == "coast_guard":
            found.append(_cut(Service.COAST_GUARD, org, "Coastal waters", "coast guard waters", org.area))
    kept = [cut for cut in found if not cut[1].is_empty]
    order = list(Service)
    return sorted(kept, key=lambda cut: (order.index(cut[0].service), cut[0].agency, cut[0].name))


def _cut(service: Service, org: Org, name: str, layer: str, shape: Any) -> Cut:
    return Area(service, org.id, name, f"modelled {layer} 2026", EFFECTIVE, "", True), shape


def _first_due(orgs: Sequence[Org], stations: Sequence[Station], plane: Plane) -> list[Cut]:
    fire = [org for org in orgs if org.role in ("city_fire", "county_fire")]
    own = [[s for s in stations if s.agency == org.id and s.kind == "station"] for org in fire]
    shapes = cells([org.area for org in fire], [[(s.lon, s.lat) for s in at] for at in own], plane)
    return [
        _cut(Service.FIRE, org, f"First due {station.name}", "fire first-due", shape)
        for org, at, parts in zip(fire, own, shapes, strict=True)
        for station, shape in zip(at, parts, strict=True)
    ]


def _police(
    orgs: Sequence[Org],
    towns: Sequence[Town],
    town_areas: Sequence[Any],
    rest: dict[str, Any],
    plane: Plane,
    rng: np.random.Generator,
) -> list[Cut]:
    """Town police, in districts where large; the sheriff in towns without police and in open country.

    All of it is cut at once, so that a district's border and the open country beyond it share their vertices.
    """
    beats: list[tuple[Org, list[str], Any, list[tuple[float, float]]]] = []
    for org in orgs:
        if org.role == "city_police":
            town = org.towns[0]
            count = min(24, round(org.people / DISTRICT_PEOPLE))
            names, spots = [town.name], [(town.lon, town.lat)]
            if count >= 3:
                # North to south, so that district 1 is where people look for it.
                drawn = sites(org.area, count, [(town.lon, town.lat, town.population)], plane, rng)
                spots = sorted(drawn, key=lambda spot: (-spot[1], spot[0]))
                names = [f"{town.name} District {number}" for number in range(1, count + 1)]
            beats.append((org, names, org.area, spots))
        elif org.role == "sheriff":
            for town, shape in zip(towns, town_areas, strict=True):
                if town.county == org.county and not has_police(town, towns) and not shape.is_empty:
                    beats.append((org, [f"{town.name} (contract)"], shape, [(town.lon, town.lat)]))
            if not rest[org.county].is_empty:
                beats.append((org, ["Unincorporated"], rest[org.county], [(0.0, 0.0)]))
    shapes = cells([shape for _, _, shape, _ in beats], [spots for *_, spots in beats], plane)
    return [
        _cut(Service.POLICE, org, name, "police beats", shape)
        for (org, names, _, _), parts in zip(beats, shapes, strict=True)
        for name, shape in zip(names, parts, strict=True)
    ]


def _ambulance(orgs: Sequence[Org], lands: dict[str, Any], plane: Plane, rng: np.random.Generator) -> list[Cut]:
    providers = [org for org in orgs if org.role == "ems"]
    shapes = {org.id: lands[org.id] for org in providers}
    pair = _pair(providers, shapes)
    if pair:
        first, second = pair
        centre = (second.towns[0].lon, second.towns[0].lat) if second.towns else _centre(second)
        strip = disputed_strip(shapes[first.id], shapes[second.id], centre, plane)
        shapes[first.id] = union([shapes[first.id], strip])
    # The hole goes where the fewest people live: the largest county that is open country.
    open_country = [org for org in providers if not any(town.whole for town in org.towns)]
    if open_country:
        org = max(open_country, key=lambda o: (plane.area(shapes[o.id]), o.id))
        people = [(town.lon, town.lat, town.population) for other in providers for town in other.towns]
        inner = plane.buffer(lands[org.id], -1.5 * GAP_METRES)
        lon, lat = emptiest_spot(lands[org.id] if inner.is_empty else inner, people, plane, rng)
        shapes[org.id] = without_disc(shapes[org.id], lon, lat, GAP_METRES, plane)
    return [_cut(Service.EMS, org, f"{org.base} area", "ambulance areas", shapes[org.id]) for org in providers]


def _pair(providers: Sequence[Org], shapes: dict[str, Any]) -> tuple[Org, Org] | None:
    """Two providers with a common border, of one county if there are such."""
    pairs = [
        (a, b) for k, a in enumerate(providers) for b in providers[k + 1 :] if shapes[a.id].intersects(shapes[b.id])
    ]
    return min(pairs, key=lambda pair: pair[0].county != pair[1].county, default=None)
