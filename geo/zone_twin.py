"""The walk of the zone index in NumPy: the same answers as zone_walk.py, without numba.

Serves where numba is absent, and until its machine code is there. All points go down the tree together, one
level at a time. The functions have the names, arguments and results of those in zone_walk.py, which has the
comments; a test holds both equal, bit by bit.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geo.zone_layout import COLUMNS_WORD, COUNT_BITS, WEST_WORD, Floats, Ints, Words, unpack

Bools = npt.NDArray[np.bool_]
_COUNT = (1 << COUNT_BITS) - 1
_ROUNDING, _NOUGHT, _PAD = 8e-16, 1e-290, 1e-9


def name_at(x: float, y: float, words: Words) -> tuple[bool, int]:
    """(sure, name) at one place."""
    sure, names = names_at(np.array([x]), np.array([y]), words)
    return bool(sure[0]), int(names[0])


def names_at(xs: Floats, ys: Floats, words: Words) -> tuple[Bools, Words]:
    """(sure, name) at many places, as two arrays."""
    parts = unpack(words)
    west, south, width = words[WEST_WORD : WEST_WORD + 3].view(np.float64).tolist()
    columns, rows = words[COLUMNS_WORD : COLUMNS_WORD + 2].tolist()
    sure, names = np.ones(xs.size, np.bool_), np.zeros(xs.size, np.int64)

    fx, fy = (xs - west) / width, (ys - south) / width
    points = np.flatnonzero((fx >= 0) & (fx < columns) & (fy >= 0) & (fy < rows))
    fx, fy = fx[points], fy[points]
    i, j = np.floor(fx), np.floor(fy)
    cx, cy = west + width * i, south + width * j
    code = parts.codes[(j * columns + i).astype(np.int64)]
    leaf, corner_x, corner_y = code.copy(), cx.copy(), cy.copy()
    deeper = np.arange(points.size)
    while (split := np.flatnonzero(code < 0)).size:
        deeper, fx, fy, i, j, cx, cy, code = (a[split] for a in (deeper, fx, fy, i, j, cx, cy, code))
        fx, fy, width = (fx - i) * 4, (fy - j) * 4, width * 0.25
        i, j = np.floor(fx), np.floor(fy)
        cx, cy = cx + width * i, cy + width * j
        code = parts.codes[~code + (j * 4 + i).astype(np.int64)]
        leaf[deeper], corner_x[deeper], corner_y[deeper] = code, cx, cy

    leaves = parts.leaves.reshape(-1, 2)
    names[points] = leaves[leaf, 0]
    held = leaves[leaf, 1]
    some = np.flatnonzero(held & _COUNT)
    if not some.size:
        return sure, names
    count, first = held[some] & _COUNT, held[some] >> COUNT_BITS
    begins = np.cumsum(count) - count
    pair = np.repeat(np.arange(some.size), count)
    e = parts.refs[np.arange(pair.size) - begins[pair] + first[pair]]
    ax, ay, bx, by = parts.edges.reshape(-1, 4)[e].T
    at, x, y = points[some], xs[points[some]][pair], ys[points[some]][pair]
    cx, cy = corner_x[some][pair], corner_y[some][pair]

    leg_up, leg_across = (ax > cx) != (bx > cx), (ay > y) != (by > y)
    dx, dy = bx - ax, by - ay
    up_corner, up_point, across_corner, across_point = (cx - ax) * dy, (x - ax) * dy, (cy - ay) * dx, (y - ay) * dx
    turn, point = up_corner - across_point, up_point - across_point
    crossed = (leg_up & ((up_corner - across_corner > 0) != (turn > 0))) ^ (leg_across & ((turn > 0) != (point > 0)))
    names[at] ^= np.bitwise_xor.reduceat(np.where(crossed, parts.keys[e], 0), begins)
    doubtful = (leg_up | leg_across) & (
        np.abs(turn) <= _NOUGHT + _ROUNDING * (np.abs(up_corner) + np.abs(across_point))
    )
    doubtful |= (
        (np.abs(point) <= _NOUGHT + _ROUNDING * (np.abs(up_point) + np.abs(across_point)))
        & (ax - _PAD <= x)
        & (x <= bx + _PAD)
        & (np.minimum(ay, by) - _PAD <= y)
        & (y <= np.maximum(ay, by) + _PAD)
    )
    sure[at[pair[doubtful]]] = False
    return sure, names


def borders_near(
    x: float, y: float, across: float, along: float, metres: float, words: Words, borders: Ints, distances: Floats
) -> int:
    """Borders within some metres of (x, y), each once, with the distance: how many, -1 if the arrays are too short."""
    parts = unpack(words)
    west, south, width = words[WEST_WORD : WEST_WORD + 3].view(np.float64).tolist()
    columns, rows = words[COLUMNS_WORD : COLUMNS_WORD + 2].tolist()
    reach_x, reach_y = metres / across, metres / along
    left, right = max(0, int((x - reach_x - west) / width)), min(columns - 1, int((x + reach_x - west) / width))
    lower, upper = max(0, int((y - reach_y - south) / width)), min(rows - 1, int((y + reach_y - south) / width))
    j, i = (a.ravel() for a in np.meshgrid(np.arange(lower, upper + 1), np.arange(left, right + 1)))
    code, cx, cy = parts.codes[j * columns + i], west + width * i, south + width * j
    held = [parts.leaves[2 * code[code >= 0] + 1]]
    child = np.arange(16)
    while (split := np.flatnonzero(code < 0)).size:
        width /= 4
        cx, cy = cx[split, None] + width * (child % 4), cy[split, None] + width * (child // 4)
        near = (cx - reach_x <= x) & (x <= cx + width + reach_x) & (cy - reach_y <= y) & (y <= cy + width + reach_y)
        code, cx, cy = parts.codes[~code[split, None] + child][near], cx[near], cy[near]
        held.append(parts.leaves[2 * code[code >= 0] + 1])
    leaves = np.concatenate(held)
    count, first = leaves & _COUNT, leaves >> COUNT_BITS
    leaf = np.repeat(np.arange(leaves.size), count)
    e = parts.refs[np.arange(leaf.size) - (np.cumsum(count) - count - first)[leaf]]
    e = e[parts.borders[e] >= 0]
    ends = (parts.edges.reshape(-1, 4)[e] - (x, y, x, y)) * (across, along, across, along)
    ax, ay = ends[:, 0], ends[:, 1]
    dx, dy = ends[:, 2] - ax, ends[:, 3] - ay
    foot = np.clip(-(ax * dx + ay * dy) / (dx * dx + dy * dy), 0.0, 1.0)
    distance = np.sqrt((ax + foot * dx) ** 2 + (ay + foot * dy) ** 2)
    within = distance <= metres
    found, number = np.unique(parts.borders[e][within], return_inverse=True)
    if found.size > borders.size:
        return -1
    nearest = np.full(found.size, np.inf)
    np.minimum.at(nearest, number, distance[within])
    borders[: found.size], distances[: found.size] = found, nearest
    return int(found.size)
