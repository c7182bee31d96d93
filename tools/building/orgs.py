"""Which agencies a modelled region has, over which land and for how many people.

Knows the thresholds that decide whether a town has its own fire department and police. Refuses to know stations,
units and the areas of single services (areas.py).
The thresholds and rates of this package are modelled: chosen so that five Bay Area counties come to the number of
agencies and units they have in the order of magnitude, not taken from a standard unless a source is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from domain.agency import Agency, Discipline
from geo.counties import County
from geo.modelled import Plane, Town, union
from tools.building.names import SHORT_LENGTH, STATES, Namer, initials, state_police_name, utility_name

POLICE_FROM = 25_000
"""People from which a town has its own police; the sheriff polices smaller ones under contract (modelled)."""
FIRE_FROM = 60_000
"""People from which a town has its own fire department; smaller ones are the county fire department's (modelled)."""
SEAT_FROM = 8_000
"""The largest town of a county has both from this size (modelled)."""
SECOND_EMS_FROM = 400_000
"""People from which a county has two ambulance providers, each with its part (modelled)."""


@dataclass(frozen=True, slots=True)
class Org:
    """An agency in the making. `role` is what it does ("city_fire"), `area` its land (WGS 84), `towns` those on it.

    `county` is the FIPS code it belongs to, "" for one of the whole region. `people` are those it serves.
    """

    agency: Agency
    role: str
    county: str
    area: Any
    people: int
    towns: tuple[Town, ...]

    @property
    def id(self) -> str:
        """The agency's id."""
        return self.agency.id

    @property
    def base(self) -> str:
        """The largest place it serves, for naming what it has."""
        return self.towns[0].name if self.towns else self.agency.short


def has_police(town: Town, towns: Sequence[Town]) -> bool:
    """Whether a town has its own police."""
    return town.whole or town.population >= POLICE_FROM or _is_seat(town, towns)


def has_fire(town: Town, towns: Sequence[Town]) -> bool:
    """Whether a town has its own fire department."""
    return town.whole or town.population >= FIRE_FROM or _is_seat(town, towns)


def _is_seat(town: Town, towns: Sequence[Town]) -> bool:
    return town.population >= SEAT_FROM and town == next(t for t in towns if t.county == town.county)


