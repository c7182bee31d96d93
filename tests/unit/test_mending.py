"""What mending gives is valid, in WGS 84, and the ground the shape had: no more, no less."""

from __future__ import annotations

import math

import numpy as np
import pyproj
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import GeometryCollection, MultiPolygon, Point, Polygon, box
from shapely.affinity import translate
from shapely.geometry.base import BaseGeometry

from geo.gpkg import to_wgs84
from geo.json_limits import measure_json
from geo.repair import mend
from geo.wkb_limits import measure

corner = st.tuples(st.integers(0, 8), st.integers(0, 8)).map(lambda at: (at[0] / 4 - 122.0, at[1] / 4 + 37.0))
"""On a lattice, so that rings touch, cross and repeat themselves all the time."""
rings = st.lists(corner, min_size=3, max_size=9)
polygons = st.builds(Polygon, rings)
shapes = st.one_of(
    polygons,
    st.lists(polygons, min_size=1, max_size=4).map(MultiPolygon),
    st.lists(st.one_of(polygons, corner.map(Point)), min_size=1, max_size=4).map(GeometryCollection),
)


def enclosed(shape: BaseGeometry) -> BaseGeometry:
    """The ground of a shape by shapely alone: each polygon made valid, all joined."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return shapely.union_all([shapely.make_valid(part, method="structure", keep_collapsed=False) for part in parts])


@given(shapes)
@settings(max_examples=400, deadline=None)
def test_what_mending_gives_is_valid_and_the_ground_the_shape_enclosed(shape: BaseGeometry) -> None:
    expected = enclosed(shape)
    mended = mend(shape)
    if mended.polygon is None:
        assert expected.area == 0.0
        assert mended.refusal
        assert mended.remedy
        return
    assert mended.polygon.is_valid
    assert not mended.polygon.is_empty
    assert math.isclose(mended.polygon.area, expected.area, rel_tol=1e-12)
    assert mended.polygon.symmetric_difference(expected).area < 1e-12
    west, south, east, north = mended.polygon.bounds
    assert -180.0 <= west <= east <= 180.0
    assert -90.0 <= south <= north <= 90.0


@given(polygons)
@settings(max_examples=200, deadline=None)
def test_mending_the_mended_changes_nothing_and_tells_nothing(shape: Polygon) -> None:
    once = mend(shape).polygon
    if once is not None:
        assert mend(once).polygon == once
        assert mend(once).notes == ()


@given(polygons.filter(lambda shape: shape.is_valid), st.sampled_from([300.0, -60.0, 302.0, -58.5]))
@settings(max_examples=200, deadline=None)
def test_an_area_written_past_the_180th_meridian_keeps_its_ground(shape: Polygon, turn: float) -> None:
    """Written 170..190, or -190..-170: cut at the meridian, each half where it belongs."""
    moved = translate(shape, turn)
    mended = mend(moved).polygon
    assert mended is not None
    assert math.isclose(mended.area, shape.area, rel_tol=1e-9)
    inner = moved.representative_point()
    assert mended.covers(Point((inner.x + 180.0) % 360.0 - 180.0, inner.y)) or mended.distance(inner) < 1e-9


@given(st.floats(150.0, 179.9), st.floats(0.2, 40.0), st.booleans())
@settings(max_examples=100, deadline=None)
def test_an_area_drawn_over_the_meridian_is_the_same_however_it_is_written(
    west: float, wide: float, hole: bool
) -> None:
    east = west + wide
    inside = [box(west + wide / 4, 51.2, west + wide / 2, 51.6).exterior] if hole else []
    past = Polygon(box(west, 51.0, east, 52.0).exterior, inside)
    over = shapely.transform(
        past, lambda points: np.column_stack(((points[:, 0] + 180.0) % 360.0 - 180.0, points[:, 1]))
    )
    first, second = mend(past).polygon, mend(over).polygon
    assert first is not None
    assert second is not None
    assert first.symmetric_difference(second).area < 1e-9


@given(polygons.filter(lambda shape: shape.is_valid), st.sampled_from([32610, 3310, 2227, 3857, 4269]))
@settings(max_examples=100, deadline=None)
def test_another_coordinate_system_leads_to_the_same_corners(shape: Polygon, system: int) -> None:
    there = pyproj.Transformer.from_crs(4326, system, always_xy=True)
    projected = shapely.transform(shape, lambda points: np.column_stack(there.transform(points[:, 0], points[:, 1])))
    mended = mend(projected, to_wgs84(f"EPSG:{system}")).polygon
    assert mended is not None
    assert shapely.hausdorff_distance(mended, shape) < 1e-7


@given(shapes, st.booleans(), st.sampled_from(["iso", "extended"]), st.sampled_from([0, 1]))
@settings(max_examples=200, deadline=None)
def test_a_shape_is_counted_in_its_binary_form_as_it_is_built(
    shape: BaseGeometry, deep: bool, flavor: str, order: int
) -> None:
    if deep:
        shape = shapely.force_3d(shape, 1.0)
    blob = shapely.to_wkb(shape, flavor=flavor, byte_order=order, output_dimension=3, include_srid=False)
    counted = measure(blob)
    assert counted.refusal == ""
    assert counted.vertices == shapely.get_num_coordinates(shape)
    for cut in range(0, len(blob), 7):
        assert measure(blob[:cut]).refusal, "a shape that is cut short is never taken for a smaller one"


json_text = st.recursive(
    st.one_of(
        st.integers(-9, 9).map(str), st.just("true"), st.sampled_from(['"a"', '"[1"', r'"\\"', r'"\"[[1"', r'"x\\\""'])
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda each: "[" + ", ".join(each) + "]"),
        st.lists(inner, max_size=3).map(lambda each: "{" + ",".join(f'"k{n}": {v}' for n, v in enumerate(each)) + "}"),
    ),
    max_leaves=30,
)


@given(json_text, st.integers(1, 9))
@settings(max_examples=400, deadline=None)
def test_brackets_are_counted_as_a_parser_finds_them_wherever_the_blocks_end(text: str, block: int) -> None:
    import json
    import tempfile
    from pathlib import Path
    from unittest.mock import patch

    def depth(value: object) -> int:
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
        return 0 if inner is None else 1 + max(map(depth, inner), default=0)

    def positions(value: object) -> int:
        if isinstance(value, dict):
            return sum(map(positions, value.values()))
        if not isinstance(value, list):
            return 0
        first = bool(value) and isinstance(value[0], int) and not isinstance(value[0], bool)
        return first + sum(map(positions, value))

    with tempfile.TemporaryDirectory() as folder, patch("geo.json_limits.BLOCK", block):
        path = Path(folder) / "x.json"
        path.write_text(text)
        counted = measure_json(path, 1000, 1000)
    value = json.loads(text)
    assert (counted.depth, counted.positions) == (depth(value), positions(value))
