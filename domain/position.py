"""Positions: where a unit said it was. Not events: the newest `seq` of a unit wins.

Knows one fix. Refuses to know the unit's work.
"""

from __future__ import annotations

from dataclasses import dataclass


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
