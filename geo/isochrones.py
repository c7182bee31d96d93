"""Isochrones: the ground a unit reaches within some minutes.

Knows two ways to find it: a circle by the straight-line law, or the streets reached, as a patch of ground around them.
Refuses to know units, their states and who asks.

Streets are lines and the ground between them is reached too, within reason: reached street points fill cells of a
grid CELL metres wide, holes and creeks up to four cells wide are closed, and the cells' outline is drawn, smoothed by
half a cell. What is shown as reached is therefore at most about three cells from a street that is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pyproj
from scipy import ndimage

from domain.reach import Band, Isochrones, Ring
from geo.cells import CellGrid
from geo.travel_time import NEW_YORK, Mode, PowerLaw, law_of, mode_of

CELL = 60.0
"""Metres; a city block is about twice that."""

CORNERS = 72
"""Of a circle: with so many its edge runs within 0.1 % of the true one."""

_GEOD = pyproj.Geod(ellps="WGS84")
Floats = npt.NDArray[np.float64]


class Streets(Protocol):
    """What an isochrone asks of a street network."""

    def reached(self, lon: float, lat: float, limit: float) -> tuple[Floats, Floats, Floats]:
        """Longitudes, latitudes and seconds of the street points reached within `limit` seconds of a place."""


def isochrones(
    kind: str,
    lon: float,
    lat: float,
    limits: Sequence[float],
    road: PowerLaw = NEW_YORK,
    streets: Streets | None = None,
    streets_method: str = "",
) -> Isochrones:
    """The bands a unit of a kind reaches from a place within each of `limits` seconds, the shortest first.

    By streets where the unit drives, there are streets and it stands near one; else by the straight-line law.
    Raises ValueError for a limit that is not above 0, or a place that is none.
    """
    ordered = sorted(set(limits))
    if not ordered or not ordered[0] > 0:
        raise ValueError(f"an isochrone's seconds are above 0, not {list(limits)}")
    mode = mode_of(kind)
    if mode is Mode.ROAD and streets is not None:
        lons, lats, seconds = streets.reached(lon, lat, ordered[-1])
        if lons.size:
            grid, near = CellGrid.about(lon, lat, CELL), [seconds <= limit for limit in ordered]
            bands = tuple(
                Band(limit, _patch(lons[mask], lats[mask], grid)) for limit, mask in zip(ordered, near, strict=True)
            )
            return Isochrones(lon, lat, bands, streets_method)
    law = law_of(mode, road)
    bands = tuple(Band(limit, _circle(lon, lat, metres_within(law, limit))) for limit in ordered)
    return Isochrones(lon, lat, bands, law.label)


def metres_within(law: PowerLaw, seconds: float) -> float:
    """How far a law says one gets in some seconds: 0 while still getting under way."""
    moving = seconds - law.start
    return float((moving / law.c) ** (1.0 / law.b)) if moving > 0 else 0.0


def _circle(lon: float, lat: float, metres: float) -> tuple[tuple[Ring, ...], ...]:
    if metres <= 0:
        return ()
    bearings = np.linspace(0.0, 360.0, CORNERS, endpoint=False)
    n = bearings.size
    lons, lats, _ = _GEOD.fwd(np.full(n, lon), np.full(n, lat), bearings, np.full(n, metres))
    # A circle across the antimeridian stays in one piece: its longitudes go past 180, as a map draws them.
    lons = lon + (np.asarray(lons) - lon + 180.0) % 360.0 - 180.0
    return ((tuple(zip(np.round(lons, 6).tolist(), np.round(lats, 6).tolist(), strict=True)),),)


def _patch(lons: Floats, lats: Floats, grid: CellGrid) -> tuple[tuple[Ring, ...], ...]:
    """The ground around street points."""
    if not lons.size:
        return ()
    cells = grid.cells_of(lons, lats)
    least = cells.min(axis=0) - 3
    filled = np.zeros(tuple(cells.max(axis=0) - least + 4), dtype=np.bool_)
    filled[tuple((cells - least).T)] = True
    # Closing with two cells: a point every 200 m along a long straight road still makes one road.
    filled |= ndimage.binary_closing(filled, iterations=2)
    return grid.rings(grid.outline(np.argwhere(filled) + least, grown=0.5))
