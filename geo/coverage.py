"""Coverage: how much ground and how many past calls available units reach in time, kept while they come and go.

Knows demand points and how many units reach each. Refuses to know what a unit is, who is available and how far one gets
(whoever asks hands in what each reaches).

Every demand point keeps the number of units that reach it. A unit that leaves lowers the number of what it reached by
one; where it falls to 0 a gap opens. So a departure costs what that unit reached and nothing else, and the numbers are
at all times those a count from nothing would give (tests/unit/test_coverage.py).
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from domain.coverage import Share
from domain.reach import Ring
from geo.cells import CellGrid, Cells

Reached = npt.NDArray[np.int32]
"""Indices of demand points, each once."""
Floats = npt.NDArray[np.float64]

LEAST_CELL = 200.0
MOST_CELLS = 120_000
"""Land is cut into cells of LEAST_CELL metres, larger where there would be more than MOST_CELLS."""
FEW_CALLS = 10
"""Fewer say nothing about where the next will come from."""


@dataclass(frozen=True, slots=True)
class Demand:
    """Points to be covered: the middles of cells of land (WGS 84), km² of each, and the past calls in each."""

    grid: CellGrid
    cells: Cells
    lons: Floats
    lats: Floats
    area: Floats
    calls: Floats

    def with_calls(self, lons: npt.ArrayLike, lats: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> Demand:
        """The same ground with other calls; a call outside every cell counts nowhere. `weights` 1 unless given."""
        wanted = self.grid.cells_of(lons, lats)
        heavy = np.ones(len(wanted)) if weights is None else np.asarray(weights, dtype=np.float64)
        least = self.cells.min(axis=0)
        span = self.cells.max(axis=0) - least + 1
        inside = ((wanted >= least) & (wanted < least + span)).all(axis=1)
        number = np.full(int(span.prod()), -1, dtype=np.int64)
        number[np.ravel_multi_index(tuple((self.cells - least).T), tuple(span))] = np.arange(len(self.cells))
        found = number[np.ravel_multi_index(tuple((wanted[inside] - least).T), tuple(span))]
        calls = np.bincount(found[found >= 0], heavy[inside][found >= 0], minlength=len(self.cells))
        return Demand(self.grid, self.cells, self.lons, self.lats, self.area, calls.astype(np.float64))


def demand_over(land: BaseGeometry, least: float = LEAST_CELL, most: int = MOST_CELLS) -> Demand:
    """Land (WGS 84) cut into cells: those whose middle lies on it. Raises ValueError for land without ground."""
    if land.is_empty or not land.area > 0:
        raise ValueError("there is no land to cover: check the region's boundaries")
    west, south, east, north = land.bounds
    frame = CellGrid.about((west + east) / 2, (south + north) / 2, least).frame
    ground = land.area * frame.lon_scale * frame.lat_scale
    grid = CellGrid(frame, max(least, math.sqrt(ground / most)))
    first, last = grid.cells_of([west, east], [south, north])
    columns, rows = (np.arange(first[axis], last[axis] + 1) for axis in (0, 1))
    cells = np.stack(np.meshgrid(columns, rows, indexing="ij"), axis=-1).reshape(-1, 2)
    centres = grid.centres(cells)
    shapely.prepare(land)
    held = shapely.contains_xy(land, centres[:, 0], centres[:, 1])
    cells, centres = cells[held], centres[held]
    # The grid is square in the middle of the region; a cell farther from the equator is narrower on the ground.
    scale = np.cos(np.radians(centres[:, 1])) / math.cos(math.radians(frame.lat))
    area = grid.size**2 / 1e6 * scale
    return Demand(grid, cells, centres[:, 0], centres[:, 1], area, np.zeros(len(cells)))


class Coverage:
    """How many units reach each demand point."""

    def __init__(self, demand: Demand) -> None:
        self.demand = demand
        self._counts = np.zeros(len(demand.cells), dtype=np.int32)
        self._reached: dict[str, Reached] = {}
        self._sums: list[Floats] = []
        """(area, calls) reached by at least one, and by at least two units"""
        self.weigh_anew()

    @property
    def units(self) -> frozenset[str]:
        """The units counted."""
        return frozenset(self._reached)

    @property
    def counts(self) -> npt.NDArray[np.int32]:
        """Units that reach each point; a copy."""
        return self._counts.copy()

    def counts_at(self, points: Reached) -> npt.NDArray[np.int32]:
        """Units that reach some points."""
        found: npt.NDArray[np.int32] = self._counts[points]
        return found

    def weigh_anew(self) -> None:
        """The demand's calls have changed."""
        self._all = np.array([self.demand.area.sum(), self.demand.calls.sum()])
        self._sums = [self._weight(np.flatnonzero(self._counts > level).astype(np.int32)) for level in (0, 1)]

    @contextlib.contextmanager
    def without(self, units: Iterable[str]) -> Iterator[None]:
        """As if some units had left, until the block ends."""
        held = {unit: self._reached[unit] for unit in units if unit in self._reached}
        for unit in held:
            self.take(unit)
        try:
            yield
        finally:
            for unit, reached in held.items():
                self.put(unit, reached)

    def put(self, unit: str, reached: Reached) -> None:
        """A unit is available again, or somewhere else."""
        self.take(unit)
        self._reached[unit] = reached
        before = self._counts[reached]
        self._counts[reached] = before + 1
        for level in (0, 1):
            self._sums[level] += self._weight(reached[before == level])

    def take(self, unit: str) -> Reached:
        """A unit leaves; the points nobody reaches any more. Nothing happens for one that was not counted."""
        reached = self._reached.pop(unit, None)
        if reached is None:
            return np.empty(0, dtype=np.int32)
        after = self._counts[reached] - 1
        self._counts[reached] = after
        for level in (0, 1):
            self._sums[level] -= self._weight(reached[after == level])
        opened: Reached = reached[after == 0]
        return opened

    def share(self, level: int = 1) -> Share:
        """What at least `level` units (1 or 2) reach."""
        area, calls = self._sums[level - 1]
        # Sums kept by adding and taking away drift by a rounding; a share is never below nothing.
        return Share(max(0.0, float(area)), float(self._all[0]), max(0.0, float(calls)), float(self._all[1]))

    def lost_without(self, units: Iterable[str]) -> Reached:
        """The points nobody would reach any more if some units left."""
        leaving = [self._reached[unit] for unit in dict.fromkeys(units) if unit in self._reached]
        if not leaving:
            return np.empty(0, dtype=np.int32)
        points, times = np.unique(np.concatenate(leaving), return_counts=True)
        lost: Reached = points[self._counts[points] == times].astype(np.int32)
        return lost

    def share_without(self, lost: Reached) -> Share:
        """The share left once some points are lost."""
        now, (area, calls) = self.share(), self._weight(lost)
        return Share(max(0.0, now.area - area), now.area_of, max(0.0, now.calls - calls), now.calls_of)

    def uncovered(self) -> Reached:
        """The points nobody reaches."""
        return np.flatnonzero(self._counts == 0).astype(np.int32)

    def reached_by(self, unit: str) -> Reached:
        """What a counted unit reaches; nothing for another."""
        return self._reached.get(unit, np.empty(0, dtype=np.int32))

    def weight(self, points: Reached) -> float:
        """What points are worth: their share of the past calls, and of the land besides.

        Land weighs a tenth beside calls: it settles ties. It counts alone while fewer than FEW_CALLS calls are known.
        """
        area, calls = self._weight(points)
        land = float(area / self._all[0]) if self._all[0] else 0.0
        return float(calls / self._all[1]) + 0.1 * land if self._all[1] >= FEW_CALLS else land

    def weights(self) -> Floats:
        """`weight` of each point alone."""
        land: Floats = self.demand.area / self._all[0] if self._all[0] else self.demand.area
        weights: Floats = self.demand.calls / self._all[1] + 0.1 * land if self._all[1] >= FEW_CALLS else land
        return weights

    def _weight(self, points: Reached) -> Floats:
        return np.array([self.demand.area[points].sum(), self.demand.calls[points].sum()])


def polygons_of(demand: Demand, points: Reached) -> tuple[tuple[Ring, ...], ...]:
    """The ground of demand points, for a map."""
    return demand.grid.rings(demand.grid.outline(demand.cells[points]))


def counted_anew(demand: Demand, reached: Mapping[str, Reached]) -> Coverage:
    """A coverage of some units from nothing."""
    made = Coverage(demand)
    for unit, points in reached.items():
        made.put(unit, points)
    return made
