"""A made-up city to measure coverage and assignment in: the same for the same seed.

Knows how to make one. Refuses to measure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from geo.coverage import Coverage, Reached, demand_over, polygons_of
from geo.demand_reach import DemandReach
from geo.joint_assignment import NOBODY

POINTS = 264_000
STATIONS = 343
MINUTES = 8


@dataclass(frozen=True, slots=True)
class City:
    """A coverage with one unit at each station, and what each reaches."""

    coverage: Coverage
    reached: dict[str, Reached]
    stations: list[str]

    def gap_of(self, unit: str) -> int:
        """How many polygons the gap has that a unit's leaving opens."""
        return len(polygons_of(self.coverage.demand, self.coverage.lost_without([unit])))


def city(points: int = POINTS, stations: int = STATIONS, seed: int = 1) -> City:
    """A city of about so many demand points and stations."""
    rng = np.random.default_rng(seed)
    land = shapely.box(-8.9, 40.9, -8.2, 41.5)
    demand = demand_over(land, least=1.0, most=points)
    demand = demand.with_calls(rng.normal(-8.6, 0.1, 50_000), rng.normal(41.2, 0.1, 50_000))
    reach, coverage = DemandReach(demand), Coverage(demand)
    reached = {}
    for number in range(stations):
        lon, lat = rng.uniform(-8.9, -8.2), rng.uniform(40.9, 41.5)
        name = f"E{number:03d}"
        reached[name] = reach.reached("ENGINE", lon, lat, MINUTES * 60)
        coverage.put(name, reached[name])
    return City(coverage, reached, sorted(reached))


def joint_case(
    seed: int, places: int = 200, units: int = 500
) -> tuple[npt.NDArray[np.float64], list[int], npt.NDArray[np.bool_]]:
    """Seconds, priorities and forbidden pairs of a bad night."""
    rng = np.random.default_rng(seed)
    there, here = rng.uniform(0, 20_000, (places, 2)), rng.uniform(0, 20_000, (units, 2))
    metres = np.hypot(*(there[:, None] - here[None]).transpose(2, 0, 1))
    can = rng.integers(0, 4, units)
    needed = rng.integers(0, 4, places)
    return 0.449 * metres**0.808, rng.integers(1, 4, places).tolist(), can[None, :] != needed[:, None]


def nearest_first(
    seconds: npt.NDArray[np.float64], priorities: list[int], forbidden: npt.NDArray[np.bool_]
) -> npt.NDArray[np.intp]:
    """The usual way: incident after incident, the most urgent first, takes the nearest unit still free."""
    cost = np.where(forbidden, np.inf, seconds)
    chosen = np.full(len(seconds), NOBODY, dtype=np.intp)
    for place in np.argsort(priorities, kind="stable"):
        unit = int(cost[place].argmin())
        if np.isfinite(cost[place, unit]):
            chosen[place] = unit
            cost[:, unit] = np.inf
    return chosen
