"""Broken boundary files: each is told in one clear message, and nothing of it reaches the pack."""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import struct
import time
import zipfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import geopandas
import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
import shapely
from boundary_files import SQUARE, WORDS, geojson, ring, write
from shapely import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box

from domain.agency import Service
from domain.jurisdiction import Area
from domain.problem import ERROR
from geo.boundaries import Boundaries, write_boundaries
from geo.boundary_import import take
from geo.gpkg import read_layer
from tools.region_import import import_boundaries

PACKED = Boundaries((Area(Service.POLICE, "spd", "South", "police", "2024-01-01"),), (box(-122.5, 37.6, -122.4, 37.7),))
Make = Callable[[Path], Path]


def text(name: str, content: str | bytes) -> Make:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        return folder / name

    return make


def cut(make: Make, to: float) -> Make:
    def made(folder: Path) -> Path:
        path = make(folder)
        raw = path.read_bytes()
        path.write_bytes(raw[: int(len(raw) * to)])
        return path

    return made


def layer(name: str, *shapes: object, **more: object) -> Make:
    return lambda folder: write(folder / name, shapes, **more)  # type: ignore[arg-type]


def by_hand(*geometries: object, **more: object) -> Make:
    return lambda folder: geojson(folder / "x.geojson", *geometries, **more)  # type: ignore[arg-type]


def without(ending: str, words: dict[str, object] | None = None) -> Make:
    def make(folder: Path) -> Path:
        path = write(folder / "x.shp", [SQUARE], words)
        path.with_suffix(ending).unlink()
        return path

    return make


