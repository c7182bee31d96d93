"""Features of somebody else's vector file: words, mended polygons and points, for imports.

Knows every kind of file vector_files.py does. Refuses to know what its fields mean (the import does).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from domain.errors import BadRegion
from geo.gpkg import to_wgs84
from geo.repair import mend
from geo.vector_files import open_file


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature: its words by field, a point in it (WGS 84 lon, lat), its polygon unless it is a point itself."""

    words: Mapping[str, str]
    lon: float
    lat: float
    polygon: Polygon | MultiPolygon | None = None
    notes: tuple[str, ...] = ()


def read_features(path: Path) -> list[Feature]:
    """The points and polygons of a file's first layer. BadRegion for what cannot be read or mended, by row."""
    opened = open_file(path)
    names = opened.layer_names()
    if not names:
        raise BadRegion(f"{path.name}: cannot be read: it has no layer with shapes; export it again")
    layer = opened.read(names[0])
    try:
        transform = to_wgs84(layer.crs) if layer.crs else None
    except ValueError as error:
        raise BadRegion(f"{path.name}: cannot be read: {error}; export it with EPSG:4326") from error
    features = []
    for at, shape in enumerate(layer.shapes):
        words = {name: column[at] for name, column in layer.columns.items()}
        if shape is not None and shape.geom_type == "Point" and not shape.is_empty:
            point = shape if transform is None else shapely.transform(shape, transform)
            features.append(Feature(words, *_degrees(point)))
            continue
        mended = mend(shape, transform)
        if mended.polygon is None:
            raise BadRegion(f"{path.name}:{at + 1}: {mended.refusal}; {mended.remedy}")
        features.append(Feature(words, *inside(mended.polygon), mended.polygon, mended.notes))
    return features


def inside(polygon: Polygon | MultiPolygon) -> tuple[float, float]:
    """Longitude and latitude of a point that is surely in a polygon, to a tenth of a metre."""
    return _degrees(polygon.representative_point())


def union_of(polygons: Iterable[Polygon | MultiPolygon]) -> Polygon | MultiPolygon:
    """The ground several polygons cover together. BadRegion if it is none."""
    mended = mend(shapely.union_all(list(polygons)))
    if mended.polygon is None:
        raise BadRegion(f"the union of the polygons cannot be used: {mended.refusal}")
    return mended.polygon


def _degrees(point: BaseGeometry) -> tuple[float, float]:
    lon, lat = shapely.get_coordinates(point)[0]
    return round(float(lon), 6), round(float(lat), 6)
