"""Where modelled agencies stand: fire stations, ambulance posts, hospitals, jails, harbours, yards, EOCs.

Knows how many of each an agency has. Refuses to know what is parked there (units.py). Positions are modelled:
in the middle of the people they serve, on land, and none is a real building's.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

import numpy as np

from domain.region import Place, Station
from geo.modelled import Plane
from geo.modelled_sites import on_land, sites
from tools.building.orgs import Org

FIRE_STATION_PEOPLE = 19_000
"""People of one fire station in a town; San Francisco's 44 stations for 830,000 people come to this."""
LARGE_CITY = 1_000_000
"""Beyond this many people stations grow half as fast: New York's 220-odd serve 8.4 million."""
COUNTY_STATION_PEOPLE = 16_000
"""People of one county fire station (modelled)."""
COUNTY_STATION_KM2 = 220.0
"""Land for which a county keeps at least one station, up to COUNTY_STATIONS_BY_LAND (modelled)."""
COUNTY_STATIONS_BY_LAND = 14
HOSPITAL_PEOPLE = 100_000
"""People of one hospital with an emergency department (modelled)."""
POST_UNITS = 3
"""Ambulances of one post (modelled)."""


def fire_stations(org: Org, plane: Plane) -> int:
    """How many stations a fire agency has."""
    if org.role == "city_fire":
        people = min(org.people, LARGE_CITY) + max(0, org.people - LARGE_CITY) / 2
        return max(1, round(people / FIRE_STATION_PEOPLE))
    by_land = min(COUNTY_STATIONS_BY_LAND, plane.area(org.area) / 1e6 / COUNTY_STATION_KM2)
    return max(1, round(max(org.people / COUNTY_STATION_PEOPLE, by_land)))


def ambulances(org: Org) -> int:
    """Staffed ALS ambulances of a provider: one per 30,000 people, at least two (modelled)."""
    return max(2, round(org.people / 30_000))


def stations(
    orgs: Sequence[Org],
    places: Sequence[Place],
    lands: dict[str, Any],
    water: Any,
    plane: Plane,
    rng: np.random.Generator,
) -> list[Station]:
    """Every station of every agency, agencies in their order. `lands` are the ambulance providers' areas."""
    found: list[Station] = []
    block: dict[str, int] = {}
    for org in orgs:
        area = lands.get(org.id, org.area)
        towns = {(town.name, town.county) for town in org.towns}
        whole = {code for town in org.towns if town.whole for code in town.counties}
        centres = [
            (place.lon, place.lat, place.population)
            for place in places
            if (place.name, place.county) in towns or place.county in whole
        ] or [(town.lon, town.lat, town.population) for town in org.towns]
        if org.role in ("city_fire", "county_fire"):
            count = fire_stations(org, plane)
            # Station numbers do not repeat within a county: each agency starts a new ten.
            start = block.get(org.county, 1)
            block[org.county] = ceil((start - 1 + count) / 10) * 10 + 1
            spots = sites(area, count, centres, plane, rng, even=0.06)
            found += _numbered(org, "Station", spots, start, width=2)
        elif org.role == "ems":
            posts = sites(area, max(1, ceil(ambulances(org) / POST_UNITS)), centres, plane, rng, even=0.02)
            found += _numbered(org, "Post", posts, 1)
            hospitals = sites(area, max(1, round(org.people / HOSPITAL_PEOPLE)), centres, plane, rng, even=0.0)
            found += [
                _station(org, f"H{k}", f"{org.base} Hospital {k}", spot, "hospital")
                for k, spot in enumerate(hospitals, 1)
            ]
        elif org.role == "city_police":
            count = min(24, max(1, round(org.people / 85_000)))
            found += _numbered(org, "Police station", sites(area, count, centres, plane, rng), 1)
        elif org.role == "sheriff":
            count = max(1, min(6, round(org.people / 90_000)))
            spots = sites(area, count + 1, centres, plane, rng, even=0.03)
            found += _numbered(org, "Sheriff station", spots[:count], 1)
            found.append(_station(org, "J1", f"{org.agency.short} Jail", spots[count], "jail"))
        elif org.role == "highway_patrol":
            count = max(2, min(16, round(org.people / 500_000) + round(plane.area(area) / 1e6 / 4000)))
            found += _numbered(org, "Area office", sites(area, count, centres, plane, rng), 1)
        elif org.role == "coast_guard":
            found += _harbours(org, water, plane)
        elif org.role in ("utility", "transport", "public_works"):
            count = max(1, min(12, round(org.people / 400_000)))
            found += [
                _station(org, f"Y{k}", f"Yard {k}", spot, "yard")
                for k, spot in enumerate(sites(area, count, centres, plane, rng, even=0.03), 1)
            ]
        elif org.role == "emergency_management":
            spot = sites(area, 1, centres[:1], plane, rng, even=0.0)[0]
            found.append(_station(org, "EOC", f"{org.agency.short} EOC", spot, "eoc"))
        else:
            found += _numbered(org, "Base", sites(area, 1, centres, plane, rng), 1)
    return found


def _numbered(org: Org, word: str, spots: Sequence[tuple[float, float]], start: int, width: int = 1) -> list[Station]:
    ordered = sorted(spots, key=lambda spot: (-spot[1], spot[0]))
    last = start + len(ordered) - 1
    digits = width if last > 9 else 1
    return [_station(org, f"{k:0{digits}d}", f"{word} {k}", spot) for k, spot in enumerate(ordered, start)]


def _station(org: Org, number: str, name: str, spot: tuple[float, float], kind: str = "station") -> Station:
    return Station(f"{org.id}/{number}", org.id, name, spot[0], spot[1], kind)


def _harbours(org: Org, water: Any, plane: Plane) -> list[Station]:
    """A harbour on the shore by each of up to four towns, 8 km apart: the largest of each coastal county first."""
    spots: list[tuple[str, tuple[float, float]]] = []
    firsts = list({town.county: town for town in reversed(org.towns)}.values())
    for town in sorted(org.towns, key=lambda t: (t not in firsts, -t.population, t.name)):
        spot = on_land(town.lon, town.lat, water, plane, margin=0.0)
        near = [other for _, other in spots if abs(other[0] - spot[0]) * 0.8 + abs(other[1] - spot[1]) < 0.08]
        # Concord is a coastal county's town, but no sailor's.
        if not near and abs(town.lon - spot[0]) * 0.8 + abs(town.lat - spot[1]) < 0.07:
            spots.append((town.name, spot))
        if len(spots) == 4:
            break
    if not spots and org.towns:
        town = org.towns[0]
        spots = [(town.name, on_land(town.lon, town.lat, water, plane, margin=0.0))]
    elif not spots:
        point = water.representative_point()
        spots = [("Coast", (round(float(point.x), 5), round(float(point.y), 5)))]
    return [_station(org, f"B{k}", f"Station {name}", spot, "harbour") for k, (name, spot) in enumerate(spots, 1)]
