"""A GeoParquet file as a layer (GeoParquet 1.0 and 1.1).

Knows the "geo" note in a Parquet file: which column is the shape, how it is written, in which coordinate system.
Refuses to know what the fields mean. GDAL as it comes with pyogrio reads no Parquet, so pyarrow does.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyproj

from domain.errors import BadRegion
from geo.gpkg import BATCH, Layer, Rows
from geo.limits import MAX_BYTES, MAX_FEATURES

_LONGITUDE_LATITUDE = "OGC:CRS84"


def read_geoparquet(path: Path) -> Layer:
    """The file's features. BadRegion, without the file's name, for what is no GeoParquet or over a limit."""
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            note = _note(file.schema_arrow.metadata or {})
            shape = str(note["primary_column"])
            column = _column(note, shape)
            if file.metadata.num_rows > MAX_FEATURES:
                raise BadRegion(f"more than {MAX_FEATURES:,} features (MAX_FEATURES); keep only the boundaries")
            fields = [name for name, kind in _fields(file.schema_arrow) if name != shape and not _nested(kind)]
            _check_growth(file.metadata, [*fields, shape])
            rows = Rows(path.stem, fields)
            taken = 0
            # A dictionary can make a short column long: the bytes are counted as they come.
            for batch in file.iter_batches(batch_size=min(BATCH, 100), columns=[*fields, shape]):
                taken += batch.nbytes
                if taken > MAX_BYTES:
                    raise BadRegion(f"unpacked more than {MAX_BYTES // 2**20} MB (MAX_BYTES); simplify the polygons")
                columns = {name: batch.column(name).to_pylist() for name in fields}
                rows.add(batch.column(shape).to_pylist(), columns)
            return rows.layer(_system(column))
    except (pyarrow.ArrowException, OSError) as error:
        raise BadRegion(
            f"cannot be read: {' '.join(str(error).split())[:160]}; export it again as GeoPackage"
        ) from error


def _note(metadata: dict[bytes, bytes]) -> dict[str, Any]:
    try:
        note = json.loads(metadata[b"geo"])
        if isinstance(note["columns"], dict) and isinstance(note["primary_column"], str):
            return dict(note)
    except (KeyError, TypeError, ValueError, RecursionError):
        pass
    remedy = "write it with GeoPandas' to_parquet or ogr2ogr, not as a plain table"
    raise BadRegion(f'Parquet without a readable "geo" note, so no GeoParquet; {remedy}')


def _column(note: dict[str, Any], shape: str) -> dict[str, Any]:
    column = note["columns"].get(shape)
    if not isinstance(column, dict):
        raise BadRegion(f'the "geo" note does not describe its shape column "{shape[:80]}"; export it again')
    if column.get("encoding") != "WKB":
        encoding = str(column.get("encoding"))[:40]
        raise BadRegion(f"its shapes are written as {encoding}, not as WKB; export it with geometry encoding WKB")
    if column.get("edges", "planar") != "planar":
        raise BadRegion("its edges are great circles, not straight lines; export it with planar edges")
    return column


def _system(column: dict[str, Any]) -> str:
    """The coordinate system: longitude and latitude where the note is silent, none where it says "unknown"."""
    if "crs" not in column:
        return _LONGITUDE_LATITUDE
    if column["crs"] is None:
        return ""
    try:
        system = pyproj.CRS.from_user_input(column["crs"])
    except (pyproj.exceptions.ProjError, TypeError) as error:
        raise BadRegion(
            'the "geo" note names a coordinate system that is not known; export it with EPSG:4326'
        ) from error
    authority = system.to_authority(min_confidence=100)
    return ":".join(authority) if authority else system.to_wkt()


def _fields(schema: Any) -> list[tuple[str, Any]]:
    return [(str(field.name), field.type) for field in schema]


def _nested(kind: Any) -> bool:
    import pyarrow

    return bool(pyarrow.types.is_nested(kind) or pyarrow.types.is_binary(kind) or pyarrow.types.is_large_binary(kind))


def _check_growth(metadata: Any, columns: list[str]) -> None:
    total = 0
    for group in range(metadata.num_row_groups):
        row_group = metadata.row_group(group)
        for at in range(row_group.num_columns):
            column = row_group.column(at)
            if column.path_in_schema in columns:
                total += column.total_uncompressed_size
    if total > MAX_BYTES:
        raise BadRegion(
            f"unpacked {total // 2**20:,} MB are more than {MAX_BYTES // 2**20} MB (MAX_BYTES); simplify it"
        )