def zipped(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Make:
    def make(folder: Path) -> Path:
        with zipfile.ZipFile(folder / "x.zip", "w", method) as archive:
            for name, content in entries:
                archive.writestr(name, content)
        return folder / "x.zip"

    return make


def a_link(folder: Path) -> Path:
    entry = zipfile.ZipInfo("x.shp")
    entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(folder / "x.zip", "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    return folder / "x.zip"


def a_lying_zip(folder: Path) -> Path:
    """The directory says 10 bytes where a million come out."""
    path = zipped(("x.geojson", b"{" + b" " * 1_000_000))(folder)
    raw = bytearray(path.read_bytes())
    at = raw.rindex(b"PK\x01\x02")
    raw[at + 24 : at + 28] = struct.pack("<I", 10)
    path.write_bytes(raw)
    return path


def cut_table(folder: Path) -> Path:
    """Half of the rows are gone; the shapes are all there."""
    path = write(folder / "x.shp", [SQUARE] * 10)
    cut(lambda _: path.with_suffix(".dbf"), 0.6)(folder)
    return path


def another_table(folder: Path) -> Path:
    path = write(folder / "x.shp", [SQUARE, SQUARE])
    other = write(folder / "other.shp", [SQUARE])
    path.with_suffix(".dbf").write_bytes(other.with_suffix(".dbf").read_bytes())
    return path


def a_damaged_page(folder: Path) -> Path:
    """A page of the features' tree says it is empty: without a check its rows would silently be missing."""
    squares = [box(at / 1000, 0, at / 1000 + 0.0005, 1) for at in range(1000)]
    path = write(folder / "x.gpkg", squares, SPATIAL_INDEX="NO")
    raw = bytearray(path.read_bytes())
    leaves = [at for at in range(4096, len(raw), 4096) if raw[at] == 0x0D and raw[at : at + 4096].count(b"North") > 10]
    at = leaves[len(leaves) // 2]
    raw[at + 3 : at + 5] = b"\0\0"
    path.write_bytes(raw)
    return path


def into_an_archive(folder: Path) -> Path:
    """A harmless file whose name makes the reader open the archive beside it."""
    write(folder / "y.fgb", [SQUARE])
    with zipfile.ZipFile(folder / "x.zip", "w") as archive:
        archive.write(folder / "y.fgb", "y.fgb")
    return (folder / "y.fgb").rename(folder / "x.zip!y.fgb")


def no_geopackage(folder: Path) -> Path:
    with closing(sqlite3.connect(folder / "x.gpkg")) as database:
        database.execute("CREATE TABLE areas (name TEXT)")
        database.commit()
    return folder / "x.gpkg"


def a_view(folder: Path) -> Path:
    path = write(folder / "x.gpkg", [SQUARE])
    with closing(sqlite3.connect(path)) as database:
        database.executescript(
            "ALTER TABLE x RENAME TO hidden;"
            "CREATE VIEW x AS SELECT *, ogr_datasource_load_layers('/etc/passwd') AS more FROM hidden;"
        )
    return path


def two_layers(folder: Path) -> Path:
    write(folder / "x.gpkg", [SQUARE], layer="fire")
    return write(folder / "x.gpkg", [SQUARE], layer="police", append=True)


def a_curve(folder: Path) -> Path:
    """A GeoPackage whose shape is a CurvePolygon of two arcs, as Esri's tools write them."""
    arc = struct.pack("<BII10d", 1, 8, 5, -122.5, 37.7, -122.45, 37.8, -122.4, 37.7, -122.45, 37.6, -122.5, 37.7)
    path = write(folder / "x.gpkg", [SQUARE])
    head = b"GP\0\x01" + struct.pack("<i", 4326)
    with closing(sqlite3.connect(path)) as database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{trigger}"')
        database.execute("UPDATE x SET geom = ?", (head + struct.pack("<BII", 1, 10, 1) + arc,))
        database.commit()
    return path


def latin_text(folder: Path) -> Path:
    """Words in Latin-1 whose .cpg says UTF-8."""
    path = write(folder / "x.shp", [SQUARE], {**WORDS, "name": "Nort-"}, encoding="UTF-8")
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes().replace(b"Nort-", b"Nor\xfc\xe9"))
    return path


def a_plain_parquet(folder: Path) -> Path:
    pyarrow.parquet.write_table(pyarrow.table({**{k: [v] for k, v in WORDS.items()}}), folder / "x.parquet")
    return folder / "x.parquet"


def parquet_of(frame: Callable[[geopandas.GeoDataFrame], geopandas.GeoDataFrame]) -> Make:
    def make(folder: Path) -> Path:
        table = geopandas.GeoDataFrame({k: [v] for k, v in WORDS.items()}, geometry=[SQUARE], crs="EPSG:4326")
        frame(table).to_parquet(folder / "x.parquet")
        return folder / "x.parquet"

    return make


def parquet_nested_without_end(folder: Path) -> Path:
    """A shape within a shape a million times: what builds it by recursion runs out of stack."""
    blob = struct.pack("<BII", 1, 7, 1) * 1_000_000 + SQUARE.wkb
    note = {"version": "1.0.0", "primary_column": "shape", "columns": {"shape": {"encoding": "WKB"}}}
    table = pyarrow.table({**{k: [v] for k, v in WORDS.items()}, "shape": [blob]})
    pyarrow.parquet.write_table(table.replace_schema_metadata({"geo": json.dumps(note)}), folder / "x.parquet")
    return folder / "x.parquet"


def ten_million_vertices(folder: Path) -> Path:
    feature = b'{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":'
    with (folder / "x.geojson").open("wb") as file:
        file.write(feature + b'{"type":"Polygon","coordinates":[[')
        for _ in range(100):
            file.write(b"[10,20]," * 100_000)
        file.write(b"[10,20]]]}}]}")
    return folder / "x.geojson"


def many_vertices_in_one(folder: Path) -> Path:
    turn = np.linspace(0.0, 2.0 * np.pi, 1_000_100)
    return write(folder / "x.fgb", [Polygon(np.column_stack((-122 + np.cos(turn), 37 + np.sin(turn))))])


def many_rings(folder: Path) -> Path:
    corners = np.array([(0.0, 0.0), (0.0, 0.4), (0.4, 0.4), (0.0, 0.0)])
    start = np.stack(np.meshgrid(np.arange(150.0), np.arange(150.0)), -1).reshape(-1, 1, 2)
    holes = shapely.linearrings((start + 0.2 + corners) / 150.0)
    return write(folder / "x.gpkg", [Polygon(box(0, 0, 1, 1).exterior, holes)])


def nested(depth: int) -> GeometryCollection:
    shape = GeometryCollection([SQUARE])
    for _ in range(depth):
        shape = GeometryCollection([shape])
    return shape


def a_corner_that_is_no_number(folder: Path) -> Path:
    return write(
        folder / "x.gpkg",
        [Polygon([(-122.5, 37.7), (-122.4, float("nan")), (-122.4, 37.8), (-122.5, 37.8), (-122.5, 37.7)])],
    )


def misspelled(folder: Path) -> Path:
    path = geojson(folder / "x.geojson", ring(*CORNERS[0][:4]), ring(*CORNERS[0][:4]))
    start, _, rest = path.read_text().rpartition('"Feature"')
    path.write_text(f'{start}"Feture"{rest}')
    return path


CORNERS = [[[-122.5, 37.7], [-122.4, 37.7], [-122.4, 37.8], [-122.5, 37.8], [-122.5, 37.7]]]
PIPELINE = json.dumps({"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read /etc/x ! write y"})
SWAPPED = ring((37.7, -122.5), (37.8, -122.5), (37.8, -122.4), (37.7, -122.4))
LONG = {**WORDS, "name": "N" * 1500}
BOW = ring((-122.5, 37.7), (-122.4, 37.8), (-122.4, 37.7), (-122.5, 37.8))

REFUSED: dict[str, tuple[Make, str]] = {
    "an empty file": (text("x.gpkg", ""), "x.gpkg: the file is empty; export it again"),
    "text named .gpkg": (
        text("x.gpkg", "service,agency\nfire,nfd\n"),
        "x.gpkg: cannot be read: it does not begin like Ge",
    ),
    "GeoJSON named .gpkg": (
        text("x.gpkg", '{"type":"FeatureCollection"}'),
        "it is GeoJSON by its content; name it x.geoj",
    ),
    "a picture": (text("x.png", b"\x89PNG\r\n\x1a\n"), "x.png: not a kind of file that is read; export it as one of"),
    "a file that is not there": (lambda folder: folder / "y.gpkg", "y.gpkg: no such file; check the path"),
    "a cut GeoPackage": (cut(layer("x.gpkg", SQUARE), 0.4), "x.gpkg: cannot be read: "),
    "a database that is no GeoPackage": (no_geopackage, "a database, but no GeoPackage; export it again"),
    "a layer that is a program": (a_view, 'x.gpkg: "x" is a view, not a table of features; export it again'),
    "an empty layer": (layer("x.gpkg"), "x.gpkg: holds no feature; export the layer again"),
    "a name that leads into an archive": (
        into_an_archive,
        'x.zip!y.fgb: its path has a "!", which stands for an archive',
    ),
    "two layers and none chosen": (two_layers, "x.gpkg: holds several layers; choose one with --layer: fire, police"),
    "no coordinate system": (layer("x.gpkg", SQUARE, crs=None), 'x.gpkg: layer "x" names no coordinate system; export'),
    "metres said to be degrees": (
        layer("x.gpkg", box(550_000, 4_180_000, 551_000, 4_181_000)),
        "latitude reaches 4.18e+06 to 4.181e+06; check which coordinate system the file is in",
    ),
    "degrees said to be metres": (
        layer("x.gpkg", SQUARE, crs="EPSG:32610"),
        'layer "x" says EPSG:32610, but its coordinates are degrees; export it with the system it is really in',
    ),
    "latitude first": (by_hand(SWAPPED), "latitude is written before longitude; swap the two; longitude comes first"),
    "latitude first everywhere": (by_hand(SWAPPED, SWAPPED), 'all 2 features of layer "x": latitude is written before'),
    "a row without shape": (by_hand(None), "no shape, or one that cannot be read; draw it again or remove the row"),
    "a line among the areas": (
        layer("x.gpkg", SQUARE, LineString([(0, 0), (1, 1)])),
        'x.gpkg:2: "North" of layer "x": it is a LineString, not a polygon; a jurisdiction is an area: close the line',
    ),
    "stations instead of districts": (
        layer("x.gpkg", Point(1, 1), Point(2, 2)),
        'all 2 features of layer "x": it is a P',
    ),
    "a coordinate that is no number": (
        a_corner_that_is_no_number,
        'x.gpkg:1: "North" of layer "x": a coordinate is no',
    ),
    "a ring of two points": (by_hand(ring((0, 0), (1, 1), close=False)), "x.geojson:1: "),
    "nothing enclosed": (by_hand(ring((0, 0), (1, 1), (2, 2))), "nothing of its polygon encloses any ground; draw it"),
    "a hole outside its shell": (
        layer("x.gpkg", Polygon(SQUARE.exterior, [box(-122.3, 37.7, -122.2, 37.8).exterior])),
        "a hole lies outside its shell; if it is a part of the area write a MultiPolygon, else remove it",
    ),
    "10 million vertices": (ten_million_vertices, "x.geojson: more than 5,000,000 vertices (MAX_VERTICES); simplify"),
    "a million vertices in one area": (many_vertices_in_one, "1,000,000 vertices (MAX_POLYGON_VERTICES); simplify it"),
    "22,500 holes": (many_rings, "more than 20,000 rings (MAX_RINGS); simplify it, or split it up"),
    "brackets without end": (text("x.geojson", '{"a":' + "[" * 200_000), "nested more than 32 deep (MAX_JSON_DEPTH)"),
    "collections in collections": (layer("x.gpkg", nested(9)), "nested more than 8 deep (MAX_DEPTH); store it as Mu"),
    "collections without end": (parquet_nested_without_end, "nested more than 8 deep (MAX_DEPTH); store it as Multi"),
    "a zip bomb": (
        zipped(("x.shp", bytes(30_000_000))),
        'x.zip: entry "x.shp": it grows more than 100 times (MAX_RATIO)',
    ),
    "a zip that leads outside": (
        zipped(("../x.shp", b"a")),
        'x.zip: entry "../x.shp": its path leads out of the archive',
    ),
    "a zip that leads to the root": (
        zipped(("/etc/x.shp", b"a")),
        'x.zip: entry "/etc/x.shp": its path leads out of the archive; pack plain files',
    ),
    "a zip with a link": (a_link, 'x.zip: entry "x.shp": it is a link, not a file; pack the file itself'),
    "a zip within a zip": (
        zipped(("in.zip", b"PK")),
        'x.zip: entry "in.zip": it is an archive within the archive; unpack',
    ),
    "a zip of many files": (
        zipped(*((f"{n}.shp", b"") for n in range(101))),
        "x.zip: 101 entries are more than 100 (MAX_MEMBERS); pack one layer only",
    ),
    "a zip with two of a name": (
        zipped(("a/x.shp", b"1"), ("b/x.shp", b"2")),
        'x.zip: entry "b/x.shp": two entries have this name; pack one l',
    ),
    "a zip that lies": (a_lying_zip, "x.zip: not a ZIP that can be unpacked"),
    "a cut zip": (cut(zipped(("x.shp", b"abc" * 99)), 0.5), "x.zip: not a ZIP that can be unpacked"),
    "a zip of pictures": (zipped(("x.png", b"a")), "x.zip: holds no file of features; put in one of GeoPackage"),
    "a shapefile without index": (without(".shx"), "x.shp: x.shx is missing beside it; a shapefile is the .shp, .shx"),
    "a shapefile without table": (without(".dbf"), "x.shp: x.dbf is missing beside it; a shapefile is the .shp, .shx"),
    "a shapefile without system": (
        without(".prj"),
        'x.shp: layer "x" names no coordinate system; export it with one (',
    ),
    "a cut shapefile": (cut(layer("x.shp", SQUARE), 0.7), "x.shp: x.shp is cut short; copy all its files again"),
    "a shapefile whose table is cut": (cut_table, "x.shp: x.dbf is cut short; copy all its files again"),
    "a shapefile with another's table": (
        another_table,
        "x.shp: 2 shapes but 1 rows in x.dbf; copy all its files again",
    ),
    "a GeoPackage with a damaged page": (a_damaged_page, "x.gpkg: cannot be read: the database is damaged"),
    "text in another encoding": (latin_text, "x.shp: its text is not utf-8; say which encoding it is in"),
    "Parquet that is no GeoParquet": (a_plain_parquet, 'x.parquet: Parquet without a readable "geo" note'),
    "GeoParquet without system": (
        parquet_of(lambda each: each.set_crs(None, allow_override=True)),
        "no coordinate sys",
    ),
    "a cut GeoParquet": (cut(parquet_of(lambda each: each), 0.6), "x.parquet: cannot be read: "),
    "a cut FlatGeobuf": (cut(layer("x.fgb", *[SQUARE] * 50), 0.9), "x.fgb: cannot be read: Unexpected I/O failure"),
    "JSON that is no GeoJSON": (text("x.json", '{"name": "North"}'), "x.json: cannot be read: "),
    "a feature that says it is none": (
        misspelled,
        "x.geojson: 10 corners, of which only 5 can be read; find what is no",
    ),
    "a part with a corner of words": (
        by_hand({"type": "MultiPolygon", "coordinates": [CORNERS, [[*CORNERS[0][:3], ["a", 1], CORNERS[0][0]]]]}),
        "x.geojson: 9 corners, of which only 5 can be read; find what is no feature or no position",
    ),
    "JSON that is cut": (cut(by_hand(ring((0, 0), (1, 0), (1, 1))), 0.7), "x.geojson: cannot be read: "),
    "JSON that is a program": (text("x.json", PIPELINE), "x.json: cannot be read: "),
    "a word without end": (layer("x.gpkg", SQUARE, words=LONG), 'name "NNNN'),
    "fields that mean nothing": (
        layer("x.gpkg", SQUARE, words={"district": "1"}),
        'layer "x" has neither our fields nor NENA\'s (it has district); write a mapping file (docs/regions.md)',
    ),
    "a field misspelled": (
        layer("x.gpkg", SQUARE, words={**{k: v for k, v in WORDS.items() if k != "name"}, "nmae": "North"}),
        'layer "x": no field "name" for name; did you mean "nmae"?',
    ),
}


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    write_boundaries(PACKED, tmp_path / "pack" / "boundaries.gpkg")
    return tmp_path / "pack"


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.filterwarnings("ignore:.*crs.*:UserWarning", "ignore:invalid value:RuntimeWarning")
def test_a_broken_file_is_told_once_and_nothing_of_it_is_loaded(tmp_path: Path, pack: Path, name: str) -> None:
    make, line = REFUSED[name]
    (tmp_path / "theirs").mkdir()
    path = make(tmp_path / "theirs")
    before = (pack / "boundaries.gpkg").read_bytes()
    said: list[str] = []
    began = time.monotonic()
    status = import_boundaries([str(path)], pack, None, (), False, said.append)
    print(f"{time.monotonic() - began:.2f} s", *said, sep="\n")
    assert time.monotonic() - began < 20.0
    refused = [str(problem) for problem in take(str(path)).problems if problem.severity == ERROR]
    assert len(refused) == 1
    assert line in refused[0]
    assert refused[0].startswith(path.name)
    assert "; " in refused[0], "every refusal names a remedy"
    assert refused[0] in said
    assert status == 1
    assert (pack / "boundaries.gpkg").read_bytes() == before
    assert [each.name for each in pack.iterdir()] == ["boundaries.gpkg"]


MENDED: dict[str, tuple[Make, str, float]] = {
    # what, the one note, the area in square degrees
    "an open ring": (by_hand(ring((0, 0), (1, 0), (1, 1), (0, 1), close=False)), "an open ring closed", 1.0),
    "a bow-tie": (by_hand(BOW), "repaired (Self-intersection", 0.005),
    "heights": (layer("x.gpkg", shapely.force_3d(SQUARE, 12.0)), "heights dropped", 0.01),
    "a spike": (by_hand(ring((0, 0), (2, 0), (2, 2), (1, 2), (1, 5), (1, 2), (0, 2))), "repaired (Self-inters", 4.0),
    "points written twice": (by_hand(ring((0, 0), (1, 0), (1, 0), (1, 1), (0, 1))), "a repeated point removed", 1.0),
    "a part within a part": (layer("x.gpkg", MultiPolygon([box(0, 0, 4, 4), box(1, 1, 2, 2)])), "Nested shells", 16.0),
    "a point beside the area": (layer("x.gpkg", GeometryCollection([box(0, 0, 1, 1), Point(5, 5)])), "no polygon", 1.0),
    "parts that overlap": (
        layer("x.gpkg", GeometryCollection([box(0, 0, 2, 1), box(1, 0, 3, 1)])),
        "repaired (Self-",
        3.0,
    ),
    "longitudes past 180": (by_hand(ring((170, 51), (190, 51), (190, 53), (170, 53))), "cut at the 180th", 40.0),
    "an area over the 180th meridian": (
        by_hand(ring((179, 51), (-179, 51), (-179, 53), (179, 53))),
        "crosses the 180th meridian, cut there",
        4.0,
    ),
    "the same area twice": (layer("x.gpkg", SQUARE, SQUARE), "the same as feature 1, dropped", 0.01),
    "another coordinate system": (layer("x.gpkg", box(0, 0, 1, 1), crs="EPSG:4267"), "from EPSG:4267 to WGS 84", 1.0),
}


@pytest.mark.parametrize("name", MENDED)
def test_what_can_be_mended_is_mended_and_told_once(tmp_path: Path, pack: Path, name: str) -> None:
    make, note, area = MENDED[name]
    path = make(tmp_path)
    taken = take(str(path))
    assert len(taken.problems) == 1
    assert note in str(taken.problems[0])
    assert not taken.refused
    (polygon,) = taken.boundaries.polygons
    assert polygon.is_valid
    assert not polygon.has_z
    assert polygon.area == pytest.approx(area, rel=1e-4)
    assert import_boundaries([str(path)], pack, None, (), False, print) == 0


def test_an_area_over_the_180th_meridian_does_not_go_round_the_other_way(tmp_path: Path) -> None:
    taken = take(str(MENDED["an area over the 180th meridian"][0](tmp_path)))
    (polygon,) = taken.boundaries.polygons
    assert polygon.covers(Point(179.5, 52.0))
    assert polygon.covers(Point(-179.5, 52.0))
    assert not polygon.covers(Point(0.0, 52.0))


def test_arcs_become_lines_or_are_refused_by_name_but_are_never_taken_for_their_corners(tmp_path: Path) -> None:
    taken = take(str(a_curve(tmp_path)))
    if taken.refused:
        assert "drawn with arcs; turn arcs into straight lines" in str(taken.problems[0])
    else:
        (polygon,) = taken.boundaries.polygons
        assert len(polygon.exterior.coords) > 50


def test_one_bad_source_of_two_stops_both(tmp_path: Path, pack: Path) -> None:
    good, bad = write(tmp_path / "good.gpkg", [SQUARE]), text("bad.gpkg", "")(tmp_path)
    before = (pack / "boundaries.gpkg").read_bytes()
    assert import_boundaries([str(good), str(bad)], pack, None, (), False, print) == 1
    assert (pack / "boundaries.gpkg").read_bytes() == before


@pytest.mark.parametrize("ending", [".fgb", ".shp", ".dbf", ".shx", ".prj", ".geojson", ".parquet", ".zip"])
@pytest.mark.parametrize("seed", range(8))
def test_a_damaged_file_of_any_format_is_explained_and_never_raises(tmp_path: Path, ending: str, seed: int) -> None:
    chance = random.Random(f"{ending}{seed}")
    names = {**WORDS, "name": [f"Area {at}" for at in range(20)]}
    squares = [box(at, 0, at + 0.9, 1) for at in range(20)]
    if ending == ".parquet":
        path = damaged = parquet_of(lambda each: each)(tmp_path)
    elif ending in (".fgb", ".geojson"):
        path = damaged = write(tmp_path / f"x{ending}", squares, names)
    else:
        path = write(tmp_path / "districts" / "x.shp", squares, names)
        damaged = path.with_suffix(ending)
    if ending == ".zip":
        path = damaged = Path(shutil.make_archive(str(tmp_path / "x"), "zip", tmp_path / "districts"))
    raw = bytearray(damaged.read_bytes())
    for _ in range(chance.randint(1, 40)):
        raw[chance.randrange(len(raw))] = chance.randrange(256)
    damaged.write_bytes(raw[: chance.choice([len(raw), len(raw), chance.randrange(len(raw))])])
    taken = take(str(path))
    assert all(str(problem) for problem in taken.problems)
    assert taken.refused or taken.boundaries.areas
    assert all(polygon.is_valid for polygon in taken.boundaries.polygons)


def test_the_damaged_page_would_go_unnoticed_without_the_check(tmp_path: Path) -> None:
    """Why a GeoPackage's pages are checked: the library itself reads what is left."""
    path = a_damaged_page(tmp_path)
    assert 0 < len(read_layer(path, "x")) < 1000
