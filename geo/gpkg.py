"""Vector files in and out: layers as plain columns and shapes.

Knows GDAL's spelling of layers, fields and coordinate systems. Refuses to know what the fields mean.
"""

from __future__ import annotations

import os
import sqlite3
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyogrio.raw
import pyproj
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from domain.errors import BadRegion
from geo.limits import MAX_FEATURES, MAX_FIELDS, MAX_VERTICES, MAX_WORD
from geo.wkb_limits import Measured, measure

BATCH = 500
"""Rows read at once."""
LAST_CHANGE = "2000-01-01T00:00:00.000Z"
"""Written for the time of the last change: a file's bytes must not depend on when it was made."""

ToWgs84 = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer as read. Columns are text, stripped, cut one character past MAX_WORD; a missing value is "".

    `faults` tells by row why a shape was not taken (and then it is None); `closed` are the rows whose open rings
    were closed; `vertices` were read.
    """

    name: str
    crs: str
    columns: Mapping[str, tuple[str, ...]]
    shapes: tuple[BaseGeometry | None, ...]
    faults: Mapping[int, Measured] = field(default_factory=dict)
    closed: frozenset[int] = frozenset()
    vertices: int = 0

    def __len__(self) -> int:
        return len(self.shapes)


class Rows:
    """A layer as it grows batch by batch, so that a limit stops the reading and not the machine."""

    def __init__(self, name: str, fields: Sequence[str]) -> None:
        if len(fields) > MAX_FIELDS:
            raise BadRegion(f'layer "{name}": more than {MAX_FIELDS} fields (MAX_FIELDS); export those that are needed')
        self._name = name
        self._columns: dict[str, list[str]] = {each: [] for each in fields}
        self._shapes: list[BaseGeometry | None] = []
        self._faults: dict[int, Measured] = {}
        self._closed: set[int] = set()
        self._vertices = 0

    def add(self, blobs: Sequence[bytes | None], columns: Mapping[str, Iterable[object]]) -> None:
        """A batch of rows: shapes as WKB, values by field. BadRegion when the layer is over a limit."""
        start = len(self._shapes)
        if start + len(blobs) > MAX_FEATURES:
            raise self._over(f"more than {MAX_FEATURES:,} features (MAX_FEATURES)", "keep only the boundaries")
        kept: list[bytes | None] = []
        for at, blob in enumerate(blobs, start):
            measured = measure(blob) if blob else Measured()
            self._vertices += measured.vertices
            if measured.refusal:
                self._faults[at] = measured
            kept.append(None if measured.refusal else blob)
        if self._vertices > MAX_VERTICES:
            raise self._over(f"more than {MAX_VERTICES:,} vertices (MAX_VERTICES)", "simplify the polygons")
        shapes = shapely.from_wkb(np.array(kept, dtype=object), on_invalid="ignore")
        for at, (blob, shape) in enumerate(zip(kept, shapes, strict=True)):
            if blob and shape is None:
                shapes[at] = shapely.from_wkb(blob, on_invalid="fix")
                if shapes[at] is not None:
                    self._closed.add(start + at)
        self._shapes.extend(shapes)
        for name, column in self._columns.items():
            column.extend(_text(value) for value in columns[name])

    def layer(self, crs: str) -> Layer:
        """All that was added."""
        columns = {name: tuple(column) for name, column in self._columns.items()}
        closed = frozenset(self._closed)
        return Layer(self._name, crs, columns, tuple(self._shapes), self._faults, closed, self._vertices)

    def _over(self, limit: str, remedy: str) -> BadRegion:
        return BadRegion(f'layer "{self._name}": {limit}; {remedy}')


def layer_names(path: Path | str) -> list[str]:
    """The names of a file's layers that carry shapes. Raises pyogrio's errors for what GDAL cannot open."""
    return [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]


def read_layer(path: Path | str, name: str, encoding: str | None = None) -> Layer:
    """A whole layer. `crs` is "" when the file names none. Raises pyogrio's errors, and BadRegion over a limit.

    `path` may name its driver ("GeoJSON:/folder/file.json"): then GDAL asks no other, whatever the file says it is.
    """
    # GDAL guesses dates in GeoJSON and then fails on the 30th of February: take them as they are written.
    options = {"DATE_AS_STRING": "YES"} if str(path).endswith((".geojson", ".json")) else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of open rings and odd fields; what matters is told by row
        with pyogrio.raw.open_arrow(
            path, layer=name, encoding=encoding, batch_size=BATCH, use_pyarrow=True, datetime_as_string=True, **options
        ) as (meta, reader):
            rows = Rows(name, [str(each) for each in meta["fields"]])
            geometry = meta["geometry_name"] or "wkb_geometry"
            for batch in reader:
                columns = {each: batch.column(each).to_pylist() for each in batch.schema.names if each != geometry}
                blobs = batch.column(geometry).to_pylist() if geometry in batch.schema.names else []
                rows.add(blobs, columns)
            return rows.layer(str(meta["crs"] or ""))


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
    """A field's value as text; None and not-a-number are "", and 7.0 is "7": dBase has no whole numbers."""
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()[: MAX_WORD + 1]
