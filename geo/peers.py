"""The same question put to other people's tools, for comparison.

Knows geopandas and shapely's tree. Refuses to serve anybody but `bench`: the board asks jurisdiction.py.
Every answer is a list of (point, polygon) pairs, sorted, so that answers can be compared.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import geopandas
import numpy as np
import numpy.typing as npt
import shapely

from geo.counties import CountyAtlas
from geo.gpkg import layer_names, read_layer
from geo.repair import mend

Floats = npt.NDArray[np.float64]
Pairs = npt.NDArray[np.int64]


def polygons_of_folder(folder: Path) -> list[shapely.Geometry]:
    """All polygons of the GeoJSON files in a folder, repaired as on import."""
    shapes: list[shapely.Geometry] = []
    for path in sorted(folder.glob("*.geojson")):
        for name in layer_names(path):
            mended = (mend(shape, None).polygon for shape in read_layer(path, name).shapes)
            shapes += [polygon for polygon in mended if polygon is not None]
    return shapes


def polygons_of_counties(folder: Path) -> list[shapely.Geometry]:
    """Every county of the county copy."""
    atlas = CountyAtlas(folder)
    return [atlas.get_county(code).shape for code in atlas.codes]


def corners_of(polygons: Sequence[shapely.Geometry]) -> Floats:
    """Every vertex, (n, 2)."""
    corners: Floats = shapely.get_coordinates(list(polygons))
    return corners


def hex_of(polygons: Sequence[shapely.Geometry]) -> list[str]:
    """Each polygon as hexadecimal WKB with its coordinate system, as PostGIS reads it."""
    return [str(shapely.to_wkb(shapely.set_srid(shape, 4326), hex=True, include_srid=True)) for shape in polygons]


class Tree:
    """shapely's STRtree of boxes, prepared polygons behind it: what a careful program would write."""

    def __init__(self, polygons: Sequence[shapely.Geometry]) -> None:
        self._polygons = np.empty(len(polygons), dtype=object)
        self._polygons[:] = polygons
        shapely.prepare(self._polygons)
        self._tree = shapely.STRtree(self._polygons)

    def at(self, lon: float, lat: float) -> tuple[int, ...]:
        """The polygons that hold a point."""
        found = self._tree.query(shapely.Point(lon, lat))
        return tuple(sorted(found[shapely.intersects_xy(self._polygons[found], lon, lat)].tolist()))

    def at_many(self, lons: Floats, lats: Floats) -> Pairs:
        """Pairs for many points."""
        point, polygon = self._tree.query(shapely.points(lons, lats))
        held = shapely.intersects_xy(self._polygons[polygon], lons[point], lats[point])
        return sorted_pairs(point[held], polygon[held])


class Join:
    """geopandas.sjoin, points on the left. `predicate` is "intersects", the default, or "within"."""

    def __init__(self, polygons: Sequence[shapely.Geometry], predicate: str) -> None:
        self._frame = geopandas.GeoDataFrame(geometry=list(polygons), crs=4326)
        self._predicate = predicate

    def at_many(self, lons: Floats, lats: Floats) -> Pairs:
        """Pairs for many points. Making the points counts, as it does for anybody who has coordinates."""
        points = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(lons, lats), crs=4326)
        joined = geopandas.sjoin(points, self._frame, predicate=self._predicate)
        return sorted_pairs(joined.index.to_numpy(), joined["index_right"].to_numpy())


def sorted_pairs(points: npt.ArrayLike, polygons: npt.ArrayLike) -> Pairs:
    """(n, 2): point and polygon, in order."""
    pairs = np.stack([np.asarray(points, np.int64), np.asarray(polygons, np.int64)], axis=1)
    return pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))]
