"""Building a zone index: polygons in, one flat array out.

Knows how the grid grows where edges are dense and how each cell's corner gets its name; zone_index.py tells the idea
with a figure. Refuses to know how the index is asked.

All cells of a level are made at once. From level to level, cells with more than MAX_EDGES edges are split into
four by four. The name of a new corner is that of the old one, XOR the keys of the edges crossed on the way along the
bottom of the old cell and then up.

No border may pass through a corner of a cell, or the name there would be anybody's guess. The grid therefore
begins at a random place; where a border crosses a side of the grid within CLEAR degrees of a corner all the same, or
the walk could not tell on which side of an edge a corner lies, at another one.

    python -m geo.zone_build boundaries.gpkg zones.npy

builds in a process of its own, so that one which serves can take the file on without a pause.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import shapely

from domain.errors import BadRegion
from geo.boundaries import read_boundaries
from geo.zone_edges import Edges, Floats, Keys, Numbers, Polygons, distinct_edges
from geo.zone_layout import COUNT_BITS, Parts, Words, pack

ROOT_WIDTH = 361.5 / 512
"""Width of a root cell in degrees: 512 of them go round the world and over both ends."""
COLUMNS, ROWS = 512, 257
DEEPEST = 9
"""How often a cell may be split: the smallest are 0.3 m wide."""
MAX_EDGES = 8
CLEAR = 1e-12
"""How far from a corner, in degrees, a border must cross the grid's lines: a crossing is computed to 3e-13."""
ROUNDING = 8e-16
"""A sign test is sure if its two products differ by more than this part of their sum. The error is 3.4e-16 of it at
most: (3 + 16e)e with e = 2**-53, the first bound of Shewchuk, Adaptive Precision Floating-Point Arithmetic (1997)."""
PAD = 1e-9
"""How far beyond its cell an edge still counts as touching it: rounding may put a point just outside its cell."""
ENOUGH = 200_000
"""No cell is split any more when edges touch cells this often, and 8 times an edge: where more than MAX_EDGES borders
run side by side, nearly but not quite the same, splitting parts them nowhere and would go on for millions of cells."""
TRIES = 50

_FANOUT = np.arange(4)


class _Tie(Exception):
    """A border passes through the corner of a cell."""


def build(polygons: Sequence[shapely.Geometry], seed: int = 7, max_edges: int = MAX_EDGES) -> Words:
    """The index of polygons (valid, WGS 84 degrees) as one flat array; layout in zone_layout.py.

    The same polygons and seed give the same array. Raises BadRegion for a shape that is no valid polygon or
    reaches beyond 180 degrees of longitude or 90 of latitude.
    """
    shapes: Polygons = np.empty(len(polygons), dtype=object)
    shapes[:] = polygons
    _check(shapes)
    random = np.random.default_rng(seed)
    names: Keys = random.integers(1, 2**63, len(shapes), dtype=np.uint64)
    edges = distinct_edges(shapes, names)
    for _ in range(TRIES):
        west, south = (float(corner) for corner in (-180.25, -90.25) - random.random(2) / 4)
        try:
            codes, leaves, refs = _grow(edges, west, south, max_edges)
            break
        except _Tie:
            continue
    else:
        raise BadRegion(f"borders pass through a corner of each of {TRIES} grids; build with another seed")
    refs, order = pd.factorize(refs)  # edges in the order of leaves, so that those of one cell lie side by side
    wkb = [shapely.to_wkb(shape) for shape in shapes.tolist()]
    parts = Parts(
        codes,
        leaves,
        refs,
        edges.ends[order],
        edges.keys[order].view(np.int64),
        edges.borders[order],
        edges.firsts,
        edges.owners,
        names.view(np.int64),
        shapely.bounds(shapes).reshape(-1, 4),
        shapely.area(shapes),
        np.cumsum([0, *map(len, wkb)]),
        np.frombuffer(b"".join(wkb), np.uint8),
    )
    return pack(parts, west, south, ROOT_WIDTH, COLUMNS, ROWS)


def build_file(boundaries: Path, zones: Path) -> None:
    """Read a boundary file and write its index; for a process of its own (`multiprocessing` spawn, or `main`)."""
    save(build(read_boundaries(boundaries).polygons), zones)


