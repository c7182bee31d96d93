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

    def outline(self, cells: Cells, grown: float = 0.0) -> BaseGeometry:
        """The ground of some cells as polygons in metres, its steps made straight, grown by `grown` cells.

        Not grown, it moves by less than half a cell: the middle of every cell stays inside, or outside.
        """
        if not len(cells):
            return Polygon()
        united = MultiPolygon(list(_faces(cells, self.size)))
        if not grown:
            return shapely.simplify(united, self.size * 0.49)
        return shapely.simplify(united.buffer(self.size * grown, quad_segs=2), self.size / 4)

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


def _faces(cells: Cells, size: float) -> npt.NDArray[np.object_]:
    """The union of cells as polygons in metres: their edges found in the raster and put together as faces.

    Uniting them as boxes takes several times as long. An edge ends where one across it begins; where four meet, two
    squares touch in a point and the faces there stay apart.
    """
    least = cells.min(axis=0) - 1
    filled = np.zeros(tuple(cells.max(axis=0) - least + 2), dtype=np.bool_)
    filled[tuple((cells - least).T)] = True
    level, upright = filled[:, 1:] != filled[:, :-1], filled[1:, :] != filled[:-1, :]
    corner = (level[:-1] | level[1:]) & (upright[:, :-1] | upright[:, 1:])
    level, upright = level[1:-1], upright[:, 1:-1]
    # Transposed, so that beginnings and ends come row after row and pair up.
    west, east = (np.argwhere((level & corner[end]).T)[:, ::-1] for end in (np.s_[:-1], np.s_[1:]))
    south, north = (np.argwhere(upright & corner[:, end]) for end in (np.s_[:-1], np.s_[1:]))
    edges = np.concatenate(
        (np.stack((west, east + np.array((1, 0))), axis=1), np.stack((south, north + np.array((0, 1))), axis=1))
    )
    faces = shapely.get_parts(shapely.polygonize(np.asarray(shapely.linestrings(edges.astype(np.float64)))))
    inside = np.floor(shapely.get_coordinates(shapely.point_on_surface(faces))).astype(np.int64) + 1
    held = faces[filled[tuple(inside.T)]]
    moved: npt.NDArray[np.object_] = shapely.transform(held, lambda points: (points + least + 1) * size)
    return moved
