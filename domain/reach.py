"""How far a unit gets in some minutes.

Knows the shape of the answer. Refuses to know how it is found (geo/isochrones.py).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Ring = tuple[tuple[float, float], ...]
"""WGS 84 (lon, lat), the first point not repeated at the end."""

MINUTES = (4.0, 8.0, 12.0)
"""Asked for unless somebody asks otherwise: 4 minutes is NFPA 1710's travel time of the first engine, 8 that of a
whole first alarm and of the EMS unit with advanced life support."""


@dataclass(frozen=True, slots=True)
class Band:
    """The ground reached within `seconds`: polygons as rings, the outer one first, then the holes."""

    seconds: float
    polygons: tuple[tuple[Ring, ...], ...]


@dataclass(frozen=True, slots=True)
class Isochrones:
    """The bands from a place (WGS 84), the nearest first, and how they were made, in words, with the error band."""

    lon: float
    lat: float
    bands: tuple[Band, ...]
    method: str


IsochronesFrom = Callable[[str, float, float, Sequence[float]], Isochrones]
"""(unit kind, lon, lat, seconds of each band) -> the bands."""