def save(words: Words, path: Path) -> None:
    """Write an index whole or not at all: whoever maps the old file keeps it, whoever opens the path gets the new."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            np.save(file, words)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _check(shapes: Polygons) -> None:
    kinds = shapely.get_type_id(shapes)
    bounds = np.abs(shapely.bounds(shapes).reshape(-1, 4))
    for wrong, what in (
        (~np.isin(kinds, (3, 6)) | shapely.is_empty(shapes), "is no polygon; repair the boundary file"),
        (
            (bounds > (180.0, 90.0, 180.0, 90.0)).any(axis=1),
            "reaches beyond 180 degrees of longitude or 90 of latitude; cut it at the antimeridian",
        ),
        (~shapely.is_valid(shapes), "is no valid polygon; repair the boundary file"),
    ):
        if wrong.any():
            raise BadRegion(f"polygon {int(np.flatnonzero(wrong)[0]) + 1} {what}")


def _grow(edges: Edges, west: float, south: float, max_edges: int) -> tuple[Numbers, Numbers, Numbers]:
    """The tree: codes, leaves and refs, as zone_layout.py says. Raises _Tie."""
    width = ROOT_WIDTH
    xs = np.tile(west + width * np.arange(COLUMNS), ROWS)
    ys = np.repeat(south + width * np.arange(ROWS), COLUMNS)
    names = _root_names(edges, west, south)
    edge, column, row = _touching(west, south, width, COLUMNS, ROWS, edges.ends)
    cell = row * COLUMNS + column
    codes: list[Numbers] = []
    leaves: list[Numbers] = []
    refs: list[Numbers] = []
    begun, leaf_count, ref_count = COLUMNS * ROWS, 0, 0
    enough = ENOUGH + 8 * len(edges.ends)
    for level in range(DEEPEST + 1):
        count = np.bincount(cell, minlength=len(names))
        split = (count > max_edges) & (level < DEEPEST) & (len(edge) <= enough)
        if count[~split].max(initial=0) >> COUNT_BITS:
            raise BadRegion(f"more than a million edges within {width:.6f} degrees; simplify the polygons")
        bare, some = count == 0, (count > 0) & ~split
        shared, bare_names = pd.factorize(names[bare])  # cells without edges share one leaf for each name
        code = np.empty(len(names), np.int64)
        code[bare] = leaf_count + shared
        code[some] = leaf_count + len(bare_names) + np.arange(some.sum())
        code[split] = ~(begun + 16 * np.arange(split.sum()))
        codes.append(code)
        held = np.r_[np.zeros(len(bare_names), np.int64), count[some]]
        first = ref_count + np.cumsum(held) - held
        name = np.r_[bare_names, names[some]].view(np.int64)
        leaves.append(np.stack([name, first << COUNT_BITS | held], axis=1))
        kept = ~split[cell]
        _check_corners(xs[cell[kept]], ys[cell[kept]], edges.ends[edge[kept]])
        refs.append(edge[kept][np.argsort(cell[kept], kind="stable")])
        begun += 16 * int(split.sum())
        leaf_count += len(name)
        ref_count += len(refs[-1])
        if not split.any():
            break
        parent, edge = (np.cumsum(split) - 1)[cell[~kept]], edge[~kept]
        xs, ys, width = xs[split], ys[split], width / 4
        names = _child_names(names[split], parent, xs[parent], ys[parent], width, edges.ends[edge], edges.keys[edge])
        at, column, row = _touching(xs[parent], ys[parent], width, 4, 4, edges.ends[edge])
        cell, edge = parent[at] * 16 + row * 4 + column, edge[at]
        xs = (xs[:, None] + width * np.tile(_FANOUT, 4)).ravel()
        ys = (ys[:, None] + width * np.repeat(_FANOUT, 4)).ravel()
    return np.concatenate(codes), np.concatenate(leaves).ravel(), np.concatenate(refs)


def _check_corners(xs: Floats, ys: Floats, ends: Floats) -> None:
    """Raises _Tie where the walk's sign test could not be sure on which side of an edge a corner lies."""
    ax, ay, bx, by = ends.T
    up, across = (xs - ax) * (by - ay), (ys - ay) * (bx - ax)
    unsure = np.abs(up - across) <= ROUNDING * (np.abs(up) + np.abs(across))
    if (unsure & ((ax > xs) != (bx > xs))).any():
        raise _Tie


def _root_names(edges: Edges, west: float, south: float) -> Keys:
    """Names at the corners of the root cells: outside everything in the west, then row by row to the east."""
    ax, ay, bx, by = edges.ends.T
    low, high = np.minimum(ay, by), np.maximum(ay, by)
    edge, row = _ranges(_cell(low - south, ROOT_WIDTH, ROWS), _cell(high - south, ROOT_WIDTH, ROWS) + 1)
    lat = south + ROOT_WIDTH * row
    astride = (low[edge] <= lat) & (lat < high[edge])
    edge, row, lat = edge[astride], row[astride], lat[astride]
    lon = ax[edge] + (lat - ay[edge]) * (bx[edge] - ax[edge]) / (by[edge] - ay[edge])
    crossed = np.zeros((ROWS + 1, COLUMNS + 1), np.uint64)
    np.bitwise_xor.at(crossed, (row, _next_corner(lon - west, ROOT_WIDTH, COLUMNS)), edges.keys[edge])
    names: Keys = np.bitwise_xor.accumulate(crossed, axis=1)[:ROWS, :COLUMNS].ravel()
    return names


