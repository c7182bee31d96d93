"""A patch of ground as square cells, and the outline of some of them.

Knows a grid in local metres and its filled cells. Refuses to know what fills them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from domain.reach import Ring
from geo.crs import LocalMetres, local_metres

Cells = npt.NDArray[np.int64]
"""(n, 2): columns eastward, rows northward, from the grid's origin."""


@dataclass(frozen=True, slots=True)
class CellGrid:
    """Square cells of `size` metres about an origin; cell (0, 0) has the origin in its south-west corner."""

    frame: LocalMetres
    size: float

    @classmethod
    def about(cls, lon: float, lat: float, size: float) -> CellGrid:
        """A grid about a place (WGS 84)."""
        return cls(local_metres(lon, lat), size)

    def cells_of(self, lons: npt.ArrayLike, lats: npt.ArrayLike) -> Cells:
        """The cell each place lies in."""
        metres = self.frame.points_to_metres(np.column_stack((np.asarray(lons), np.asarray(lats))))
        return np.floor(metres / self.size).astype(np.int64)

    def centres(self, cells: Cells) -> npt.NDArray[np.float64]:
        """(n, 2) longitude and latitude of the cells' middles."""
        return self.frame.points_to_degrees((cells + 0.5) * self.size)

    def outline(self, cells: Cells, smooth: float = 0.5) -> BaseGeometry:
        """The ground of some cells as polygons in metres, grown and its corners cut by `smooth` cells."""
        if not len(cells):
            return Polygon()
        least = cells.min(axis=0)
        filled = np.zeros(tuple(cells.max(axis=0) - least + 1), dtype=np.bool_)
        filled[tuple((cells - least).T)] = True
        # The runs of each column become one box: far fewer boxes to unite than cells.
        edges = np.diff(np.pad(filled, ((0, 0), (1, 1))).astype(np.int8), axis=1)
        columns, starts = np.nonzero(edges == 1)
        _, ends = np.nonzero(edges == -1)
        west, south, north = columns + least[0], starts + least[1], ends + least[1]
        size = self.size
        united = shapely.union_all(shapely.box(west * size, south * size, (west + 1) * size, north * size))
        if not smooth:
            return united
        return shapely.simplify(united.buffer(size * smooth, quad_segs=2), size / 4)

    def rings(self, ground: BaseGeometry) -> tuple[tuple[Ring, ...], ...]:
        """Polygons in metres as rings in degrees, the outer one first; the last point does not repeat the first."""
        parts = ground.geoms if isinstance(ground, MultiPolygon) else [ground]
        return tuple(
            tuple(self._degrees(ring) for ring in (part.exterior, *part.interiors))
            for part in parts
            if isinstance(part, Polygon) and not part.is_empty
        )

    def _degrees(self, ring: BaseGeometry) -> Ring:
        found = np.round(self.frame.points_to_degrees(shapely.get_coordinates(ring)[:-1]), 6)
        return tuple((float(lon), float(lat)) for lon, lat in found)
