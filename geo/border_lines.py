"""Borders as whole numbers: each drawn once, joined to long lines, stored as steps.

Knows coordinates and line work. Refuses to know what a border means (features.py).
Degrees become whole numbers `(degrees - origin) * SCALE`, so that two layers which share a border share its very
points, and a border is told from another by equality.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import shapely

SCALE = 1e5
"""Whole numbers to a degree: 1.1 m."""

Origin = tuple[float, float]
"""Longitude and latitude that are nought in whole numbers."""

Segments = npt.NDArray[np.int64]
"""Shape (n, 4): x0, y0, x1, y1 in whole numbers, the smaller end first."""


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


def _points(geometry: shapely.Geometry, origin: Origin) -> Segments:
    coordinates = shapely.get_coordinates(geometry)
    whole: Segments = np.rint((coordinates - np.asarray(origin)) * SCALE).astype(np.int64)
    return whole


def segments_of(polygons: Sequence[shapely.Geometry], origin: Origin) -> Segments:
    """Every border segment of the polygons once, however many polygons share it."""
    found: list[Segments] = []
    rings = shapely.get_rings(shapely.get_parts(np.asarray(polygons, dtype=object)))
    for ring in rings:
        points = _points(ring, origin)
        segments = np.hstack([points[:-1], points[1:]])
        turned = (segments[:, 0] > segments[:, 2]) | (
            (segments[:, 0] == segments[:, 2]) & (segments[:, 1] > segments[:, 3])
        )
        segments[turned] = segments[turned][:, [2, 3, 0, 1]]
        found.append(segments[(segments[:, :2] != segments[:, 2:]).any(axis=1)])
    if not found:
        return np.empty((0, 4), dtype=np.int64)
    return np.unique(np.vstack(found), axis=0)


def off_coast(segments: Segments, coast: shapely.Geometry, origin: Origin) -> Segments:
    """Borders that do not run along the coast: that is drawn once, by the land.

    Layers cut by different nodings have different vertices on one straight shore, so ends and middle are measured.
    """
    if not len(segments):
        return segments
    shore = shapely.STRtree(_pieces(coast))
    degrees = segments.reshape(-1, 2, 2) / SCALE + np.asarray(origin)
    along = np.ones(len(segments), dtype=bool)
    for points in (degrees[:, 0], degrees[:, 1], degrees.mean(axis=1)):
        near = np.zeros(len(segments), dtype=bool)
        near[shore.query(shapely.points(points), predicate="dwithin", distance=1.5 / SCALE)[0]] = True
        along &= near
    kept: Segments = segments[~along]
    return kept


def _pieces(coast: shapely.Geometry) -> npt.NDArray[np.object_]:
    """A line's single segments: a tree of them finds the near ones of a long coast at once."""
    found = []
    for line in shapely.get_parts(coast).tolist():
        points = shapely.get_coordinates(line)
        found.append(shapely.linestrings(np.stack([points[:-1], points[1:]], axis=1)))
    return np.concatenate([np.atleast_1d(np.asarray(pieces, dtype=object)) for pieces in found])


def joined(segments: Segments) -> list[list[int]]:
    """Segments joined to long lines, so that dashes run on and little is stored."""
    if not len(segments):
        return []
    pieces = [shapely.LineString(ends) for ends in segments.reshape(-1, 2, 2).astype(float)]
    merged = shapely.line_merge(shapely.MultiLineString(pieces))
    return [
        _steps(np.rint(shapely.get_coordinates(line)).astype(np.int64)) for line in shapely.get_parts(merged).tolist()
    ]


def rings_of(geometry: shapely.Geometry, origin: Origin) -> list[list[int]]:
    """The rings of a shape, each closed by the reader; even-odd tells holes."""
    return [_steps(_points(ring, origin)[:-1]) for ring in shapely.get_rings(shapely.get_parts(geometry)).tolist()]


def _steps(points: Segments) -> list[int]:
    steps = np.diff(points, axis=0)
    steps = steps[(steps != 0).any(axis=1)]
    flat: list[int] = np.concatenate([points[0], steps.ravel()]).tolist()
    return flat
