"""The distinct edges of many polygons, and whose borders they are.

Knows that neighbours, and layers, share edges. Refuses to know the grid they are sorted into (zone_build.py).

An edge drawn by several polygons is kept once. Its key is the XOR of their keys: whoever crosses it leaves or enters
all of them at once. Its border is the set of those polygons: whoever is near it is near all of them.

A polygon that spans the antimeridian is written in two parts, cut along it. That cut is a seam: crossed like any
edge, but nobody's border.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

ANTIMERIDIAN = 180.0
SEAM = -1

Floats = npt.NDArray[np.float64]
Keys = npt.NDArray[np.uint64]
Numbers = npt.NDArray[np.int64]
Polygons = npt.NDArray[np.object_]


class Edges(NamedTuple):
    """`ends` is (n, 4): western end first (lower end, of an upright edge). `borders` holds SEAM or the number of a set
    of polygons, which is `owners[firsts[number] : firsts[number + 1]]`."""

    ends: Floats
    keys: Keys
    borders: Numbers
    firsts: Numbers
    owners: Numbers


def distinct_edges(polygons: Polygons, keys: Keys) -> Edges:
    """Every edge of the polygons once. `keys` is parallel to `polygons`, which are valid."""
    drawn, owner = _drawn(polygons)
    number, first = _numbered(drawn)
    ends = drawn[first]
    crossed = np.zeros(len(ends), np.uint64)
    np.bitwise_xor.at(crossed, number, keys[owner])

    real = ~_seams(polygons, drawn, owner)
    bounded = np.zeros(len(ends), np.uint64)
    np.bitwise_xor.at(bounded, number[real], keys[owner[real]])
    border, sets = pd.factorize(bounded)
    border = np.where(bounded == 0, SEAM, border)
    pairs = np.stack([border[number[real]], owner[real]], axis=1)
    pairs = np.unique(pairs[pairs[:, 0] != SEAM], axis=0)
    firsts = np.searchsorted(pairs[:, 0], np.arange(len(sets) + 1))
    return Edges(ends, crossed, border, firsts, pairs[:, 1])


def _drawn(polygons: Polygons) -> tuple[Floats, Numbers]:
    """Every edge as often as it is drawn, turned the same way, and the polygon that draws it."""
    parts, polygon_of_part = shapely.get_parts(polygons, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    start = np.flatnonzero(ring[1:] == ring[:-1])
    ends = np.hstack([points[start], points[start + 1]]) + 0.0  # there is one nought only
    owner = polygon_of_part[part_of_ring[ring[start]]]
    turned = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
    ends[turned] = ends[turned][:, [2, 3, 0, 1]]
    long = (ends[:, :2] != ends[:, 2:]).any(axis=1)  # a repeated vertex is no edge
    return ends[long], owner[long].astype(np.int64)


def _numbered(drawn: Floats) -> tuple[Numbers, Numbers]:
    """A number for each distinct row, and the first row that has it."""
    mixed = np.zeros(len(drawn), np.uint64)
    for column, odd in zip(drawn.T, (3, 5, 7, 11), strict=True):
        mixed ^= pd.util.hash_array(np.ascontiguousarray(column)) * np.uint64(odd)
    number, values = pd.factorize(mixed)
    first = np.empty(len(values), np.int64)
    first[number[::-1]] = np.arange(len(drawn))[::-1]
    if not np.array_equal(drawn[first][number], drawn):  # two edges with one hash: sort instead, slower and sure
        _, first, number = np.unique(drawn, axis=0, return_index=True, return_inverse=True)
    return number.ravel().astype(np.int64), first.astype(np.int64)


def _seams(polygons: Polygons, drawn: Floats, owner: Numbers) -> npt.NDArray[np.bool_]:
    """Which edges run along the antimeridian where their polygon goes on at its other side."""
    seam = (np.abs(drawn[:, 0]) == ANTIMERIDIAN) & (drawn[:, 0] == drawn[:, 2])
    rows = np.flatnonzero(seam)
    middle = (drawn[rows, 1] + drawn[rows, 3]) / 2
    seam[rows] = shapely.intersects_xy(polygons[owner[rows]], -drawn[rows, 0], middle)
    return np.asarray(seam, np.bool_)
