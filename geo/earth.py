"""Places as points in space, so that neither the antimeridian nor a pole is an edge.

Knows a sphere of the Earth's mean radius, good for finding what is near. Refuses to measure: distances are proximity's.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

MEAN_RADIUS = 6371008.8
"""Metres."""


def on_sphere(lons: npt.ArrayLike, lats: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Points of the unit sphere, (..., 3), for WGS 84 degrees."""
    lon, lat = np.radians(np.asarray(lons, np.float64)), np.radians(np.asarray(lats, np.float64))
    across = np.cos(lat)
    return np.stack((across * np.cos(lon), across * np.sin(lon), np.sin(lat)), axis=-1)


def chord(metres: float) -> float:
    """The straight distance on the unit sphere between places some metres apart, a little more: 0.6 % covers the
    ellipsoid."""
    return 2.0 * math.sin(min(metres * 1.006 / MEAN_RADIUS, math.pi) / 2.0)
