"""The outline of cells, against the union of their squares."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from geo.cells import CellGrid, _faces

GRID = CellGrid.about(-122.4, 37.8, 100.0)


def squares(cells: np.ndarray, size: float = 100.0) -> BaseGeometry:
    x, y = cells.T * size
    return shapely.union_all(shapely.box(x, y, x + size, y + size))


@given(st.sets(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), min_size=1), st.integers(-(10**5), 10**5))
@settings(max_examples=300, deadline=None)
def test_the_faces_are_the_union_of_the_squares(chosen: set[tuple[int, int]], away: int) -> None:
    cells = np.array(sorted(chosen)) + np.array((away, -away))
    faces = _faces(cells, 100.0)
    assert all(shapely.is_valid(faces))
    united = shapely.union_all(faces)
    assert united.symmetric_difference(squares(cells)).area == pytest.approx(0, abs=1e-6)
    assert shapely.area(faces).sum() == pytest.approx(len(cells) * 100.0**2)  # and no ground is told twice


@given(st.integers(0, 2**32 - 1), st.floats(0.05, 0.95))
@settings(max_examples=60, deadline=None)
def test_made_straight_the_outline_keeps_every_middle_on_its_side(seed: int, share: float) -> None:
    filled = np.random.default_rng(seed).random((30, 30)) < share
    cells = np.argwhere(filled)
    if not len(cells):
        return
    ground = GRID.outline(cells)
    middles = (np.argwhere(np.ones_like(filled)) + 0.5) * 100.0
    assert (shapely.contains_xy(ground, middles[:, 0], middles[:, 1]) == filled.ravel()).all()


def test_a_ring_of_cells_has_a_hole_and_no_cell_has_no_ground() -> None:
    ring = np.array([(x, y) for x in range(3) for y in range(3) if (x, y) != (1, 1)])
    assert len(GRID.rings(GRID.outline(ring))[0]) == 2
    assert GRID.outline(np.empty((0, 2), dtype=np.int64)).is_empty
