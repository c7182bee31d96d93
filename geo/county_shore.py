"""A finer shore for the county copy: counties of one atlas, shoreline of another, on one grid.

Knows how two drawings of a coast are brought together. Refuses to know files and formats (county_atlas.py).
The county atlas is drawn for pictures of the whole country: San Francisco has nine corners. Natural Earth 1:10m
agrees with it within some hundred metres and draws coves, estuaries and the Hudson. Both are noded on one grid, and
each face goes to a county, or to the water, by these rules, first match first:

1. a face of a county that lies in any country of Natural Earth is that county's (this keeps land borders);
2. a face of a county's island which Natural Earth does not draw at all stays that county's;
3. any other face of a county is water;
4. a small face of our land in no county joins the county it has the longest border with.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry

from geo.counties import polygons_only

SHORE_GRID = 1e-4
"""Degrees (11 m): finer than either atlas is true."""
SMALL_FACE = 0.004
"""Square degrees (about 40 km2). Larger faces in no county are lakes, bays and foreign land."""
LEAST_FACE = 2e-6
"""Square degrees (0.02 km2): smaller islands are crumbs of the noding."""


def with_shore(
    counties: Sequence[BaseGeometry], ours: Sequence[BaseGeometry], foreign: Sequence[BaseGeometry]
) -> list[BaseGeometry]:
    """The counties cut and filled to the shore of `ours` (our land); `foreign` is other countries' land.

    Input and output are WGS 84 degrees; the result lies on SHORE_GRID and has no gaps between counties.
    """
    land = [part for shape in ours for part in shapely.get_parts(shape)]
    abroad = [part for shape in foreign for part in shapely.get_parts(shape)]
    noded = shapely.union_all([*[c.boundary for c in counties], *[p.boundary for p in land]], grid_size=SHORE_GRID)
    faces = [face for face in shapely.get_parts(shapely.polygonize([noded])) if isinstance(face, Polygon)]
    spots = [face.representative_point() for face in faces]
    county = _first_within(spots, counties, len(faces))
    ashore = _first_within(spots, land, len(faces)) >= 0
    other = _first_within(spots, abroad, len(faces)) >= 0
    drawn = _drawn_islands(counties, [*land, *abroad])
    owner = np.full(len(faces), -1)
    for k, spot in enumerate(spots):
        c = int(county[k])
        if c >= 0 and (ashore[k] or other[k] or not any(part.intersects(spot) for part in drawn[c])):
            owner[k] = c
    _join_fringe(faces, county, ashore & ~other, owner)
    mine: list[list[Polygon]] = [[] for _ in counties]
    for face, c in zip(faces, owner, strict=True):
        if c >= 0:
            mine[int(c)].append(face)
    return [_whole(parts) if parts else old for parts, old in zip(mine, counties, strict=True)]


def _whole(faces: Sequence[Polygon]) -> BaseGeometry:
    shape = shapely.union_all(list(faces))
    parts = [part for part in shapely.get_parts(shape) if part.area >= LEAST_FACE]
    return polygons_only(shapely.union_all(parts)) if parts else polygons_only(shape)


def _first_within(spots: Sequence[BaseGeometry], areas: Sequence[BaseGeometry], size: int) -> np.ndarray:
    """For each spot the index of an area it lies in, or -1."""
    found = np.full(size, -1)
    at, area = shapely.STRtree(list(areas)).query(list(spots), predicate="within")
    found[at] = area
    return found


def _drawn_islands(counties: Sequence[BaseGeometry], land: Sequence[BaseGeometry]) -> list[list[BaseGeometry]]:
    """Per county its parts that the other atlas draws at least in part."""
    tree = shapely.STRtree(list(land))
    drawn: list[list[BaseGeometry]] = []
    for shape in counties:
        parts = list(shapely.get_parts(shape))
        drawn.append([part for part in parts if len(tree.query(part, predicate="intersects"))])
    return drawn


def _join_fringe(faces: Sequence[Polygon], county: np.ndarray, ours: np.ndarray, owner: np.ndarray) -> None:
    """Give small faces of our land in no county to the neighbour with the longest common border; in two rounds."""
    tree = shapely.STRtree(list(faces))
    fringe = [k for k in range(len(faces)) if county[k] < 0 and ours[k] and faces[k].area < SMALL_FACE]
    for _ in range(2):
        for k in fringe:
            if owner[k] >= 0:
                continue
            border: dict[int, float] = {}
            for j in tree.query(faces[k], predicate="intersects"):
                if owner[j] >= 0:
                    shared = faces[k].boundary.intersection(faces[int(j)].boundary).length
                    border[int(owner[j])] = border.get(int(owner[j]), 0.0) + shared
            if border and max(border.values()) > 0:
                owner[k] = max(border, key=lambda c: (border[c], -c))
