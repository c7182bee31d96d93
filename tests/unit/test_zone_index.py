"""The zone index, held against shapely and against geodesics on the ellipsoid. The long fuzz is an integration test."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import shapely
from pyproj import Geod
from shapely import MultiPolygon, Polygon, box

from domain.errors import BadRegion
from geo.boundaries import Boundaries, write_boundaries
from geo.zone_build import ROOT_WIDTH, build
from geo.zone_compile import TWIN, compiled_walk
from geo.zone_edges import SEAM, distinct_edges
from geo.zone_index import ZoneIndex
from geo.zone_layout import WEST_WORD, unpack

GEOD = Geod(ellps="WGS84")
WEST, EAST, BOTH = box(-2.0, 0.0, 0.0, 1.0), box(0.0, 0.0, 2.0, 1.0), box(-1.0, 0.0, 1.0, 1.0)


@pytest.fixture(params=["numpy", "numba"])
def compiled(request: pytest.FixtureRequest) -> bool:
    """Both walks must give the same answers."""
    if request.param == "numba":
        pytest.importorskip("numba")
    return bool(request.param == "numba")


def index(shapes: list[Polygon | MultiPolygon], compiled: bool, **how: int) -> ZoneIndex:
    zones = ZoneIndex.of(shapes, **how)
    if compiled:
        assert zones.compile()
    return zones


def test_the_set_of_polygons_at_a_point_is_named_whatever_their_number(compiled: bool) -> None:
    zones = index([WEST, EAST, BOTH], compiled)
    assert [zones.at(lon, 0.5) for lon in (-1.5, -0.5, 0.5, 1.5, 3.0)] == [(0,), (0, 2), (1, 2), (1,), ()]


def test_a_point_on_a_border_belongs_to_both_sides_and_a_hole_to_nobody(compiled: bool) -> None:
    ring = Polygon(WEST.exterior.coords, [box(-1.5, 0.25, -0.5, 0.75).exterior.coords])
    zones = index([ring, EAST], compiled)
    assert zones.at(0.0, 0.5) == (0, 1)
    assert zones.at(-1.0, 0.5) == ()
    assert zones.at(-0.5, 0.5) == (0,)
    assert zones.at(2.0, 1.0) == (1,)
    assert zones.at(2.0, math.nextafter(1.0, 2.0)) == ()


def test_many_points_get_a_small_number_each_and_each_set_comes_once(compiled: bool) -> None:
    zones = index([WEST, EAST, BOTH], compiled)
    codes, table = zones.at_many([-1.5, -0.5, -0.5, 0.0, -1.0, 9.0], [0.5, 0.5, 0.6, 0.5, 1.0, 9.0])
    assert [table[code] for code in codes] == [(0,), (0, 2), (0, 2), (0, 1, 2), (0, 2), ()]
    assert len(set(table)) == len(table)


def test_no_points_are_no_answers(compiled: bool) -> None:
    codes, table = index([WEST], compiled).at_many([], [])
    assert (codes.size, table) == (0, [])
    with pytest.raises(ValueError, match="2 longitudes but 1 latitudes"):
        index([WEST], compiled).at_many([1.0, 2.0], [1.0])


def test_no_place_is_in_no_polygon(compiled: bool) -> None:
    zones = index([WEST], compiled)
    for lon, lat in ((math.nan, 0.5), (-1.0, math.nan), (math.inf, 0.5), (-1.0, -1e300), (500.0, 0.5)):
        assert zones.at(lon, lat) == ()


def test_an_index_of_nothing_answers_nothing(compiled: bool) -> None:
    zones = index([], compiled)
    assert zones.at(0.0, 0.0) == ()
    assert zones.near(0.0, 0.0, 100.0) == {}


def test_a_border_through_the_corner_of_a_cell_moves_the_grid(compiled: bool) -> None:
    """The bug the first fuzz found: at such a corner the name is anybody's guess."""
    for seed in range(5):
        west, south, _ = unpack_grid(build([WEST], seed=seed))
        x, y = west + ROOT_WIDTH * 300, south + ROOT_WIDTH * 140
        for shape in (
            box(x, y, x + 1, y + 1),
            box(x - 1, y - 1, x, y),
            box(x - 0.5, y, x + 0.5, y + 0.5),
            Polygon([(x - 1, y - 1), (x + 1, y + 1), (x + 1, y - 1)]),
            Polygon([(x - 1, y + 1), (x + 1, y - 1), (x + 1, y + 1)]),
        ):
            words = build([shape], seed=seed)
            assert unpack_grid(words)[:2] != (west, south)
            zones = index([shape], compiled, seed=seed)
            for dx in (-0.3, -1e-12, 0.0, 1e-12, 0.3):
                for dy in (-0.3, -1e-12, 0.0, 1e-12, 0.3):
                    expected = (0,) if shapely.intersects_xy(shape, x + dx, y + dy) else ()
                    assert zones.at(x + dx, y + dy) == expected


