"""The search of unit_walk.py in NumPy: every unit is looked at. It serves until numba's is ready, and without numba.

Knows the same arguments and gives the same answers, which a test compares. Refuses to be fast: a millisecond or two
for a hundred thousand units.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bits = npt.NDArray[np.uint64]


def nearest(
    x: float, y: float, z: float, k: int, wanted: Bits, statuses: np.uint64, points: Floats, can: Bits, status: Bits,
    *_tree: Any,
) -> tuple[Ints, Floats]:  # fmt: skip
    """The k nearest rows that match, and the squares of their straight distances, nearest first, equal ones by row."""
    fits = np.flatnonzero((status & statuses).astype(np.bool_) & (can & wanted).any(axis=1))
    away = points[fits] - (x, y, z)
    squares = np.einsum("ij,ij->i", away, away)
    known = np.isfinite(squares)
    fits, squares = fits[known], squares[known]
    if k < squares.size:
        limit = np.partition(squares, k - 1)[k - 1]
        fits, squares = fits[squares <= limit], squares[squares <= limit]
    order = np.lexsort((fits, squares))[:k]
    return fits[order], squares[order]


def refit(leaves: Ints, points: Floats, can: Bits, status: Bits, *tree: Any) -> None:
    """Nothing: this search has no use for the tree. Whoever takes on the other one makes the tree anew."""
