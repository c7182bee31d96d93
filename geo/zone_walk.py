"""The hot walk of the zone index, compiled by numba.

Knows how to find the name at a place and the borders near it in the one flat array of zone_layout.py; zone_index.py
tells the idea with a figure. Refuses to know what a name means. Importing it needs numba and takes half a second;
zone_compile.py says when. zone_twin.py does the same in NumPy.

The machine code is kept on disk beside this file, and made anew when this file changes, and only then. So
everything it computes with stands here or in the array: no constant is imported.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit


def _compiled(function: Callable[..., Any], inline: str = "never") -> Any:
    """Machine code on first call, kept on disk where that can be written."""
    options: dict[str, Any] = {"inline": inline, "error_model": "numpy"}
    try:
        return njit(cache=True, **options)(function)
    except RuntimeError:  # no folder to keep it in
        return njit(**options)(function)


def _parts(words):  # type: ignore[no-untyped-def]
    """Codes, leaves, refs, edges and keys of an index; then west, south, root width, columns and rows of its grid."""
    grid = words[16:19].view(np.float64)
    return (
        words[words[1] : words[2]].view(np.int32),
        words[words[2] : words[3]],
        words[words[3] : words[4]].view(np.int32),
        words[words[4] : words[5]].view(np.float64),
        words[words[5] : words[6]],
        grid[0],
        grid[1],
        grid[2],
        words[19],
        words[20],
    )


def _walk(x, y, codes, leaves, refs, edges, keys, west, south, width, columns, rows):  # type: ignore[no-untyped-def]
    """Whether the answer is sure, and the name at (x, y)."""
    fx, fy = (x - west) / width, (y - south) / width  # where the point is, in cells; NaN is nowhere
    if not (0 <= fx < columns and 0 <= fy < rows):
        return True, 0
    i, j = int(fx), int(fy)
    cx, cy = west + width * i, south + width * j  # the cell's corner
    code = codes[j * columns + i]
    while code < 0:  # split four by four: down into the child that holds the point
        fx, fy, width = (fx - i) * 4, (fy - j) * 4, width * 0.25
        i, j = int(fx), int(fy)
        cx, cy = cx + width * i, cy + width * j
        code = codes[~code + j * 4 + i]
    name, held, sure = leaves[2 * code], leaves[2 * code + 1], True
    for at in range(held >> 20, (held >> 20) + (held & 1048575)):
        # The way goes up from the corner (cx, cy) to (cx, y), then across to (x, y). It crosses an edge that is astride
        # of one of its legs if the ends of that leg lie on different sides. `up` and `across` are the two products
        # of each sign test; it is sure if they differ by more than 8e-16 of their sum (why: zone_build.ROUNDING).
        e = refs[at]
        ax, ay, bx, by = edges[4 * e], edges[4 * e + 1], edges[4 * e + 2], edges[4 * e + 3]
        leg_up, leg_across = (ax > cx) != (bx > cx), (ay > y) != (by > y)
        dx, dy = bx - ax, by - ay
        up_corner, up_point, across_corner, across_point = (cx - ax) * dy, (x - ax) * dy, (cy - ay) * dx, (y - ay) * dx
        turn, point = up_corner - across_point, up_point - across_point
        if (leg_up and (up_corner - across_corner > 0) != (turn > 0)) != (leg_across and (turn > 0) != (point > 0)):
            name ^= keys[e]
        if (leg_up or leg_across) and abs(turn) <= 1e-290 + 8e-16 * (abs(up_corner) + abs(across_point)):
            sure = False
        if (
            abs(point) <= 1e-290 + 8e-16 * (abs(up_point) + abs(across_point))
            and ax - 1e-9 <= x <= bx + 1e-9
            and min(ay, by) - 1e-9 <= y <= max(ay, by) + 1e-9
        ):
            sure = False  # on the edge, or so near that only shapely can tell
    return sure, name


def _name_at(x, y, words):  # type: ignore[no-untyped-def]
    """(sure, name) at one place."""
    codes, leaves, refs, edges, keys, west, south, width, columns, rows = parts(words)
    return walk(x, y, codes, leaves, refs, edges, keys, west, south, width, columns, rows)


def _names_at(xs, ys, words):  # type: ignore[no-untyped-def]
    """(sure, name) at many places, as two arrays."""
    codes, leaves, refs, edges, keys, west, south, width, columns, rows = parts(words)
    sure, names = np.empty(xs.size, np.bool_), np.empty(xs.size, np.int64)
    for p in range(xs.size):
        sure[p], names[p] = walk(xs[p], ys[p], codes, leaves, refs, edges, keys, west, south, width, columns, rows)
    return sure, names


def _borders_near(x, y, across, along, metres, words, borders, distances):  # type: ignore[no-untyped-def]
    """Borders within some metres of (x, y), each once, with the distance: how many, -1 if the arrays are too short.

    `across` and `along` are metres to a degree of longitude and of latitude there.
    """
    codes, leaves, refs, edges, _, west, south, width, columns, rows = parts(words)
    border_of = words[words[6] : words[7]].view(np.int32)
    reach_x, reach_y = metres / across, metres / along
    waiting, corners = np.empty(160, np.int64), np.empty((160, 3))  # cells to look into: code; corner and width
    found = 0
    for root_y in range(
        max(0, int((y - reach_y - south) / width)), min(rows - 1, int((y + reach_y - south) / width)) + 1
    ):
        for root_x in range(
            max(0, int((x - reach_x - west) / width)), min(columns - 1, int((x + reach_x - west) / width)) + 1
        ):
            waiting[0] = codes[root_y * columns + root_x]
            corners[0, 0], corners[0, 1], corners[0, 2] = west + width * root_x, south + width * root_y, width
            top = 1
            while top:
                top -= 1
                code, cx, cy, cell = waiting[top], corners[top, 0], corners[top, 1], corners[top, 2]
                if code < 0:
                    cell /= 4
                    for child in range(16):
                        left, lower = cx + cell * (child % 4), cy + cell * (child // 4)
                        if (
                            left - reach_x <= x <= left + cell + reach_x
                            and lower - reach_y <= y <= lower + cell + reach_y
                        ):
                            waiting[top] = codes[~code + child]
                            corners[top, 0], corners[top, 1], corners[top, 2] = left, lower, cell
                            top += 1
                    continue
                held = leaves[2 * code + 1]
                for at in range(held >> 20, (held >> 20) + (held & 1048575)):
                    e = refs[at]
                    border = border_of[e]
                    if border < 0:
                        continue
                    ax, ay = (edges[4 * e] - x) * across, (edges[4 * e + 1] - y) * along
                    dx, dy = (edges[4 * e + 2] - x) * across - ax, (edges[4 * e + 3] - y) * along - ay
                    foot = min(1.0, max(0.0, -(ax * dx + ay * dy) / (dx * dx + dy * dy)))
                    distance = math.sqrt((ax + foot * dx) ** 2 + (ay + foot * dy) ** 2)
                    if distance <= metres:
                        n = 0
                        while n < found and borders[n] != border:
                            n += 1
                        if n == found:
                            if found == borders.size:
                                return -1
                            borders[n], distances[n] = border, distance
                            found += 1
                        elif distance < distances[n]:
                            distances[n] = distance
    return found


parts = _compiled(_parts, inline="always")
walk = _compiled(_walk, inline="always")
name_at = _compiled(_name_at)
names_at = _compiled(_names_at)
borders_near = _compiled(_borders_near)
KEPT = name_at.stats.cache_path is not None
"""Whether the machine code is kept on disk."""