def unpack_grid(words: np.ndarray) -> tuple[float, float, float]:
    west, south, width = words[WEST_WORD : WEST_WORD + 3].view(np.float64).tolist()
    return west, south, width


def test_a_point_at_the_antimeridian_is_asked_on_both_sides(compiled: bool) -> None:
    zones = index([box(179.0, 0.0, 180.0, 1.0), box(-180.0, 0.0, -179.0, 1.0)], compiled)
    assert zones.at(180.0, 0.5) == zones.at(-180.0, 0.5) == (0, 1)
    codes, table = zones.at_many([180.0, -180.0, 179.9], [0.5, 0.5, 0.5])
    assert [table[code] for code in codes] == [(0, 1), (0, 1), (0,)]


def test_borders_are_seen_across_the_antimeridian_but_the_cut_of_one_polygon_is_none(compiled: bool) -> None:
    cut = MultiPolygon([box(179.0, 0.0, 180.0, 1.0), box(-180.0, 0.0, -179.0, 1.0)])
    neighbour = box(-180.0, 1.0, -179.0, 2.0)
    zones = index([cut, neighbour], compiled)
    assert zones.near(179.9999, 0.5, 100.0) == {}
    assert set(zones.near(179.9999, 1.0001, 100.0)) == {0, 1}
    assert set(index([box(179.0, 0.0, 180.0, 1.0), neighbour], compiled).near(-179.9999, 1.5, 100.0)) == {1}


def test_an_edge_drawn_by_neighbours_is_kept_once() -> None:
    edges = distinct_edges(np.array([WEST, EAST], dtype=object), np.array([1, 2], np.uint64))
    assert len(edges.ends) == 7
    (shared,) = np.flatnonzero(edges.keys == 3)
    border = edges.borders[shared]
    assert edges.owners[edges.firsts[border] : edges.firsts[border + 1]].tolist() == [0, 1]
    assert SEAM not in edges.borders


def test_the_same_polygons_make_the_same_array_and_another_seed_another() -> None:
    assert np.array_equal(build([WEST, EAST]), build([WEST, EAST]))
    assert not np.array_equal(build([WEST, EAST]), build([WEST, EAST], seed=8))


def test_a_saved_index_is_mapped_and_answers_the_same(tmp_path: Path, compiled: bool) -> None:
    zones = index([WEST, EAST, BOTH], compiled)
    zones.save(tmp_path / "zones.npy")
    mapped = ZoneIndex.load(tmp_path / "zones.npy")
    if compiled:
        mapped.compile()
    for lon in (-1.5, -1.0, 0.0, 0.5, 5.0):
        assert mapped.at(lon, 0.5) == zones.at(lon, 0.5)
        assert mapped.near(lon, 0.5, 1000.0) == zones.near(lon, 0.5, 1000.0)
    assert [path.name for path in tmp_path.iterdir()] == ["zones.npy"]


def test_a_file_that_is_no_index_is_refused_by_name(tmp_path: Path) -> None:
    np.save(tmp_path / "other.npy", np.arange(100))
    with pytest.raises(BadRegion, match=r"other\.npy: no zone index .*geo\.zone_build"):
        ZoneIndex.load(tmp_path / "other.npy")
    np.save(tmp_path / "short.npy", build([WEST])[:-1])
    with pytest.raises(BadRegion, match="cut short"):
        ZoneIndex.load(tmp_path / "short.npy")
    with pytest.raises(BadRegion, match="missing"):
        ZoneIndex.load(tmp_path / "missing.npy")


def test_an_index_is_built_by_a_process_of_its_own(tmp_path: Path, project_root: Path) -> None:
    from domain.agency import Service
    from domain.jurisdiction import Area

    area = Area(Service.FIRE, "west", "west", "test", "2026-01-01")
    write_boundaries(Boundaries((area,), (WEST,)), tmp_path / "boundaries.gpkg")
    command = [sys.executable, "-m", "geo.zone_build", str(tmp_path / "boundaries.gpkg"), str(tmp_path / "zones.npy")]
    subprocess.run(command, cwd=project_root, check=True, env=os.environ)
    assert ZoneIndex.load(tmp_path / "zones.npy").at(-1.0, 0.5) == (0,)
    failed = subprocess.run([*command[:3], "none.gpkg", "x.npy"], cwd=project_root, capture_output=True, text=True)
    assert failed.returncode == 1
    assert "none.gpkg" in failed.stderr or "missing" in failed.stderr


