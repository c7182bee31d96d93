"""Which pieces of street a closure closes.

Knows shapes against the pieces of a network. Refuses to know who closes what and when (domain/closure.py), and what a
closed piece means for a route (streets_router.py).

An area closes every piece that touches it, its edge included. A line closes what it runs along: a piece of which most
lies within ALONG metres of the line; and what it crosses. A side street that a line cuts only within ALONG metres of
its junction with a street the line runs along is merely touched, and stays open.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from scipy.spatial import cKDTree

from domain.closure import Closure, ClosureShape
from geo.crs import LocalMetres, local_metres
from geo.earth import chord, on_sphere
from geo.streets_network import Network

Ints = npt.NDArray[np.int64]
Objects = npt.NDArray[Any]

ALONG = 12.0
"""Metres from a line drawn along a street to the street's centre: half a wide street."""
SAMPLES = np.array([0.1, 0.3, 0.5, 0.7, 0.9])
MOST = 3
"""Places along a piece, as shares of its length, and how many of them must lie that near for it to be closed."""


class PieceFinder:
    """Finds the pieces closures close. Made once for a network."""

    def __init__(self, network: Network) -> None:
        self._network = network
        starts = network.shape_starts
        middle = (starts[:-1] + starts[1:] - 1) // 2
        self._tree = cKDTree(on_sphere(network.shape_lons[middle], network.shape_lats[middle]))
        self._longest = float(network.metres.max(initial=0.0))

    def closed_by(self, closures: Sequence[Closure]) -> list[Ints]:
        """The pieces each closure closes, ascending. None for one with fewer points than its shape needs.

        All of them in one go: what costs is asking shapely, not how much it is asked.
        """
        found = [np.empty(0, np.int64) for _ in closures]
        drawn = [(at, shape) for at, closure in enumerate(closures) if (shape := _drawn(closure)) is not None]
        if not drawn:
            return found
        shapes = np.array([shape for _, (shape, _) in drawn], dtype=object)
        owner, pieces, lines = self._near(shapes, [frame for _, (_, frame) in drawn])
        areas = np.array([closures[at].shape is ClosureShape.AREA for at, _ in drawn], np.bool_)
        touched = shapely.intersects(shapes[owner], lines)
        closed = areas[owner] & touched
        along = np.flatnonzero(~areas[owner])
        samples = shapely.line_interpolate_point(lines[along, None], SAMPLES, normalized=True)
        beside_it = shapely.distance(samples, shapes[owner[along], None]) <= ALONG
        closed[along] = beside_it.sum(axis=1) >= MOST
        begins, ends = self._network.begins, self._network.ends
        followed = set(zip(owner[closed].tolist(), begins[pieces[closed]].tolist(), strict=True))
        followed |= set(zip(owner[closed].tolist(), ends[pieces[closed]].tolist(), strict=True))
        cut = np.flatnonzero(touched & ~closed)
        meetings, of = shapely.get_coordinates(shapely.intersection(lines[cut], shapes[owner[cut]]), return_index=True)
        pair = cut[of]
        where = shapely.line_locate_point(lines[pair], shapely.points(meetings))
        beside = np.zeros(pair.size, np.bool_)
        for near, nodes in ((where <= ALONG, begins), (where >= shapely.length(lines[pair]) - ALONG, ends)):
            for one in np.flatnonzero(near):
                beside[one] |= (int(owner[pair[one]]), int(nodes[pieces[pair[one]]])) in followed
        closed[pair[~beside]] = True
        for index, (at, _) in enumerate(drawn):
            found[at] = pieces[closed & (owner == index)]
        return found

    def _near(self, shapes: Objects, frames: Sequence[LocalMetres]) -> tuple[Ints, Ints, Objects]:
        """Pairs of a shape and a piece near it: the shape's index, the piece, and the piece's line in its metres."""
        boxes = shapely.bounds(shapes)
        centres = [
            frame.to_degrees(*middle)
            for frame, middle in zip(frames, ((boxes[:, :2] + boxes[:, 2:]) / 2).tolist(), strict=True)
        ]
        # A little more than the circle around it, for the projection's error.
        reach = np.hypot(*(boxes[:, 2:] - boxes[:, :2]).T) / 2 * 1.02 + self._longest + ALONG + 1.0
        near = self._tree.query_ball_point(
            on_sphere(*np.array(centres).T), [chord(metres) for metres in reach.tolist()], return_sorted=True
        )
        owner = np.repeat(np.arange(len(near)), [len(each) for each in near])
        pieces = np.concatenate([np.array(each, np.int64) for each in near])
        starts = self._network.shape_starts
        sizes = starts[pieces + 1] - starts[pieces]
        first = np.cumsum(sizes) - sizes
        pair = np.repeat(np.arange(pieces.size), sizes)
        at = np.arange(pair.size) - first[pair] + starts[pieces][pair]
        origin = np.array([(frame.lon, frame.lat) for frame in frames])[owner[pair]]
        scale = np.array([(frame.lon_scale, frame.lat_scale) for frame in frames])[owner[pair]]
        points = np.column_stack((self._network.shape_lons[at], self._network.shape_lats[at])) - origin
        points[:, 0] = (points[:, 0] + 180.0) % 360.0 - 180.0
        points *= scale
        # Most of those in the circle are out of the box.
        inside = np.ones(pieces.size, np.bool_)
        if pieces.size:
            low, high = np.minimum.reduceat(points, first), np.maximum.reduceat(points, first)
            inside = np.all((low <= boxes[owner, 2:] + ALONG) & (high >= boxes[owner, :2] - ALONG), axis=1)
        kept = inside[pair]
        lines = shapely.linestrings(points[kept], indices=(np.cumsum(inside) - 1)[pair[kept]])
        return owner[inside], pieces[inside], np.asarray(lines, dtype=object)


def _drawn(closure: Closure) -> tuple[shapely.Geometry, LocalMetres] | None:
    """A closure's shape in metres about its first point, so that one across the antimeridian stays in one piece."""
    points = np.array(closure.points, dtype=np.float64).reshape(-1, 2)
    area = closure.shape is ClosureShape.AREA
    if len(points) < (3 if area else 2) or not np.isfinite(points).all() or abs(points[0, 1]) > 89.0:
        return None
    frame = local_metres(float(points[0, 0]), float(points[0, 1]))
    metres = frame.points_to_metres(points)
    return (shapely.make_valid(shapely.Polygon(metres)) if area else shapely.LineString(metres)), frame
