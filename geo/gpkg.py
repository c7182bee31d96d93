"""Vector files in and out: layers as plain columns and shapes.

Knows GDAL's spelling of layers, fields and coordinate systems. Refuses to know what the fields mean.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyogrio.raw
import pyproj
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

LAST_CHANGE = "2000-01-01T00:00:00.000Z"
"""Written for the time of the last change: a file's bytes must not depend on when it was made."""

ToWgs84 = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer as read. Columns are text, stripped; a missing value is ""."""

    name: str
    crs: str
    columns: Mapping[str, tuple[str, ...]]
    shapes: tuple[BaseGeometry | None, ...]

    def __len__(self) -> int:
        return len(self.shapes)


def layer_names(path: Path) -> list[str]:
    """The names of a file's layers that carry shapes. Raises pyogrio's errors for what GDAL cannot open."""
    return [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]


def read_layer(path: Path, name: str) -> Layer:
    """A whole layer. `crs` is "" when the file names none. Raises pyogrio's errors."""
    # GDAL guesses dates in GeoJSON and then fails on the 30th of February: take them as they are written.
    options = {"DATE_AS_STRING": "YES"} if path.suffix in (".geojson", ".json") else {}
    meta, _fids, blobs, values = pyogrio.raw.read(path, layer=name, datetime_as_string=True, **options)
    shapes = tuple(shapely.from_wkb(blobs, on_invalid="ignore")) if blobs is not None else ()
    columns = {
        str(field): tuple(_text(value) for value in column)
        for field, column in zip(meta["fields"], values, strict=True)
    }
    return Layer(name, str(meta["crs"] or ""), columns, shapes)


def to_wgs84(crs: str) -> ToWgs84 | None:
    """How coordinates of a system become WGS 84, longitude first; None if they are that. ValueError if unknown."""
    try:
        source = pyproj.CRS.from_user_input(crs)
        if source.is_geographic and source.to_2d().equals(pyproj.CRS.from_epsg(4326), ignore_axis_order=True):
            return None
        transformer = pyproj.Transformer.from_crs(source, 4326, always_xy=True)
    except pyproj.exceptions.ProjError as error:
        raise ValueError(str(error)) from error

    def transform(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(transformer.transform(points[:, 0], points[:, 1]))

    return transform


def write_layers(
    path: Path,
    layers: Iterable[tuple[str, Sequence[str], Sequence[Sequence[str | bool]], Sequence[BaseGeometry]]],
    crs: str | None = "EPSG:4326",
) -> None:
    """Write a GeoPackage of (name, fields, rows, polygons), replacing `path` in one step.

    No spatial index: the file is always read whole. `modelled`-like columns (bool) are written as booleans.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.stem}.{os.getpid()}.gpkg")
    try:
        for number, (name, fields, rows, shapes) in enumerate(layers):
            columns = [_column([row[at] for row in rows]) for at in range(len(fields))]
            pyogrio.raw.write(
                draft,
                geometry=shapely.to_wkb(np.array(list(shapes), dtype=object), output_dimension=2),
                field_data=columns,
                fields=np.array(list(fields), dtype=object),
                layer=name,
                driver="GPKG",
                geometry_type="MultiPolygon",
                promote_to_multi=True,
                crs=crs,
                append=number > 0,
                layer_options={"SPATIAL_INDEX": "NO", "GEOMETRY_NAME": "geom"},
            )
        with closing(sqlite3.connect(draft)) as database:
            database.execute("UPDATE gpkg_contents SET last_change = ?", (LAST_CHANGE,))
            database.commit()
            database.execute("VACUUM")
        _settle(draft)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def _settle(path: Path) -> None:
    """Set SQLite's change counter (bytes 24-27) and the copy that vouches for it (92-95) to 1.

    How many transactions GDAL needs varies from run to run, and nothing else of the file does.
    """
    with path.open("r+b") as file:
        for offset in (24, 92):
            file.seek(offset)
            file.write((1).to_bytes(4, "big"))


def _column(values: Sequence[str | bool]) -> NDArray[np.object_] | NDArray[np.bool_]:
    if values and all(isinstance(value, bool) for value in values):
        return np.array(values, dtype=np.bool_)
    return np.array(list(values), dtype=object)


def _text(value: object) -> str:
    """A field's value as text; None and not-a-number are ""."""
    if value is None or value != value:
        return ""
    return str(value).strip()