def _child_names(names: Keys, parent: Numbers, xs: Floats, ys: Floats, width: float, ends: Floats, keys: Keys) -> Keys:
    """Names at the corners of the 16 children of each cell: along its bottom side first, then up each column.

    `names` has one for each cell that is split; the rest is parallel: an edge in such a cell, and the cell's corner.
    """
    ax, ay, bx, by = ends.T
    along = np.zeros((len(names), 4), np.uint64)
    at = np.flatnonzero((ay > ys) != (by > ys))
    lon = ax[at] + (ys[at] - ay[at]) * (bx[at] - ax[at]) / (by[at] - ay[at])
    corner = _next_corner(lon - xs[at], width, 4)
    counts = (corner >= 1) & (corner < 4)
    np.bitwise_xor.at(along, (parent[at][counts], corner[counts]), keys[at][counts])

    up = np.zeros((len(names), 4, 4), np.uint64)
    columns = xs[:, None] + width * _FANOUT
    at, column = np.nonzero((ax[:, None] <= columns) & (columns < bx[:, None]))
    lat = ay[at] + (columns[at, column] - ax[at]) * (by[at] - ay[at]) / (bx[at] - ax[at])
    corner = _next_corner(lat - ys[at], width, 4)
    counts = (corner >= 1) & (corner < 4)
    np.bitwise_xor.at(up, (parent[at][counts], corner[counts], column[counts]), keys[at][counts])

    bottom = np.bitwise_xor.accumulate(along, axis=1)[:, None, :]
    children: Keys = (names[:, None, None] ^ bottom ^ np.bitwise_xor.accumulate(up, axis=1)).ravel()
    return children


def _next_corner(way: Floats, width: float, count: int) -> Numbers:
    """The number of the first corner beyond a crossing; corners lie `width` apart, number 0 where the way begins.

    0 or less for a crossing before the way begins. Raises _Tie for one at a corner from 0 to `count`.
    """
    steps = way / width
    nearest = np.rint(steps)
    if ((np.abs(steps - nearest) * width < CLEAR) & (nearest >= 0) & (nearest <= count)).any():
        raise _Tie
    return np.floor(steps).astype(np.int64) + 1


def _touching(
    xs: Floats | float, ys: Floats | float, width: float, columns: int, rows: int, ends: Floats
) -> tuple[Numbers, Numbers, Numbers]:
    """Which of columns x rows cells each edge touches: number in `ends`, column, row; one line for each touch.

    The cells begin at (xs, ys), which are one corner for all edges or one for each.
    """
    ax, ay, bx, by = ends.T
    left, right = _cell(ax - PAD - xs, width, columns), _cell(bx + PAD - xs, width, columns)
    lower = _cell(np.minimum(ay, by) - PAD - ys, width, rows)
    upper = _cell(np.maximum(ay, by) + PAD - ys, width, rows)
    across = right - left + 1
    edge, nth = _ranges(np.zeros(len(ends), np.int64), across * (upper - lower + 1) - 1)
    column, row = left[edge] + nth % across[edge], lower[edge] + nth // across[edge]
    # An edge that runs askew misses some cells of its box: all corners of such a cell lie on one side of it.
    askew = np.flatnonzero(((across > 1) & (upper > lower))[edge])
    of, half = edge[askew], width / 2
    dx, dy = (bx - ax)[of], (by - ay)[of]
    middle_x = np.broadcast_to(xs, ax.shape)[of] + width * column[askew] + half - ax[of]
    middle_y = np.broadcast_to(ys, ay.shape)[of] + width * row[askew] + half - ay[of]
    touches = np.ones(len(edge), bool)
    touches[askew] = np.abs(dx * middle_y - dy * middle_x) <= (half + PAD) * (np.abs(dx) + np.abs(dy))
    return edge[touches], column[touches], row[touches]


def _cell(way: Floats, width: float, count: int) -> Numbers:
    return np.clip(np.floor(way / width), 0, count - 1).astype(np.int64)


def _ranges(first: Numbers, last: Numbers) -> tuple[Numbers, Numbers]:
    """The numbers first..last of each pair, one after the other, and which pair each belongs to."""
    length = np.maximum(last - first + 1, 0)
    pair = np.repeat(np.arange(len(length)), length)
    return pair, np.arange(len(pair)) - np.repeat(np.cumsum(length) - length - first, length)


def main(arguments: Sequence[str]) -> None:
    """`python -m geo.zone_build BOUNDARIES ZONES`: read a boundary file, write its index."""
    if len(arguments) != 2:
        raise SystemExit("usage: python -m geo.zone_build BOUNDARIES ZONES.npy")
    try:
        build_file(Path(arguments[0]), Path(arguments[1]))
    except BadRegion as error:
        raise SystemExit(str(error)) from None


if __name__ == "__main__":
    main(sys.argv[1:])
