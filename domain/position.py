"""Positions: where a unit said it was. Not events: the newest `seq` of a unit wins.

Knows one fix. Refuses to know the unit's work.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from domain.unit import Unit

MEAN_RADIUS = 6_371_008.8
"""Of the Earth, in metres (IUGG)."""


@dataclass(frozen=True, slots=True)
class Fix:
    """`lon`, `lat` WGS 84 degrees; `heading` degrees clockwise from north or -1; `speed` m/s; `at` server seconds.

    `seq` rises with each fix of a unit; a fix with an older one is dropped.
    """

    unit: str
    seq: int
    lon: float
    lat: float
    heading: float
    speed: float
    at: float


def metres_apart(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Great-circle metres between two WGS 84 places, for limits and words: up to 0.6 % off."""
    up = math.sin(math.radians(other_lat - lat) / 2) ** 2
    across = math.sin(math.radians(other_lon - lon) / 2) ** 2
    inner = up + math.cos(math.radians(lat)) * math.cos(math.radians(other_lat)) * across
    return 2 * MEAN_RADIUS * math.asin(math.sqrt(min(1.0, inner)))


def place_of(unit: Unit, fix: Fix | None) -> tuple[float, float]:
    """Where a unit is taken to be (lon, lat): its newest position, its station before it has reported one."""
    return (fix.lon, fix.lat) if fix else (unit.home_lon, unit.home_lat)
