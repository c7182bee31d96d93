"""Isochrones: the ground a unit reaches within some minutes.

Knows two ways to find it: a circle by the straight-line law, or the streets reached, as a patch of ground around them.
Refuses to know units, their states and who asks.

Streets are lines and the ground between them is reached too, within reason: reached street points fill cells of a
grid CELL metres wide, holes and creeks up to four cells wide are closed, and the cells' outline is drawn, smoothed by
half a cell. What is shown as reached is therefore at most about three cells from a street that is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyproj
import shapely
from scipy import ndimage
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from domain.reach import Band, Isochrones, Ring
from geo.crs import LocalMetres, local_metres
from geo.travel_time import NEW_YORK, Mode, PowerLaw, law_of, mode_of

CELL = 60.0
"""Metres; a city block is about twice that."""

CORNERS = 72
"""Of a circle: with so many its edge runs within 0.1 % of the true one."""

_GEOD = pyproj.Geod(ellps="WGS84")
Floats = npt.NDArray[np.float64]


class Streets(Protocol):
    """What an isochrone asks of a street network."""

    def reached(self, lon: float, lat: float, limit: float) -> tuple[Floats, Floats, Floats]:
        """Longitudes, latitudes and seconds of the street points reached within `limit` seconds of a place."""


def isochrones(
    kind: str,
    lon: float,
    lat: float,
    limits: Sequence[float],
    road: PowerLaw = NEW_YORK,
    streets: Streets | None = None,
    streets_method: str = "",
) -> Isochrones:
    """The bands a unit of a kind reaches from a place within each of `limits` seconds, the shortest first.

    By streets where the unit drives, there are streets and it stands near one; else by the straight-line law.
    Raises ValueError for a limit that is not above 0, or a place that is none.
    """
    ordered = sorted(set(limits))
    if not ordered or not ordered[0] > 0:
        raise ValueError(f"an isochrone's seconds are above 0, not {list(limits)}")
    mode = mode_of(kind)
    if mode is Mode.ROAD and streets is not None:
        lons, lats, seconds = streets.reached(lon, lat, ordered[-1])
        if lons.size:
            frame = local_metres(lon, lat)
            points = frame.points_to_metres(np.column_stack((lons, lats)))
            bands = tuple(Band(limit, _rings(_patch(points[seconds <= limit]), frame)) for limit in ordered)
            return Isochrones(lon, lat, bands, streets_method)
    law = law_of(mode, road)
    bands = tuple(Band(limit, _circle(lon, lat, metres_within(law, limit))) for limit in ordered)
    return Isochrones(lon, lat, bands, law.label)


def metres_within(law: PowerLaw, seconds: float) -> float:
    """How far a law says one gets in some seconds: 0 while still getting under way."""
    moving = seconds - law.start
    return float((moving / law.c) ** (1.0 / law.b)) if moving > 0 else 0.0


def _circle(lon: float, lat: float, metres: float) -> tuple[tuple[Ring, ...], ...]:
    if metres <= 0:
        return ()
    bearings = np.linspace(0.0, 360.0, CORNERS, endpoint=False)
    n = bearings.size
    lons, lats, _ = _GEOD.fwd(np.full(n, lon), np.full(n, lat), bearings, np.full(n, metres))
    # A circle across the antimeridian stays in one piece: its longitudes go past 180, as a map draws them.
    lons = lon + (np.asarray(lons) - lon + 180.0) % 360.0 - 180.0
    return ((tuple(zip(np.round(lons, 6).tolist(), np.round(lats, 6).tolist(), strict=True)),),)


def _patch(points: Floats) -> BaseGeometry:
    """The ground around street points given in metres, as polygons in metres."""
    if not points.size:
        return Polygon()
    cells = np.floor(points / CELL).astype(np.int64)
    least = cells.min(axis=0) - 3
    filled = np.zeros(tuple(cells.max(axis=0) - least + 4), dtype=np.bool_)
    filled[tuple((cells - least).T)] = True
    # Closing with two cells: a point every 200 m along a long straight road still makes one road.
    filled = ndimage.binary_closing(filled, iterations=2) | filled
    return shapely.simplify(_outline(filled, least).buffer(CELL / 2, quad_segs=2), CELL / 4)


def _outline(filled: npt.NDArray[np.bool_], least: npt.NDArray[np.int64]) -> BaseGeometry:
    """The union of filled cells. Each column's runs become one box: far fewer boxes to unite than cells."""
    edges = np.diff(np.pad(filled, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    columns, starts = np.nonzero(edges == 1)
    _, ends = np.nonzero(edges == -1)
    west, south, north = columns + least[0], starts + least[1], ends + least[1]
    return shapely.union_all(shapely.box(west * CELL, south * CELL, (west + 1) * CELL, north * CELL))


def _rings(patch: BaseGeometry, frame: LocalMetres) -> tuple[tuple[Ring, ...], ...]:
    parts = patch.geoms if isinstance(patch, MultiPolygon) else [patch]
    return tuple(
        tuple(_degrees(ring, frame) for ring in (part.exterior, *part.interiors))
        for part in parts
        if isinstance(part, Polygon) and not part.is_empty
    )


def _degrees(ring: BaseGeometry, frame: LocalMetres) -> Ring:
    # The last point repeats the first.
    found = np.round(frame.points_to_degrees(shapely.get_coordinates(ring)[:-1]), 6)
    return tuple((float(lon), float(lat)) for lon, lat in found)
