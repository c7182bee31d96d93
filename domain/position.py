"""Positions: where a unit said it was. Not events: the newest `seq` of a unit wins.

Knows one fix. Refuses to know the unit's work.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.unit import Unit


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


def place_of(unit: Unit, fix: Fix | None) -> tuple[float, float]:
    """Where a unit is taken to be (lon, lat): its newest position, its station before it has reported one."""
    return (fix.lon, fix.lat) if fix else (unit.home_lon, unit.home_lat)
