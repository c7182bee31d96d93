"""Which demand points a unit reaches in time: by the straight-line law, or by streets.

Knows demand points, a k-d tree over them and, where there is one, the street point nearest each. Refuses to count.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from geo.coverage import Demand, Reached
from geo.crs import metres_per_degree
from geo.isochrones import Streets, metres_within
from geo.proximity import metres_to
from geo.travel_time import NEW_YORK, Mode, PowerLaw, law_of, mode_of

ACCESS_METRES = 400.0
"""A cell's middle farther than this from any street reached counts as not reached: nobody drives there."""


class DemandReach:
    """Answers for one set of demand points. `streets` may come later: `use_streets`."""

    def __init__(self, demand: Demand, road: PowerLaw = NEW_YORK) -> None:
        self.demand = demand
        self._road = road
        self._metres = demand.grid.frame.points_to_metres(np.column_stack((demand.lons, demand.lats)))
        self._tree = cKDTree(self._metres)
        self._streets: Streets | None = None
        self._streets_method = ""

    @property
    def method(self) -> str:
        """How, in words, with the error band."""
        return self._streets_method if self._streets is not None else self._road.label

    def use_streets(self, streets: Streets | None, method: str) -> None:
        """Ask a street network from now on; None: the law again."""
        self._streets, self._streets_method = streets, method

    def reached(self, kind: str, lon: float, lat: float, seconds: float) -> Reached:
        """The demand points a unit of a kind reaches from a place (WGS 84) within some seconds."""
        mode = mode_of(kind)
        if self._streets is not None and mode is Mode.ROAD:
            lons, lats, _ = self._streets.reached(lon, lat, seconds)
            if lons.size:
                return self._near(lons, lats)
        frame = self.demand.grid.frame
        here = frame.points_to_metres(np.array([[lon, lat]]))[0]
        within = metres_within(law_of(mode, self._road), seconds)
        # The plane about the region's middle stretches eastings nearer the pole: look wider there, then measure.
        stretch = max(1.0, frame.lon_scale / max(1.0, metres_per_degree(min(89.0, abs(lat) + 1.0))[0]))
        near = np.array(self._tree.query_ball_point(here, within * stretch), dtype=np.int32)
        near.sort()
        found: Reached = near[metres_to(lon, lat, self.demand.lons[near], self.demand.lats[near]) <= within]
        return found

    def _near(self, lons: np.ndarray, lats: np.ndarray) -> Reached:
        points = self.demand.grid.frame.points_to_metres(np.column_stack((lons, lats)))
        size = self.demand.grid.size
        # One street point for each fine cell is enough: thousands of them lie within a few metres.
        fine = np.unique(np.floor(points / (size / 4)).astype(np.int64), axis=0)
        tree = cKDTree((fine + 0.5) * (size / 4))
        west, south = points.min(axis=0) - ACCESS_METRES
        east, north = points.max(axis=0) + ACCESS_METRES
        x, y = self._metres.T
        near = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
        far, _ = tree.query(self._metres[near], distance_upper_bound=max(ACCESS_METRES, size * 0.71))
        found: Reached = near[np.isfinite(far)].astype(np.int32)
        return found
