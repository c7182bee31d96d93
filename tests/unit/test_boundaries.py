"""Boundary files: what is kept exactly, what is mended and told, what is refused by name."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import pyproj
import pytest
import shapely
from shapely import MultiPolygon, Polygon, box

from domain.agency import Service
from domain.errors import BadRegion
from domain.jurisdiction import Area
from geo.boundaries import Boundaries, Context, check_boundaries, read_boundaries, write_boundaries
from geo.crs import local_metres
from geo.gpkg import write_layers

NORTH = Area(Service.FIRE, "nfd", "North", "official 2024", "2024-07-01", "2030-01-01", modelled=True)
SOUTH = replace(NORTH, service=Service.POLICE, agency="spd", name="South “Ü”", expiry="", modelled=False)
ISLANDS = MultiPolygon([box(-122.6, 37.8, -122.5, 37.9), box(-122.4, 37.8, -122.3, 37.9)])
LAND = Context("Land", box(-123, 37, -122, 38))
GOOD = Boundaries((NORTH, SOUTH), (box(-122.5, 37.7, -122.4, 37.8), ISLANDS), (LAND,))
FIELDS = ("service", "agency", "name", "layer", "effective", "expiry", "modelled")


def geojson(path: Path, geometry: object, **changed: object) -> Path:
    """A boundary file of one fire area as a county might keep it by hand, words changed as asked."""
    words = {"service": NORTH.service, "agency": "nfd", "name": "North", "layer": "l", "effective": "2024-07-01"}
    feature = {"type": "Feature", "properties": words | changed, "geometry": geometry}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    return path


def ring(*points: tuple[float, float]) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": [[*points, points[0]]]}


SQUARE = ring((-122.5, 37.7), (-122.4, 37.7), (-122.4, 37.8), (-122.5, 37.8))


def told(path: Path, today: str = "2025-01-01") -> list[str]:
    return [str(problem) for problem in check_boundaries(path, {"nfd", "spd"}, today)]


def test_written_boundaries_are_read_as_they_were(tmp_path: Path) -> None:
    write_boundaries(GOOD, tmp_path / "boundaries.gpkg")
    assert read_boundaries(tmp_path) == read_boundaries(tmp_path / "boundaries.gpkg") == GOOD
    assert told(tmp_path) == []


def test_the_same_boundaries_make_the_same_bytes(tmp_path: Path) -> None:
    write_boundaries(GOOD, tmp_path / "boundaries.gpkg")
    first = (tmp_path / "boundaries.gpkg").read_bytes()
    for _ in range(8):  # GDAL's transactions vary with the time they take; the file must not
        write_boundaries(read_boundaries(tmp_path), tmp_path / "boundaries.gpkg")
        assert (tmp_path / "boundaries.gpkg").read_bytes() == first
    assert [file.name for file in tmp_path.iterdir()] == ["boundaries.gpkg"]


def test_boundaries_without_context_are_written_too(tmp_path: Path) -> None:
    write_boundaries(replace(GOOD, context=()), tmp_path / "boundaries.gpkg")
    assert read_boundaries(tmp_path).context == ()


def test_a_hand_kept_geojson_is_read_and_features_without_service_are_context(tmp_path: Path) -> None:
    path = geojson(tmp_path / "boundaries.geojson", SQUARE, modelled=True)
    collection = json.loads(path.read_text())
    park = {"type": "Feature", "properties": {"name": "Park"}, "geometry": SQUARE}
    collection["features"].append(park)
    path.write_text(json.dumps(collection))
    boundaries = read_boundaries(tmp_path)
    assert boundaries.areas == (Area(Service.FIRE, "nfd", "North", "l", "2024-07-01", "", modelled=True),)
    assert boundaries.polygons[0].equals(box(-122.5, 37.7, -122.4, 37.8))
    assert [(each.name, each.layer) for each in boundaries.context] == [("Park", "land")]


def test_a_self_crossing_polygon_is_mended_and_told(tmp_path: Path) -> None:
    bow = ring((-122.5, 37.7), (-122.4, 37.8), (-122.4, 37.7), (-122.5, 37.8))
    boundaries = read_boundaries(geojson(tmp_path / "boundaries.geojson", bow))
    # Two triangles of a quarter of the 0.1 degree square each.
    assert boundaries.polygons[0].is_valid
    assert boundaries.polygons[0].area == pytest.approx(0.005)
    assert len(boundaries.report) == 1
    assert "Self-intersection" in boundaries.report[0]
    assert told(tmp_path) == [f"boundaries.geojson:1: warning: {boundaries.report[0]}"]


def test_another_coordinate_system_is_brought_to_wgs_84(tmp_path: Path) -> None:
    to_utm = pyproj.Transformer.from_crs(4326, 32610, always_xy=True)
    corners = [to_utm.transform(*point) for point in SQUARE["coordinates"][0][:4]]  # type: ignore[index]
    path = geojson(tmp_path / "boundaries.geojson", ring(*corners))
    collection = json.loads(path.read_text())
    collection["crs"] = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32610"}}
    path.write_text(json.dumps(collection))
    boundaries = read_boundaries(path)
    assert boundaries.polygons[0].bounds == pytest.approx((-122.5, 37.7, -122.4, 37.8), abs=1e-8)
    assert "EPSG:32610" in boundaries.report[0]


def test_longitudes_written_past_180_are_cut_at_the_meridian(tmp_path: Path) -> None:
    wide = ring((170.0, 51.0), (190.0, 51.0), (190.0, 53.0), (170.0, 53.0))
    polygon = read_boundaries(geojson(tmp_path / "boundaries.geojson", wide)).polygons[0]
    assert polygon.area == pytest.approx(40.0)
    assert polygon.bounds == (-180.0, 51.0, 180.0, 53.0)
    assert polygon.covers(shapely.Point(-175.0, 52.0))
    assert not polygon.covers(shapely.Point(0.0, 52.0))


def test_heights_are_dropped(tmp_path: Path) -> None:
    high = {"type": "Polygon", "coordinates": [[[*point, 12.0] for point in SQUARE["coordinates"][0]]]}  # type: ignore[index]
    boundaries = read_boundaries(geojson(tmp_path / "boundaries.geojson", high))
    assert not boundaries.polygons[0].has_z
    assert boundaries.report[0].endswith("heights dropped")


LATITUDE_FIRST = ring((37.7, -122.5), (37.7, -122.4), (37.8, -122.4))
REFUSED = [
    ({"geometry": LATITUDE_FIRST}, 'boundaries.geojson:1: "North" of layer "boundaries": latitude is written'),
    ({"geometry": ring((-122.0, 37.0), (-500.0, 37.0), (-122.0, 38.0))}, "longitude reaches -500 to -122; check which"),
    ({"geometry": ring((55200.0, 4180000.0), (55300.0, 4180000.0), (55200.0, 4181000.0))}, "latitude reaches 4.18e"),
    ({"geometry": None}, "no shape, or one that cannot be read; draw it again or remove the row"),
    ({"geometry": {"type": "Polygon", "coordinates": []}}, "its polygon is empty; draw it or remove the row"),
    ({"geometry": {"type": "LineString", "coordinates": [[0, 0], [1, 1]]}}, "it is a LineString, not a polygon"),
    ({"geometry": ring((-122.5, 37.7), (-122.4, 37.7), (-122.3, 37.7))}, "nothing of its polygon encloses any ground"),
    ({"service": "fire"}, 'boundaries.geojson:1: unknown service "fire"; did you mean "urn:emergency:service:responde'),
    ({"agency": "nfdd"}, 'boundaries.geojson:1: unknown agency "nfdd"; did you mean "nfd"?'),
    ({"agency": ""}, 'boundaries.geojson:1: "North" names no agency; say who is responsible'),
    ({"effective": "last year"}, 'effective "last year" is not a date; write it as 2024-07-01'),
    ({"effective": ""}, 'effective "" is not a date'),
    ({"expiry": "2024-02-30"}, 'expiry "2024-02-30" is not a date'),
    ({"expiry": "2023-01-01"}, "expires on 2023-01-01, not after it takes effect on 2024-07-01"),
    ({"modelled": "perhaps"}, 'modelled "perhaps" is neither true nor false'),
]


@pytest.mark.parametrize(("changed", "line"), REFUSED, ids=[each[1][-40:] for each in REFUSED])
def test_what_cannot_be_used_is_refused_by_name(tmp_path: Path, changed: dict[str, object], line: str) -> None:
    words = dict(changed)
    path = geojson(tmp_path / "boundaries.geojson", words.pop("geometry", SQUARE), **words)
    assert any(line in each for each in told(path)), told(path)
    if "unknown agency" not in line:  # reading does not know the agencies
        with pytest.raises(BadRegion):
            read_boundaries(path)


def test_an_expired_area_is_told(tmp_path: Path) -> None:
    path = geojson(tmp_path / "boundaries.geojson", SQUARE, expiry="2024-12-31")
    assert 'warning: "North" expired on 2024-12-31; remove it, or add the area that replaced it' in told(path)[0]
    assert told(path, today="2024-12-30") == []


def test_missing_files_layers_fields_and_coordinate_systems_are_told(tmp_path: Path) -> None:
    assert told(tmp_path)[0].startswith("boundaries.gpkg: the file is missing; put boundaries.gpkg or")
    path = tmp_path / "boundaries.gpkg"
    write_layers(path, [("areas", FIELDS, [("a",) * 7], [ISLANDS])])
    assert told(path) == ['boundaries.gpkg: no layer "jurisdictions"; name the layer "jurisdictions", not areas']
    write_layers(path, [("jurisdictions", ("service", "agenzy"), [("a", "b")], [ISLANDS])])
    assert any('has no field "agency"; did you mean "agenzy"?' in line for line in told(path))
    write_layers(path, [("jurisdictions", FIELDS, [("", "nfd", "North", "l", "2024-01-01", "", "")], [ISLANDS])])
    assert told(path) == ['boundaries.gpkg:1: "North" names no service; say which service it answers for']
    write_layers(path, [("jurisdictions", FIELDS, [], [])])
    assert told(path) == ["boundaries.gpkg: holds no jurisdiction; add the areas agencies are responsible for"]


def test_a_layer_without_coordinate_system_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "boundaries.gpkg"
    row = (NORTH.service, "nfd", "North", "l", "2024-01-01", "", "")
    with pytest.warns(UserWarning, match="crs"):
        write_layers(path, [("jurisdictions", FIELDS, [row], [ISLANDS])], crs=None)
    assert any("names no coordinate system" in line for line in told(path)), told(path)


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_geopackage_is_explained_and_never_raises(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    path = tmp_path / "boundaries.gpkg"
    write_boundaries(GOOD, path)
    raw = bytearray(path.read_bytes())
    for _ in range(chance.randint(1, 400)):
        raw[chance.randrange(len(raw))] = chance.randrange(256)
    path.write_bytes(raw[: chance.choice([len(raw), len(raw), chance.randrange(len(raw))])])
    assert all(line for line in told(path))


def test_only_geopackages_are_written(tmp_path: Path) -> None:
    with pytest.raises(BadRegion, match=r"boundaries\.gpkg"):
        write_boundaries(GOOD, tmp_path / "boundaries.geojson")
    with pytest.raises(BadRegion, match="2 areas but 1 polygons"):
        write_boundaries(replace(GOOD, polygons=(Polygon(ISLANDS.geoms[0].exterior),)), tmp_path / "boundaries.gpkg")


@pytest.mark.parametrize(("metres", "most"), [(10_000.0, 4e-4), (100_000.0, 4e-3)])
def test_local_metres_are_as_exact_as_documented(metres: float, most: float) -> None:
    geod = pyproj.Geod(ellps="WGS84")
    worst = 0.0
    for lat in (-50.0, -20.0, 0.0, 37.76, 50.0):
        local = local_metres(-122.4, lat)
        for azimuth in range(0, 360, 5):
            lon, there, _ = geod.fwd(-122.4, lat, azimuth, metres)
            x, y = local.to_metres(lon, there)
            worst = max(worst, abs((x * x + y * y) ** 0.5 / metres - 1.0))
    assert worst <= most
    print(f"local metres: {worst:.2e} at {metres:.0f} m")


def test_local_metres_go_there_and_back_also_over_the_180th_meridian() -> None:
    local = local_metres(179.99, 52.0)
    x, _y = local.to_metres(-179.99, 52.0)
    assert 0.0 < x < 2000.0
    assert local.to_degrees(*local.to_metres(-179.99, 52.1)) == pytest.approx((-179.99, 52.1))
    points = local.points_to_degrees(local.points_to_metres([(179.5, 51.0), (-179.5, 53.0)]))
    assert points.tolist() == [pytest.approx([179.5, 51.0]), pytest.approx([-179.5, 53.0])]
    with pytest.raises(ValueError, match="longitude comes first"):
        local_metres(37.7, -122.4)
