"""What is dispatched in a modelled region: units with callsign, kind, capabilities, crew and home station.

Knows the rate of each kind by people served. Refuses to know where stations stand (stations.py).
Rates are modelled (one person in how many has a unit on duty) unless a source is named; crews follow NFPA 1710
(2020, 5.2.3): four on engines and trucks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle

from domain.region import Station
from domain.unit import Unit, unit_id
from tools.building.orgs import Org
from tools.building.stations import LARGE_CITY, ambulances

LADDER_PEOPLE = 48_000
CHIEF_STATIONS = 8
"""Stations under one battalion chief; San Francisco's nine battalions have about five each."""
RESCUE_PEOPLE = 250_000
HAZMAT_PEOPLE = 400_000
BLS_PEOPLE = 100_000
EMS_SUPERVISOR_PEOPLE = 220_000
PATROL_PEOPLE = 9_500
"""People for one patrol car on duty; with about two sworn officers per 1,000 people that is one in 18 on the road."""
LAW_SUPERVISOR_CARS = 10
K9_PEOPLE = 160_000
HIGHWAY_PEOPLE = 100_000
CREW_PEOPLE = 250_000
"""People of one utility crew of each sort."""

CAPABILITIES: dict[str, tuple[str, ...]] = {
    "ENGINE": ("ENGINE", "FIRST_RESPONDER"),
    "LADDER": ("LADDER", "FIRST_RESPONDER"),
    "CHIEF": ("CHIEF",),
    "RESCUE": ("RESCUE", "EXTRICATION"),
    "HAZMAT": ("HAZMAT",),
    "BRUSH": ("BRUSH",),
    "WATER_TENDER": ("WATER_TENDER",),
    "FIRE_BOAT": ("BOAT", "WATER_RESCUE"),
    "RESCUE_BOAT": ("BOAT", "WATER_RESCUE"),
    "AMBULANCE_ALS": ("ALS", "BLS"),
    "AMBULANCE_BLS": ("BLS",),
    "EMS_SUPERVISOR": ("EMS_SUPERVISOR",),
    "PATROL": ("PATROL",),
    "LAW_SUPERVISOR": ("LAW_SUPERVISOR", "PATROL"),
    "K9": ("K9",),
    "TACTICAL": ("TACTICAL",),
    "BOMB": ("BOMB",),
    "PRISONER_TRANSPORT": ("PRISONER_TRANSPORT",),
    "MARINE_PATROL": ("BOAT", "WATER_RESCUE"),
    "HELICOPTER": ("HELICOPTER",),
    "HIGHWAY_PATROL": ("HIGHWAY_PATROL", "TRAFFIC_CONTROL"),
    "RESPONSE_BOAT": ("BOAT", "WATER_RESCUE"),
    "RESCUE_HELICOPTER": ("HELICOPTER", "WATER_RESCUE"),
    "GAS_CREW": ("UTILITY_GAS",),
    "ELECTRIC_CREW": ("UTILITY_ELECTRIC",),
    "EM_OFFICER": ("EM_COORDINATOR",),
    "SAR_TEAM": ("SAR",),
    "SERVICE_PATROL": ("TRAFFIC_CONTROL",),
    "WORKS_CREW": ("PUBLIC_WORKS",),
}
"""What each kind of unit can do, in the words response plans and clauses ask for."""

_CREW = {
    "ENGINE": 4, "LADDER": 4, "CHIEF": 1, "RESCUE": 4, "HAZMAT": 4, "BRUSH": 3, "FIRE_BOAT": 3, "TACTICAL": 6,
    "EMS_SUPERVISOR": 1, "PATROL": 1, "LAW_SUPERVISOR": 1, "K9": 1, "HIGHWAY_PATROL": 1, "RESPONSE_BOAT": 4,
    "RESCUE_HELICOPTER": 4, "EM_OFFICER": 1, "SAR_TEAM": 5, "SERVICE_PATROL": 1, "WORKS_CREW": 3,
}  # fmt: skip


def units(
    orgs: Sequence[Org], stations: Sequence[Station], coastal: frozenset[str], rural: frozenset[str]
) -> list[Unit]:
    """Every unit of every agency; agencies in their order. `coastal` and `rural` are agency ids.

    The largest fire agency always has rescue, hazmat and a boat, the largest police or sheriff tactical and bomb
    units, and the state a helicopter, so that the smallest region can fill its plans.
    """
    found: list[Unit] = []
    fire = [org.id for org in orgs if org.role in ("city_fire", "county_fire")]
    law = [org.id for org in orgs if org.role in ("city_police", "sheriff")]
    largest = {
        "fire": max(fire, key=lambda id_: next(o.people for o in orgs if o.id == id_)) if fire else "",
        "law": max(law, key=lambda id_: next(o.people for o in orgs if o.id == id_)) if law else "",
    }
    for org in orgs:
        own = [station for station in stations if station.agency == org.id]
        homes = [station for station in own if station.kind not in ("hospital", "jail")]
        for kind, callsign, home in _roster(org, homes, own, coastal, rural, largest):
            found.append(
                Unit(
                    unit_id(org.id, callsign),
                    org.id,
                    callsign,
                    kind,
                    CAPABILITIES[kind],
                    _CREW.get(kind, 2),
                    home.id,
                    home.lon,
                    home.lat,
                )
            )
    return found


