"""One vector file opened by what it is, never by what it says it is.

Knows the kinds of file that are read, their first bytes and their endings, and how GDAL is held to one driver.
Refuses to know what the features mean, and archives and servers (sources.py).

GDAL asks some sixty drivers whose a file is. One of them runs a pipeline written in a `.json`, others open whatever a
small text names, a web address too. So the first bytes decide here; JSON goes to GDAL under its driver's name, and the
binary kinds begin with bytes that no other driver takes for its own.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from pyogrio.errors import DataLayerError, DataSourceError

from domain.errors import BadRegion
from geo.geoparquet import read_geoparquet
from geo.gpkg import Layer, layer_names, read_layer
from geo.json_limits import measure_json
from geo.limits import MAX_BYTES, MAX_JSON_DEPTH, MAX_LAYERS, MAX_VERTICES
from geo.shapefile_check import check_shapefile

GEOPACKAGE = "GeoPackage"
FLATGEOBUF = "FlatGeobuf"
SHAPEFILE = "Shapefile"
GEOJSON = "GeoJSON"
ESRIJSON = "ESRIJSON"
GEOPARQUET = "GeoParquet"
ARCHIVE = "ZIP"

_ENDINGS = {
    GEOPACKAGE: (".gpkg",),
    FLATGEOBUF: (".fgb",),
    SHAPEFILE: (".shp",),
    GEOJSON: (".geojson", ".json"),
    ESRIJSON: (".json",),
    GEOPARQUET: (".parquet", ".geoparquet"),
    ARCHIVE: (".zip",),
}
KNOWN = "GeoPackage (.gpkg), FlatGeobuf (.fgb), Shapefile (.shp, .zip), GeoJSON (.geojson), GeoParquet (.parquet)"
_GEOPACKAGE_IDS = frozenset({b"GPKG", b"GP10", b"GP11"})
_ESRI_MARK = re.compile(rb'"geometryType"\s*:\s*"esri|"spatialReference"\s*:\s*\{')
_VIRTUAL = re.compile(r"\s*create\s+virtual\s+table.*?\busing\s+(\w+)", re.IGNORECASE | re.DOTALL)
_INDEXES = frozenset({"rtree", "fts3", "fts4", "fts5"})
_CANNOT = (DataSourceError, DataLayerError, UnicodeDecodeError, ValueError, RuntimeError, OSError, MemoryError)


@dataclass(frozen=True, slots=True)
class VectorFile:
    """A file whose kind is known and whose size is bounded."""

    path: Path
    kind: str
    encoding: str | None = None
    corners: int = 0
    """Vertices that a JSON file has by its brackets."""

    def layer_names(self) -> list[str]:
        """The layers that carry shapes. BadRegion if the file cannot be opened."""
        if self.kind == GEOPARQUET:
            return [self.path.stem]
        try:
            names = layer_names(self._address())
        except _CANNOT as error:
            raise self._unreadable(error) from error
        if len(names) > MAX_LAYERS:
            raise BadRegion(
                f"{self.path.name}: more than {MAX_LAYERS} layers (MAX_LAYERS); export those that are needed"
            )
        return names

    def read(self, name: str) -> Layer:
        """A whole layer. BadRegion if it cannot be read or is over a limit."""
        try:
            if self.kind == GEOPARQUET:
                return read_geoparquet(self.path)
            layer = read_layer(self._address(), name, self.encoding)
            if self.corners > layer.vertices and all(shape is not None for shape in layer.shapes):
                # GDAL leaves out what is no feature, and rings with a corner that is none, without a word.
                lost = f"{self.corners:,} corners, of which only {layer.vertices:,} can be read"
                raise BadRegion(f"{lost}; find what is no feature or no position, or export it again as GeoPackage")
            return layer
        except BadRegion as error:
            raise BadRegion(f"{self.path.name}: {error}") from error
        except _CANNOT as error:
            raise self._unreadable(error) from error

    def _address(self) -> str:
        path = str(self.path.absolute())
        return f"{self.kind}:{path}" if self.kind in (GEOJSON, ESRIJSON) else path

    def _unreadable(self, error: Exception) -> BadRegion:
        # GDAL's own words name the byte or the table; ours name what to do.
        words = " ".join(str(error).replace(str(self.path.absolute()), self.path.name).split())[:200]
        if isinstance(error, UnicodeDecodeError):
            return BadRegion(f"{self.path.name}: its text is not {error.encoding}; say which encoding it is in")
        return BadRegion(f"{self.path.name}: cannot be read: {words}; export it again as GeoPackage")


def open_file(path: Path, kinds: Sequence[str] = tuple(_ENDINGS), encoding: str | None = None) -> VectorFile:
    """A file of one of some kinds, within every limit that can be asked before reading. BadRegion names the remedy."""
    if "!" in str(path.absolute()):
        # To pyogrio "x.zip!y.gpkg" is a file in an archive, which then nobody would have examined.
        raise BadRegion(f'{path.name}: its path has a "!", which stands for an archive; rename it')
    size = path.stat().st_size
    if size > MAX_BYTES:
        limit = f"{size // 2**20:,} MB are more than {MAX_BYTES // 2**20} MB (MAX_BYTES)"
        raise BadRegion(f"{path.name}: {limit}; simplify the polygons, or split the layer")
    kind = _kind_of(path)
    if kind not in kinds:
        known = ", ".join(f"{each} ({_ENDINGS[each][0]})" for each in kinds)
        raise BadRegion(f"{path.name}: {kind} is not read here; give one of {known}")
    if path.suffix.casefold() not in _ENDINGS[kind]:
        ending = _ENDINGS[kind][0]
        raise BadRegion(f"{path.name}: it is {kind} by its content; name it {path.stem}{ending}")
    corners = 0
    if kind in (GEOJSON, ESRIJSON):
        corners = _check_json(path)
    elif kind == GEOPACKAGE:
        _check_geopackage(path)
    elif kind == SHAPEFILE:
        check_shapefile(path)
    return VectorFile(path, kind, encoding if kind == SHAPEFILE else None, corners)


def _kind_of(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(65536)
    if not head:
        raise BadRegion(f"{path.name}: the file is empty; export it again")
    if head.startswith(b"SQLite format 3\0"):
        if head[68:72] in _GEOPACKAGE_IDS:
            return GEOPACKAGE
        raise BadRegion(f"{path.name}: cannot be read: a database, but no GeoPackage; export it again as GeoPackage")
    for start, kind in (
        (b"fgb\x03", FLATGEOBUF),
        (b"\x00\x00\x27\x0a", SHAPEFILE),
        (b"PAR1", GEOPARQUET),
        (b"PK\x03\x04", ARCHIVE),
        (b"PK\x05\x06", ARCHIVE),
    ):
        if head.startswith(start):
            return kind
    if head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{":
        return ESRIJSON if _ESRI_MARK.search(head) and b'"FeatureCollection"' not in head else GEOJSON
    ending = path.suffix.casefold()
    named = next((kind for kind, endings in _ENDINGS.items() if ending in endings), None)
    if named:
        raise BadRegion(f"{path.name}: cannot be read: it does not begin like {named}; export it again as GeoPackage")
    raise BadRegion(f"{path.name}: not a kind of file that is read; export it as one of {KNOWN}")


def _check_json(path: Path) -> int:
    """How many corners it has. BadRegion over a limit."""
    counted = measure_json(path, MAX_JSON_DEPTH, MAX_VERTICES)
    if counted.depth > MAX_JSON_DEPTH:
        limit = f"brackets are nested more than {MAX_JSON_DEPTH} deep (MAX_JSON_DEPTH)"
        raise BadRegion(f"{path.name}: {limit}; export it again as GeoPackage")
    if counted.positions > MAX_VERTICES:
        raise BadRegion(f"{path.name}: more than {MAX_VERTICES:,} vertices (MAX_VERTICES); simplify the polygons")
    return counted.corners


def _check_geopackage(path: Path) -> None:
    """A view is a program that runs when it is read, and GDAL lends it functions that open files and addresses.

    A view beside the layers (Esri's files have some) is never read; one that is a layer, or stands for one of
    GeoPackage's own tables, is refused. So is a virtual table that is no index.
    """
    try:
        with closing(sqlite3.connect(f"file:{_quoted(path)}?mode=ro&immutable=1", uri=True)) as database:
            database.execute("PRAGMA trusted_schema = OFF")
            rows = database.execute("SELECT name, type, sql FROM sqlite_master").fetchall()
            views = {str(name).casefold() for name, kind, _ in rows if kind == "view"}
            own = sorted(name for name in views if name.startswith("gpkg_"))
            layers = [] if own else database.execute("SELECT table_name FROM gpkg_contents").fetchall()
            # A damaged page can make rows vanish without a word.
            sound = database.execute("PRAGMA quick_check(1)").fetchone()
            if sound != ("ok",):
                raise sqlite3.DatabaseError(f"the database is damaged ({str(sound[0])[:80]})")
    except (sqlite3.Error, ValueError, OverflowError) as error:
        raise BadRegion(f"{path.name}: cannot be read: {error}; export it again as GeoPackage") from error
    for name in own or [str(each) for (each,) in layers if str(each).casefold() in views]:
        raise BadRegion(f'{path.name}: "{name[:80]}" is a view, not a table of features; export it again')
    for name, _, sql in rows:
        virtual = _VIRTUAL.match(str(sql or ""))
        if virtual and virtual[1].casefold() not in _INDEXES:
            raise BadRegion(f'{path.name}: "{str(name)[:80]}" is a table of {virtual[1][:40]}; export it again')


def _quoted(path: Path) -> str:
    return re.sub(r"[%?#]", lambda found: f"%{ord(found[0]):02x}", str(path.resolve()))
