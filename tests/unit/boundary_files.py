"""Boundary files as other people make them, good and bad, shared by the tests of reading them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio.raw
import shapely
from shapely import box
from shapely.geometry.base import BaseGeometry

FIRE = "urn:emergency:service:responder.fire"
WORDS = {"service": FIRE, "agency": "nfd", "name": "North", "layer": "l", "effective": "2024-07-01"}
SQUARE = box(-122.5, 37.7, -122.4, 37.8)

DRIVERS = {".gpkg": "GPKG", ".fgb": "FlatGeobuf", ".shp": "ESRI Shapefile", ".geojson": "GeoJSON"}


def write(
    path: Path,
    shapes: Sequence[BaseGeometry | None],
    words: Mapping[str, Any] | None = None,
    crs: str | None = "EPSG:4326",
    layer: str | None = None,
    blobs: Sequence[bytes | None] | None = None,
    **more: Any,
) -> Path:
    """A file of one layer in the format its ending says, every feature with the same words (or a list of each)."""
    path.parent.mkdir(exist_ok=True)
    said = WORDS if words is None else words
    count = len(blobs) if blobs is not None else len(shapes)
    columns = [_column(value if isinstance(value, list) else [value] * count) for value in said.values()]
    pyogrio.raw.write(
        path,
        geometry=np.array(blobs if blobs is not None else shapely.to_wkb(np.array(shapes, dtype=object)), dtype=object),
        field_data=columns,
        fields=np.array(list(said), dtype=object),
        driver=DRIVERS[path.suffix],
        geometry_type="Unknown",
        crs=crs,
        layer=layer or path.stem,
        **more,
    )
    return path


def _column(values: list[Any]) -> np.ndarray[Any, Any]:
    numbers = bool(values) and all(isinstance(value, float) for value in values)
    return np.array(values, dtype=np.float64 if numbers else object)


def geojson(path: Path, *geometries: object, words: Mapping[str, Any] | None = None) -> Path:
    """A GeoJSON file written by hand: its geometries need not be any."""
    properties = WORDS if words is None else words
    features = [{"type": "Feature", "properties": properties, "geometry": each} for each in geometries]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def ring(*points: Sequence[float], close: bool = True) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": [[*map(list, points), *([list(points[0])] if close else [])]]}