def _roster(
    org: Org,
    homes: Sequence[Station],
    own: Sequence[Station],
    coastal: frozenset[str],
    rural: frozenset[str],
    largest: dict[str, str],
) -> Iterator[tuple[str, str, Station]]:
    """Kind, callsign and home of each unit of an agency."""
    people = org.people
    if org.role in ("city_fire", "city_police") and people > LARGE_CITY:
        people = LARGE_CITY + (people - LARGE_CITY) // 2  # dense cities need fewer cars a head

    def spread(kind: str, letter: str, count: int, at: Sequence[Station] = homes) -> Iterator[tuple[str, str, Station]]:
        # Spread over the stations in even steps, not the first ones only.
        step = max(1.0, len(at) / max(1, count))
        for k in range(count):
            yield kind, f"{letter}{k + 1}", at[int(k * step) % len(at)]

    if org.role in ("city_fire", "county_fire"):
        for home in homes:
            yield "ENGINE", f"E{home.id.rsplit('/', 1)[1]}", home
        ladders = max(1, round(people / LADDER_PEOPLE)) if people >= 15_000 or org.id == largest["fire"] else 0
        step = len(homes) / max(1, ladders)
        for home in [homes[int(k * step)] for k in range(min(ladders, len(homes)))]:
            yield "LADDER", f"T{home.id.rsplit('/', 1)[1]}", home
        yield from spread("CHIEF", "B", max(1, round(len(homes) / CHIEF_STATIONS)))
        yield from spread("RESCUE", "R", max(round(people / RESCUE_PEOPLE), int(org.id == largest["fire"])))
        yield from spread("HAZMAT", "HM", max(round(people / HAZMAT_PEOPLE), int(org.id == largest["fire"])))
        if org.id in rural:
            yield from spread("BRUSH", "BR", max(1, len(homes) // 3))
            yield from spread("WATER_TENDER", "WT", max(1, len(homes) // 6))
        if org.id in coastal and people >= 75_000:
            yield from spread("FIRE_BOAT", "FB", 1)
        elif org.id == largest["fire"]:
            yield from spread("RESCUE_BOAT", "RB", 1)
    elif org.role == "ems":
        yield from spread("AMBULANCE_ALS", "M", ambulances(org))
        yield from spread("AMBULANCE_BLS", "A", max(1, round(people / BLS_PEOPLE)))
        yield from spread("EMS_SUPERVISOR", "MS", max(1, round(people / EMS_SUPERVISOR_PEOPLE)))
    elif org.role == "city_police":
        yield from _patrol(homes, max(3, round(people / PATROL_PEOPLE)))
        yield from _special_law(org, people, homes, largest["law"])
    elif org.role == "sheriff":
        only_jail = any(town.whole for town in org.towns)
        cars = 4 if only_jail else max(4, min(60, round(people / PATROL_PEOPLE) + 3))
        yield from spread("PATROL", "S", cars)
        yield from spread("LAW_SUPERVISOR", "SS", max(1, cars // LAW_SUPERVISOR_CARS))
        yield from spread("PRISONER_TRANSPORT", "PT", 2, [s for s in own if s.kind == "jail"])
        yield from _special_law(org, 0 if only_jail else people, homes, largest["law"])
        if org.id in coastal:
            yield from spread("MARINE_PATROL", "MP", 1)
        if people >= 100_000 and not only_jail:
            yield from spread("HELICOPTER", "AIR", 1)
    elif org.role == "highway_patrol":
        yield from spread("HIGHWAY_PATROL", "H", max(6, min(80, round(people / HIGHWAY_PEOPLE) + 4)))
        yield from spread("HELICOPTER", "AIR", 1)
    elif org.role == "coast_guard":
        yield from spread("RESPONSE_BOAT", "RB", 2 * len(homes))
        yield from spread("RESCUE_HELICOPTER", "HELO", 1)
    elif org.role == "utility":
        yield from spread("GAS_CREW", "GC", max(1, round(people / CREW_PEOPLE)))
        yield from spread("ELECTRIC_CREW", "EC", max(1, round(people / CREW_PEOPLE)))
    elif org.role == "emergency_management":
        yield from spread("EM_OFFICER", "EM", 1 if people < 100_000 else 2)
    elif org.role == "sar":
        yield from spread("SAR_TEAM", "SAR", 4)
    elif org.role == "transport":
        yield from spread("SERVICE_PATROL", "SP", max(2, min(20, round(people / 300_000))))
    elif org.role == "public_works":
        yield from spread("WORKS_CREW", "PW", max(2, min(12, round(people / 150_000))))


def _patrol(homes: Sequence[Station], count: int) -> Iterator[tuple[str, str, Station]]:
    """District and car: 1A1, 2A1, 1A2 ..."""
    cars = dict.fromkeys((home.id for home in homes), 0)
    for number, home in zip(range(count), cycle(homes), strict=False):
        cars[home.id] += 1
        yield "PATROL", f"{number % len(homes) + 1}A{cars[home.id]}", home


def _special_law(org: Org, people: int, homes: Sequence[Station], largest: str) -> Iterator[tuple[str, str, Station]]:
    first = homes[0]
    if org.role == "city_police":
        for k in range(max(1, round(people / PATROL_PEOPLE / LAW_SUPERVISOR_CARS))):
            yield "LAW_SUPERVISOR", f"L{k + 1}", homes[k % len(homes)]
    dogs = max(1, round(people / K9_PEOPLE)) if people >= 75_000 or org.id == largest else 0
    for k in range(dogs):
        yield "K9", f"K{k + 1}", homes[k % len(homes)]
    if people >= 200_000 or org.id == largest:
        yield "TACTICAL", "TAC1", first
    if people >= 400_000 or org.id == largest:
        yield "BOMB", "BOM1", first
