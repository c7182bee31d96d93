"""Metres near a place: the one local projection the rest of geo measures with.

Knows how to turn WGS 84 degrees into metres around an origin and back. Refuses to know polygons.

The projection is equirectangular about the origin: x and y are the differences of longitude and latitude times
the length of a degree there, from the radii of curvature of the WGS 84 ellipsoid (Snyder, Map Projections - A
Working Manual, USGS 1395, eq. 4-20 and 4-21). It needs two multiplications a point. A distance measured from
the origin is off by at most about 0.04 % within 10 km and 0.4 % within 100 km up to 50 degrees of latitude
(tests/unit/test_boundaries.py checks these figures against the geodesic). Use it for distances near
the origin, never for areas of a whole country.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

EQUATORIAL_RADIUS = 6378137.0
"""Semi-major axis of WGS 84 in metres."""
ECCENTRICITY_SQUARED = 0.00669437999014
"""First eccentricity squared of WGS 84."""

Floats = NDArray[np.float64]


def metres_per_degree(lat: float) -> tuple[float, float]:
    """Length in metres of a degree of longitude and of a degree of latitude at a latitude in degrees."""
    sine, cosine = math.sin(math.radians(lat)), math.cos(math.radians(lat))
    root = math.sqrt(1.0 - ECCENTRICITY_SQUARED * sine * sine)
    across = EQUATORIAL_RADIUS * cosine / root
    along = EQUATORIAL_RADIUS * (1.0 - ECCENTRICITY_SQUARED) / root**3
    return math.radians(across), math.radians(along)


@dataclass(frozen=True, slots=True)
class LocalMetres:
    """Metres east and north of an origin. Longitudes are wrapped, so the antimeridian is no border."""

    lon: float
    lat: float
    lon_scale: float
    lat_scale: float

    def to_metres(self, lon: float, lat: float) -> tuple[float, float]:
        """Metres east and north of the origin."""
        return _wrap(lon - self.lon) * self.lon_scale, (lat - self.lat) * self.lat_scale

    def to_degrees(self, x: float, y: float) -> tuple[float, float]:
        """Longitude and latitude of a point given in metres east and north of the origin."""
        return _wrap(self.lon + x / self.lon_scale), self.lat + y / self.lat_scale

    def points_to_metres(self, points: Any) -> Floats:
        """An (n, 2) array of longitude, latitude as metres; the shape `shapely.transform` asks for."""
        array = np.asarray(points, dtype=np.float64)
        lon = (array[:, 0] - self.lon + 180.0) % 360.0 - 180.0
        return np.column_stack((lon * self.lon_scale, (array[:, 1] - self.lat) * self.lat_scale))

    def points_to_degrees(self, points: Any) -> Floats:
        """The other way round."""
        array = np.asarray(points, dtype=np.float64)
        lon = (array[:, 0] / self.lon_scale + self.lon + 180.0) % 360.0 - 180.0
        return np.column_stack((lon, array[:, 1] / self.lat_scale + self.lat))


def local_metres(lon: float, lat: float) -> LocalMetres:
    """The projection about an origin in WGS 84 degrees. Not for the poles: within 0.1 degree, ValueError."""
    if not (-180.0 <= lon <= 180.0 and -89.9 <= lat <= 89.9):
        raise ValueError(f"no local metres about longitude {lon!r}, latitude {lat!r}; longitude comes first")
    return LocalMetres(lon, lat, *metres_per_degree(lat))


def _wrap(degrees: float) -> float:
    """Into [-180, 180), leaving what is already there untouched."""
    return degrees if -180.0 <= degrees < 180.0 else (degrees + 180.0) % 360.0 - 180.0
