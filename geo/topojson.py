"""Polygons as a TopoJSON topology: each border stored once, shared by the areas on its two sides.

Knows the format (TopoJSON 1.0: quantised, delta-encoded arcs) and how arcs are cut. Refuses to know what is drawn.

Coordinates become whole numbers first, so that borders which are the same to the metre become the same. A vertex at
which borders meet is a junction: one whose neighbours, over all rings of all objects, are more than two. Rings are cut
at junctions; a piece that occurs twice, either way round, is one arc, and an arc used backwards is written as ~index.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geo.border_lines import SCALE, Origin, whole

Whole = npt.NDArray[np.int64]
Rings = list[list[list[int]]]
"""Polygons of rings of arc numbers."""


class Topology:
    """Collects objects, then cuts their arcs once for all of them."""

    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._rings: list[Whole] = []
        self._shapes: list[list[list[int]]] = []
        """for each shape its polygons, each a list of ring numbers"""

    def add(self, shape: shapely.Geometry) -> int:
        """Take a polygon or multipolygon (WGS 84 degrees) in; its number. Rings of less than three points vanish."""
        polygons = []
        for part in shapely.get_parts(shape):
            if part.geom_type != "Polygon" or part.is_empty:
                continue
            numbers = []
            for ring in (part.exterior, *part.interiors):
                points = _whole(shapely.get_coordinates(ring), self._origin)
                if len(points) >= 3:
                    numbers.append(len(self._rings))
                    self._rings.append(points)
                elif ring is part.exterior:
                    break  # too small to be seen: its holes are too
            if numbers:
                polygons.append(numbers)
        self._shapes.append(polygons)
        return len(self._shapes) - 1

    def cut(self) -> Cut:
        """All arcs, and each shape's rings as arc numbers."""
        if not self._rings:
            return Cut([], [[] for _ in self._shapes])
        ids, junction = _junctions(self._rings)
        arcs: list[Whole] = []
        known: dict[bytes, int] = {}
        of_ring: list[list[int]] = []
        begin = 0
        for points in self._rings:
            own, ends = ids[begin : begin + len(points)], np.flatnonzero(junction[begin : begin + len(points)])
            begin += len(points)
            if not ends.size:
                # An island: it begins at its smallest vertex, so that the same island twice is one arc.
                ends = np.array([int(own.argmin())])
            numbers = []
            for start, stop in zip(ends, [*ends[1:], ends[0] + len(points)], strict=True):
                around = np.arange(start, stop + 1) % len(points)
                numbers.append(_arc_number(own[around], points[around], arcs, known))
            of_ring.append(numbers)
        return Cut(arcs, [[[of_ring[ring] for ring in polygon] for polygon in shape] for shape in self._shapes])


class Cut:
    """Arcs of whole numbers, and shapes as polygons of rings of arc numbers."""

    def __init__(self, arcs: list[Whole], shapes: list[Rings]) -> None:
        self.arcs = arcs
        self.shapes = shapes

    def arcs_of(self, shapes: Iterable[int]) -> list[int]:
        """Every arc of some shapes once, in order."""
        found = {
            arc if arc >= 0 else ~arc
            for shape in shapes
            for polygon in self.shapes[shape]
            for ring in polygon
            for arc in ring
        }
        return sorted(found)

    def geometry(self, shape: int, properties: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """A shape as a TopoJSON geometry object."""
        polygons = self.shapes[shape]
        found: dict[str, Any] = {"type": None}
        if len(polygons) == 1:
            found = {"type": "Polygon", "arcs": polygons[0]}
        elif polygons:
            found = {"type": "MultiPolygon", "arcs": polygons}
        if properties is not None:
            found["properties"] = dict(properties)
        return found


def topology(
    cut: Cut, origin: Origin, objects: Mapping[str, Any], about: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The TopoJSON document; `about` becomes a member "concord" that other readers pass over."""
    return {
        "type": "Topology",
        "transform": {"scale": [1 / SCALE, 1 / SCALE], "translate": list(origin)},
        "arcs": [_steps(arc) for arc in cut.arcs],
        "objects": dict(objects),
        **({"concord": dict(about)} if about is not None else {}),
    }


def point(place: tuple[float, float], origin: Origin, properties: Mapping[str, Any]) -> dict[str, Any]:
    """A place as a TopoJSON point."""
    return {"type": "Point", "coordinates": list(whole(place, origin)), "properties": dict(properties)}


def _whole(coordinates: npt.NDArray[np.float64], origin: Origin) -> Whole:
    """An open ring in whole numbers, no vertex twice in a row."""
    points: Whole = np.rint((coordinates - np.asarray(origin)) * SCALE).astype(np.int64)
    points = points[:-1]
    kept: Whole = points[(points != np.roll(points, 1, axis=0)).any(axis=1)]
    return kept


def _junctions(rings: Sequence[Whole]) -> tuple[Whole, npt.NDArray[np.bool_]]:
    """A number for each vertex, equal where the vertices are, and whether it is a junction; one after the other."""
    points = np.concatenate(rings)
    packed = (points[:, 0] << 32) ^ (points[:, 1] & 0xFFFFFFFF)
    _, ids = np.unique(packed, return_inverse=True)
    before = np.concatenate([np.roll(_part, 1) for _part in _split(ids, rings)])
    after = np.concatenate([np.roll(_part, -1) for _part in _split(ids, rings)])
    pairs = np.unique(np.concatenate((np.column_stack((ids, before)), np.column_stack((ids, after)))), axis=0)
    neighbours = np.bincount(pairs[:, 0], minlength=int(ids.max()) + 1)
    return ids, neighbours[ids] > 2


def _split(ids: Whole, rings: Sequence[Whole]) -> list[Whole]:
    return np.split(ids, np.cumsum([len(ring) for ring in rings])[:-1])


def _arc_number(own: Whole, points: Whole, arcs: list[Whole], known: dict[bytes, int]) -> int:
    """The number of an arc, new or known; ~number where it is known the other way round."""
    number = known.get(own.tobytes())
    if number is not None:
        return number
    number = known.get(own[::-1].tobytes())
    if number is not None:
        return ~number
    known[own.tobytes()] = len(arcs)
    arcs.append(points)
    return len(arcs) - 1


def _steps(points: Whole) -> list[list[int]]:
    steps = np.vstack((points[:1], np.diff(points, axis=0)))
    found: list[list[int]] = steps.tolist()
    return found
