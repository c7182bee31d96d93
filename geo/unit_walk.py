"""The search for the nearest units, compiled by numba.

Knows the tree of unit_index.py as arrays; that module tells the idea. Refuses to know units and degrees. Importing it
needs numba and takes half a second; unit_compile.py says when. The machine code is kept on disk beside this file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit


def _compiled(function: Callable[..., Any]) -> Any:
    """Machine code on first call, kept on disk where that can be written."""
    try:
        return njit(cache=True)(function)
    except RuntimeError:  # no folder to keep it in
        return njit()(function)


def _nearest(  # type: ignore[no-untyped-def]
    x, y, z, k, wanted, statuses, points, can, status, rows, bounds, boxes, node_can, node_status, spots, skills, states
):
    """The k nearest rows that match, and the squares of their straight distances, nearest first, equal ones by row."""
    found, squares, count = np.empty(k, np.int64), np.empty(k), 0
    leaves = bounds.size - 1
    words = wanted.size
    waiting, distances = np.empty(128, np.int64), np.empty(128)
    waiting[0], distances[0], top = 1, 0.0, 1
    while top:
        top -= 1
        node = waiting[top]
        if count == k and distances[top] > squares[k - 1]:
            continue
        if node >= leaves:
            for at in range(bounds[node - leaves], bounds[node - leaves + 1]):
                fits = (states[at] & statuses) != 0
                if fits:
                    fits = False
                    for word in range(words):
                        fits = fits or (skills[at, word] & wanted[word]) != 0
                if not fits:
                    continue
                row = rows[at]
                dx, dy, dz = spots[at, 0] - x, spots[at, 1] - y, spots[at, 2] - z
                square = dx * dx + dy * dy + dz * dz
                if not square >= 0:
                    continue  # nobody knows where it is
                if count == k and (square > squares[k - 1] or (square == squares[k - 1] and row > found[k - 1])):
                    continue
                place = count if count < k else k - 1
                count = min(count + 1, k)
                while place > 0 and (
                    squares[place - 1] > square or (squares[place - 1] == square and found[place - 1] > row)
                ):
                    found[place], squares[place] = found[place - 1], squares[place - 1]
                    place -= 1
                found[place], squares[place] = row, square
            continue
        first = top
        for child in (2 * node, 2 * node + 1):
            if (node_status[child] & statuses) == 0:
                continue
            fits = False
            for word in range(words):
                fits = fits or (node_can[child, word] & wanted[word]) != 0
            if not fits:
                continue
            dx = max(boxes[child, 0] - x, 0.0, x - boxes[child, 3])
            dy = max(boxes[child, 1] - y, 0.0, y - boxes[child, 4])
            dz = max(boxes[child, 2] - z, 0.0, z - boxes[child, 5])
            square = dx * dx + dy * dy + dz * dz
            if count == k and square > squares[k - 1]:
                continue
            waiting[top], distances[top] = child, square
            top += 1
        if top - first == 2 and distances[top - 1] > distances[top - 2]:  # the nearer one is looked into first
            waiting[top - 1], waiting[top - 2] = waiting[top - 2], waiting[top - 1]
            distances[top - 1], distances[top - 2] = distances[top - 2], distances[top - 1]
    return found[:count], squares[:count]


def _refit(  # type: ignore[no-untyped-def]
    leaf_numbers, points, can, status, rows, bounds, boxes, node_can, node_status, spots, skills, states
):
    """Draw the boxes and gather the bits of some leaves anew, and of the nodes above them.

    A leaf's units are copied side by side into `spots`, `skills` and `states`: a search reads them in one go.
    """
    leaves = bounds.size - 1
    words = can.shape[1]
    for leaf in leaf_numbers:
        node = leaf + leaves
        boxes[node, :3], boxes[node, 3:] = np.inf, -np.inf
        node_status[node] = 0
        node_can[node, :] = 0
        for at in range(bounds[leaf], bounds[leaf + 1]):
            row = rows[at]
            spots[at, :], skills[at, :], states[at] = points[row], can[row], status[row]
            if np.isnan(points[row, 0]):
                continue
            for axis in range(3):
                boxes[node, axis] = min(boxes[node, axis], points[row, axis])
                boxes[node, 3 + axis] = max(boxes[node, 3 + axis], points[row, axis])
            node_status[node] |= status[row]
            for word in range(words):
                node_can[node, word] |= can[row, word]
        node //= 2
        while node:
            one, other = 2 * node, 2 * node + 1
            for axis in range(3):
                boxes[node, axis] = min(boxes[one, axis], boxes[other, axis])
                boxes[node, 3 + axis] = max(boxes[one, 3 + axis], boxes[other, 3 + axis])
            node_status[node] = node_status[one] | node_status[other]
            for word in range(words):
                node_can[node, word] = node_can[one, word] | node_can[other, word]
            node //= 2


nearest = _compiled(_nearest)
refit = _compiled(_refit)
KEPT = nearest.stats.cache_path is not None
"""Whether the machine code is kept on disk."""
