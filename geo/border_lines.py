"""Borders as whole numbers, and which of them run along the coast.

Knows coordinates and line work. Refuses to know what a border means (features.py).
Degrees become whole numbers `(degrees - origin) * SCALE`, so that two layers which share a border share its very
points, and a border is told from another by equality.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import shapely

SCALE = 1e5
"""Whole numbers to a degree: 1.1 m."""

Origin = tuple[float, float]
"""Longitude and latitude that are nought in whole numbers."""

Segments = npt.NDArray[np.int64]
"""Shape (n, 4): x0, y0, x1, y1 in whole numbers."""


def origin_of(polygons: Iterable[shapely.Geometry]) -> Origin:
    """The middle of all polygons, rounded: numbers stay small."""
    west, south, east, north = shapely.total_bounds(np.asarray(list(polygons), dtype=object))
    return (round((west + east) / 2, 2), round((south + north) / 2, 2))


def whole(point: tuple[float, float], origin: Origin) -> tuple[int, int]:
    """A place in whole numbers."""
    return (round((point[0] - origin[0]) * SCALE), round((point[1] - origin[1]) * SCALE))


def degrees_of(whole: tuple[int, int], origin: Origin) -> tuple[float, float]:
    """A place of whole numbers in degrees."""
    return (origin[0] + whole[0] / SCALE, origin[1] + whole[1] / SCALE)


def away_from_coast(segments: Segments, coast: shapely.Geometry, origin: Origin) -> npt.NDArray[np.bool_]:
    """Whether each segment does not run along the coast: that is drawn once, by the land.

    Layers cut by different nodings have different vertices on one straight shore, so ends and middle are measured.
    """
    if not len(segments):
        return np.empty(0, dtype=np.bool_)
    shore = shapely.STRtree(_pieces(coast))
    degrees = segments.reshape(-1, 2, 2) / SCALE + np.asarray(origin)
    along = np.ones(len(segments), dtype=bool)
    for points in (degrees[:, 0], degrees[:, 1], degrees.mean(axis=1)):
        near = np.zeros(len(segments), dtype=bool)
        near[shore.query(shapely.points(points), predicate="dwithin", distance=1.5 / SCALE)[0]] = True
        along &= near
    away: npt.NDArray[np.bool_] = ~along
    return away


def _pieces(coast: shapely.Geometry) -> npt.NDArray[np.object_]:
    """A line's single segments: a tree of them finds the near ones of a long coast at once."""
    found = []
    for line in shapely.get_parts(coast).tolist():
        points = shapely.get_coordinates(line)
        found.append(shapely.linestrings(np.stack([points[:-1], points[1:]], axis=1)))
    return np.concatenate([np.atleast_1d(np.asarray(pieces, dtype=object)) for pieces in found])
