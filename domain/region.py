"""A region as its county keeps it: agencies, stations, units, agreements, response plans, boundaries' names.

Knows the parts of a region pack as plain values. Refuses to know files (data/regions) and geometry (geo).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from domain.agency import Agency, Discipline
from domain.agreement import Agreement
from domain.response_plan import ResponsePlan
from domain.unit import Unit


@dataclass(frozen=True, slots=True)
class Station:
    """A place where units are based. `id` is `agency/number`, e.g. `sffd/07`."""

    id: str
    agency: str
    name: str
    lon: float
    lat: float
    kind: str = "station"
    """station, hospital, jail, harbour, yard, eoc"""


@dataclass(frozen=True, slots=True)
class StatusCode:
    """An agency's own word for a status: `code` and `words` stay visible beside ours."""

    agency: str
    code: str
    words: str
    status: str


@dataclass(frozen=True, slots=True)
class Place:
    """A populated place with its name, for labels and for where calls come from."""

    name: str
    lon: float
    lat: float
    population: int
    county: str = ""


@dataclass(frozen=True, slots=True)
class PastCall:
    """Where help was needed before, with no word of who and why: for weighing ground by calls."""

    lon: float
    lat: float
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class AddressBlock:
    """The house numbers `low` to `high` of a street, from its first end to its second (WGS 84).

    Without numbers (both 0) it is the street itself, or a crossing ("MAIN ST / 3RD ST"); without a second end (both
    0) all of it is at the first. `place` is the town.
    """

    street: str
    low: int
    high: int
    lon: float
    lat: float
    lon2: float = 0.0
    lat2: float = 0.0
    place: str = ""


@dataclass(frozen=True, slots=True)
class Region:
    """Everything of a pack but its polygons. `view` is (lon, lat, zoom); `modelled` marks it "not official"."""

    id: str
    name: str
    time_zone: str
    number_prefix: str
    view: tuple[float, float, float]
    modelled: bool = True
    note: str = ""
    """e.g. "modelled, not official"; shown wherever the region's areas are seen."""
    editions: dict[str, str] = field(default_factory=dict)
    agencies: tuple[Agency, ...] = ()
    stations: tuple[Station, ...] = ()
    units: tuple[Unit, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    plans: tuple[ResponsePlan, ...] = ()
    status_codes: tuple[StatusCode, ...] = ()
    places: tuple[Place, ...] = ()
    past_calls: tuple[PastCall, ...] = ()
    addresses: tuple[AddressBlock, ...] = ()


def first_position(region: Region) -> str:
    """The agency a new screen stands for until somebody chooses: the fire agency with most units, else the largest.

    "" when the region has no units.
    """
    sizes = Counter(unit.agency for unit in region.units)
    fire = [agency.id for agency in region.agencies if agency.discipline == Discipline.FIRE and sizes[agency.id]]
    return max(fire or sizes, key=lambda agency: sizes[agency], default="")
