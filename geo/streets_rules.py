"""Where an emergency vehicle may drive and how fast, read from a way's OpenStreetMap tags.

Knows highway classes, access, one-ways and speed limits. Refuses to know nodes, places and the network.

Who may drive where, for an emergency vehicle on its way to a call:

- `emergency=yes` or `designated` opens a way whatever else it says, `emergency=no` shuts it;
- else the most exact of `motor_vehicle`, `vehicle` and `access` counts: `no`, `private`, `agricultural` and the like
  shut it, unless buses may use it (`bus` or `psv`): bus lanes are open to emergency vehicles in most countries;
- a one-way is driven against its direction only where `oneway:emergency`, `oneway:bus` or `oneway:psv` is `no`.

Speeds: the class's own, or four fifths of the speed limit where one is tagged, times the class's emergency factor.
All of these figures are modelled, not measured. The class speeds are what cars drive in towns, junctions apart. The
factors say that lights and sirens gain most where traffic stands (primary to tertiary roads), little on an empty
motorway, and nothing in a yard.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

Tags = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Road:
    """`kmh` that traffic drives, and the factor by which an emergency vehicle is faster."""

    kmh: float
    factor: float


ROADS: dict[str, Road] = {
    "motorway": Road(95.0, 1.1),
    "motorway_link": Road(50.0, 1.1),
    "trunk": Road(80.0, 1.1),
    "trunk_link": Road(45.0, 1.1),
    "primary": Road(50.0, 1.25),
    "primary_link": Road(35.0, 1.2),
    "secondary": Road(45.0, 1.25),
    "secondary_link": Road(30.0, 1.2),
    "tertiary": Road(38.0, 1.2),
    "tertiary_link": Road(25.0, 1.2),
    "unclassified": Road(30.0, 1.1),
    "residential": Road(28.0, 1.1),
    "living_street": Road(12.0, 1.0),
    "busway": Road(35.0, 1.1),
    "service": Road(15.0, 1.0),
    "track": Road(12.0, 1.0),
    "pedestrian": Road(10.0, 1.0),
    "road": Road(25.0, 1.0),
}
"""Classes of `highway` and how fast they are; a class that is not here is not driven on."""
ONLY_IF_SAID = frozenset({"pedestrian", "track", "busway"})
"""Classes driven on only where a tag opens them."""

DRIVEN = 0.8
"""Of a tagged speed limit, what is driven on average."""
MOST_KMH = 130.0
WALK_KMH = 7.0
_MILE = 1.609344

BARRED = frozenset({"no", "private", "agricultural", "forestry", "military", "use_sidepath", "discouraged"})
OPEN = frozenset({"yes", "designated", "official", "permissive"})
_NUMBER = re.compile(r"\s*(\d{1,3}(?:\.\d+)?)\s*(mph|km/h|kmh|kph|knots)?\s*")
_ZONES = {"urban": 50.0, "rural": 90.0, "trunk": 100.0, "motorway": 120.0, "living_street": 20.0, "bicycle_road": 30.0}

BLOCKING = frozenset(
    {"bollard", "block", "jersey_barrier", "debris", "log", "cycle_barrier", "kissing_gate", "stile", "turnstile"}
    | {"motorcycle_barrier", "full-height_turnstile", "wall", "fence", "chain", "planter"}
)
"""Barriers on a node that a vehicle does not pass; gates and lift gates open."""


def speeds_of(tags: Tags) -> tuple[float, float]:
    """Metres per second along a way and against its direction; 0 where an emergency vehicle does not drive."""
    kind = tags.get("highway", "")
    road = ROADS.get(kind)
    if road is None or road.kmh <= 0 or tags.get("area") == "yes" or not _open(kind, tags):
        return 0.0, 0.0
    along, against = _directions(kind, tags)
    general = tags.get("maxspeed")
    forward = _speed(road, tags.get("maxspeed:forward", general)) if along else 0.0
    backward = _speed(road, tags.get("maxspeed:backward", general)) if against else 0.0
    return forward, backward


def limit_of(text: str | None) -> float | None:
    """A `maxspeed` in km/h: "50", "30 mph", "walk", "none", "DE:urban"; None where it says nothing usable."""
    if not text:
        return None
    first = text.split(";")[0].strip().lower()
    if first == "walk" or first.endswith(":walk"):
        return WALK_KMH
    if first == "none":
        return MOST_KMH
    found = _NUMBER.fullmatch(first)
    if found:
        scale = {"mph": _MILE, "knots": 1.852}.get(found[2] or "", 1.0)
        return float(found[1]) * scale or None
    zone = first.rpartition(":")[2]
    if zone.startswith("zone"):
        zone = zone.removeprefix("zone")
        return float(zone) if zone.isdigit() and int(zone) else None
    return _ZONES.get(zone)


def blocks(tags: Tags) -> bool:
    """Whether a node's barrier keeps an emergency vehicle out."""
    if tags.get("barrier") not in BLOCKING or tags.get("emergency") in OPEN:
        return False
    if tags.get("bollard") in {"removable", "rising", "foldable"}:
        return False
    return tags.get("motor_vehicle", tags.get("access", "no")) not in OPEN


def _open(kind: str, tags: Tags) -> bool:
    emergency = tags.get("emergency")
    if emergency in OPEN:
        return True
    if emergency == "no":
        return False
    buses = tags.get("bus") in OPEN or tags.get("psv") in OPEN or kind == "busway"
    said = next((tags[key] for key in ("motor_vehicle", "vehicle", "access") if key in tags), "")
    if said in BARRED:
        return buses
    return buses or kind not in ONLY_IF_SAID or said in OPEN or tags.get("tracktype") == "grade1"


def _directions(kind: str, tags: Tags) -> tuple[bool, bool]:
    oneway = tags.get("oneway", "")
    if not oneway and (kind in {"motorway", "motorway_link"} or tags.get("junction") in {"roundabout", "circular"}):
        oneway = "yes"
    if oneway == "reversible":
        return False, False  # its direction changes with the hour; nobody may count on it
    if any(tags.get(f"oneway:{who}") == "no" for who in ("emergency", "bus", "psv")):
        return True, True
    if oneway in {"-1", "reverse"}:
        return False, True
    return True, oneway not in {"yes", "true", "1"}


def _speed(road: Road, limit: str | None) -> float:
    tagged = limit_of(limit)
    kmh = road.kmh if tagged is None else tagged * DRIVEN
    return min(kmh * road.factor, MOST_KMH) / 3.6