def organise(
    counties: Sequence[County],
    towns: Sequence[Town],
    town_areas: Sequence[Any],
    rest: dict[str, Any],
    water: Any,
    plane: Plane,
) -> list[Org]:
    """Every agency of a region; `town_areas` is parallel to `towns`, `rest` the land of no town by county.

    `water` is the coast guard's, empty away from the coast. Largest towns are named first, so they get the short ids.
    """
    namer = Namer()
    orgs: list[Org] = []

    def add(
        role: str, discipline: Discipline, id_: str, name: str, short: str, county: str, area: Any, own: Sequence[Town]
    ) -> None:
        if area.is_empty:
            return
        # A county of a city of five counties has its share of the people.
        people = sum(t.population if role.startswith("city") else t.population // len(t.counties) for t in own)
        orgs.append(Org(Agency(id_, name, short, discipline, modelled=True), role, county, area, people, tuple(own)))

    for town, area in zip(towns, town_areas, strict=True):
        if has_fire(town, towns):
            brief = namer.short(f"{town.name} Fire", f"{town.name} FD", *_cut_names(town.name, "Fire"))
            name = f"{town.name} Fire Department"
            add("city_fire", Discipline.FIRE, namer.town_id(town.name, "fd"), name, brief, town.county, area, [town])
        if has_police(town, towns):
            brief = namer.short(f"{town.name} PD", *_cut_names(town.name, "PD"))
            name = f"{town.name} Police Department"
            add("city_police", Discipline.LAW, namer.town_id(town.name, "pd"), name, brief, town.county, area, [town])
    for county in sorted(counties, key=lambda c: (-sum(t.population for t in towns if c.fips in t.counties), c.fips)):
        own = [town for town in towns if county.fips in town.counties]
        whole = next((town for town in own if town.whole), None)
        # "San Francisco Sheriff", but "Marin County Sheriff": a city that is its county is called a city.
        city = whole is not None and len(whole.counties) == 1
        title = county.name if city or county.independent_city else county.long_name

        def short(*words: str, county: County = county) -> str:
            full = [f"{county.name} {word}" for word in words]
            return namer.short(*full, *(name for word in reversed(words) for name in _cut_names(county.name, word)))

        def ident(suffix: str, county: County = county) -> str:
            return namer.county_id(county.name, suffix)

        areas = {town: area for town, area in zip(towns, town_areas, strict=True) if town in own}
        open_land = rest[county.fips]
        if not whole:
            small = [town for town in own if not has_fire(town, towns)]
            land = union([open_land, *[areas[town] for town in small]])
            brief = short("Co Fire", "Co FD", "County Fire")
            add("county_fire", Discipline.FIRE, ident("fd"), f"{title} Fire", brief, county.fips, land, small)
        policed = own if whole else [town for town in own if not has_police(town, towns)]
        land = union([county.shape] if whole else [open_land, *[areas[town] for town in policed]])
        brief = short("Sheriff", "SO")
        add("sheriff", Discipline.LAW, ident("so"), f"{title} Sheriff", brief, county.fips, land, policed)
        name = f"{title} Ambulance"
        add("ems", Discipline.EMS, ident("ems"), name, short("EMS"), county.fips, county.shape, own)
        name = f"{title} Emergency Management"
        role, discipline = "emergency_management", Discipline.EMERGENCY_MANAGEMENT
        add(role, discipline, ident("oem"), name, short("OEM"), county.fips, county.shape, own)
    _second_ambulance(orgs, namer)
    _regional(orgs, namer, counties, towns, water, plane)
    return orgs


def _cut_names(name: str, word: str) -> tuple[str, ...]:
    """Shorter ways to say a place and a word: initials of several words, or the place cut to fit."""
    cut = f"{name[: SHORT_LENGTH - 1 - len(word)].rstrip()} {word}"
    return (f"{initials(name)} {word}", cut) if " " in name else (cut,)


def _second_ambulance(orgs: list[Org], namer: Namer) -> None:
    """The most populous county that is no single city gets a second provider; areas.py divides the county."""
    large = [org for org in orgs if org.role == "ems" and org.people >= SECOND_EMS_FROM and not org.towns[0].whole]
    for org in large[:1]:
        first, second = halves(org.towns)
        name = f"{second[0].name} Ambulance"
        short = namer.short(f"{second[0].name} EMS", f"{initials(second[0].name)} EMS")
        agency = Agency(namer.town_id(second[0].name, "ems"), name, short, Discipline.EMS, modelled=True)
        at = orgs.index(org)
        orgs[at] = Org(org.agency, "ems", org.county, org.area, sum(t.population for t in first), tuple(first))
        orgs.insert(at + 1, Org(agency, "ems", org.county, org.area, sum(t.population for t in second), tuple(second)))


def halves(towns: Sequence[Town]) -> tuple[list[Town], list[Town]]:
    """A county's towns in two groups: those nearer the largest, and those nearer the one that balances it best."""
    first = towns[0]

    def split(second: Town) -> tuple[list[Town], list[Town]]:
        near = [t for t in towns if _apart(t, first) <= _apart(t, second)]
        return near, [t for t in towns if t not in near]

    def imbalance(second: Town) -> tuple[int, str]:
        near, far = split(second)
        return abs(sum(t.population for t in near) - sum(t.population for t in far)), second.name

    return split(min([t for t in towns[1:12] if t.population >= 25_000] or towns[1:2], key=imbalance))


def _apart(one: Town, other: Town) -> float:
    return (0.8 * (one.lon - other.lon)) ** 2 + (one.lat - other.lat) ** 2


def _regional(
    orgs: list[Org], namer: Namer, counties: Sequence[County], towns: Sequence[Town], water: Any, plane: Plane
) -> None:
    """Agencies of the state or of the whole region."""

    def add(role: str, discipline: Discipline, id_: str, name: str, short: str, area: Any, own: Sequence[Town]) -> None:
        people = sum(town.population for town in own)
        orgs.append(Org(Agency(id_, name, short, discipline, modelled=True), role, "", area, people, tuple(own)))

    everything = union([county.shape for county in counties])
    largest = max(counties, key=lambda county: (plane.area(county.shape), county.fips))
    for state in sorted({county.state for county in counties}):
        codes = {county.fips for county in counties if county.state == state}
        land = union([county.shape for county in counties if county.state == state])
        own = [town for town in towns if town.county in codes]
        name = state_police_name(state)
        short = namer.short(initials(name), f"{state} {name.split()[-1]}"[:14])
        add("highway_patrol", Discipline.LAW, namer.fixed_id(initials(name).lower()), name, short, land, own)
        name, short = f"{STATES[state]} Department of Transportation", namer.short(f"{state} DOT")
        add("transport", Discipline.TRANSPORT, namer.fixed_id(f"{state.lower()}dot"), name, short, land, own)
    coast = [town for town in towns if any(c.coastal and c.fips in town.counties for c in counties)]
    if not water.is_empty:
        base = coast[0].name if coast else largest.name
        name, short = f"Coast Guard Sector {base}", namer.short("Coast Guard")
        add("coast_guard", Discipline.COAST_GUARD, namer.fixed_id("uscg"), name, short, water, coast)
    first = towns[0].name if towns else largest.name
    name = utility_name(first)
    add("utility", Discipline.UTILITY, namer.fixed_id("pwrgas"), name, namer.short("Power & Gas"), everything, towns)
    local = [town for town in towns if largest.fips in town.counties]
    name = f"{largest.long_name} Search and Rescue"
    short = namer.short(f"{largest.name} SAR", f"{initials(largest.name)} SAR")
    add("sar", Discipline.SAR, namer.county_id(largest.name, "sar"), name, short, largest.shape, local)
    if towns:
        works = namer.short(f"{first} Works", f"{initials(first)} Works", "Public Works")
        id_ = namer.town_id(first, "pw")
        home = next((org.area for org in orgs if org.towns[:1] == (towns[0],)), everything)
        add("public_works", Discipline.PUBLIC_WORKS, id_, f"{first} Public Works", works, home, towns[:1])