def test_shapes_that_cannot_be_indexed_are_refused_by_number() -> None:
    bow_tie = Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])
    with pytest.raises(BadRegion, match="polygon 2 is no valid polygon"):
        build([WEST, bow_tie])
    with pytest.raises(BadRegion, match="polygon 1 reaches beyond 180 degrees"):
        build([box(170.0, 0.0, 190.0, 1.0)])
    with pytest.raises(BadRegion, match="polygon 1 is no polygon"):
        build([shapely.Point(0, 0)])


def test_an_index_that_disagrees_with_its_polygons_says_so_and_leaves_it_to_shapely(
    caplog: pytest.LogCaptureFixture, compiled: bool
) -> None:
    words = build([WEST, EAST, BOTH]).copy()
    unpack(words).names[0] ^= 1  # damaged in memory or on disk
    words.flags.writeable = False
    zones = ZoneIndex(words)
    if compiled:
        zones.compile()
    assert zones.at(-0.5, 0.5) == (0, 2)
    assert not zones.trusted
    assert "disagrees" in caplog.text
    codes, table = zones.at_many([-1.5, -0.5, 0.0], [0.5, 0.5, 0.5])
    assert [table[code] for code in codes] == [(0,), (0, 2), (0, 1, 2)]
    assert [zones.at(lon, 0.5) for lon in (-1.5, -0.5, 0.5)] == [(0,), (0, 2), (1, 2)]


def test_the_compiled_walk_is_made_aside_and_taken_on_when_it_is_there() -> None:
    pytest.importorskip("numba")
    zones = ZoneIndex.of([WEST, EAST])
    thread = zones.compile_soon()
    assert zones.at(-1.0, 0.5) == (0,)  # answered by the twin meanwhile
    thread.join(100)
    assert zones._walk is not TWIN
    assert zones.at(1.0, 0.5) == (1,)


def test_both_walks_agree_bit_by_bit() -> None:
    pytest.importorskip("numba")
    random = np.random.default_rng(3)
    shapes = [shapely.convex_hull(shapely.MultiPoint(random.uniform(-1, 1, (9, 2)))) for _ in range(20)]
    words, points = build(shapes, max_edges=2), random.uniform(-1.2, 1.2, (4000, 2))
    points[:180] = shapely.get_coordinates(shapes)[:180].repeat(2, axis=0)[:180]
    walk, (xs, ys) = compiled_walk(), np.ascontiguousarray(points.T)
    for ours, twins in zip(walk.names_at(xs, ys, words), TWIN.names_at(xs, ys, words), strict=True):
        assert np.array_equal(ours, twins)
    for x, y in points[::40].tolist():
        assert walk.name_at(x, y, words) == TWIN.name_at(x, y, words)


def geodesic_metres(shape: Polygon, lon: float, lat: float) -> float:
    """Metres from a point to a polygon's rings on the ellipsoid, by walking them; edges straight in degrees."""
    best = math.inf
    points = np.array(shape.exterior.coords)
    for start, end in pairwise(points):
        low, high = 0.0, 1.0
        for _ in range(9):
            t = np.linspace(low, high, 21)
            on = start + t[:, None] * (end - start)
            far = GEOD.inv(on[:, 0], on[:, 1], np.full(21, lon), np.full(21, lat))[2]
            at = int(far.argmin())
            low, high = t[max(at - 1, 0)], t[min(at + 1, 20)]
        best = min(best, float(far.min()))
    return best


def test_a_border_within_100_m_is_as_far_as_the_geodesic_to_10_mm(compiled: bool) -> None:
    random = np.random.default_rng(5)
    checked = 0
    for lat in (0.0, 25.0, -40.0, 60.0, 70.0):
        shapes = []
        for _ in range(6):
            angles = np.sort(random.uniform(0, 2 * math.pi, 7))
            reach = random.uniform(0.001, 0.02, (7, 1)) * (1.0 / math.cos(math.radians(lat)), 1.0)
            shapes.append(Polygon((10.0, lat) + reach * np.column_stack((np.cos(angles), np.sin(angles)))))
        shapes = [shape for shape in shapes if shape.is_valid]
        zones = index(shapes, compiled)
        corners = shapely.get_coordinates(shapes)
        for lon, at in (corners[::5] + random.uniform(-0.0006, 0.0006, corners[::5].shape)).tolist():
            near = zones.near(lon, at, 100.0)
            for i, shape in enumerate(shapes):
                metres = geodesic_metres(shape, lon, at)
                if abs(metres - 100.0) > 0.01:
                    assert (i in near) == (metres < 100.0)
                if i in near:
                    checked += 1
                    assert near[i] == pytest.approx(metres, abs=0.010)
    assert checked > 20


def test_more_borders_than_there_is_room_for_are_all_found(compiled: bool) -> None:
    shapes = [box(-0.0001 * n, -0.0001 * n, 0.0001 * n, 0.0001 * n) for n in range(1, 81)]
    assert len(index(shapes, compiled).near(0.0, 0.0, 1000.0)) == 80
