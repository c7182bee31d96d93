"""What a page says it can show, and which cells of the grid that is."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.interest import (
    EVERYTHING,
    MOST_FOLLOWED,
    BadInterest,
    cell_of,
    interest_from_query,
    interest_from_text,
    interest_in,
)

lons = st.floats(-180, 180, allow_nan=False)
lats = st.floats(-85, 85, allow_nan=False)


def tile(lon: float, lat: float) -> tuple[int, int]:
    """The web map's own formula, written down again."""
    x = math.floor((lon + 180) / 360 * 2048) % 2048
    y = math.floor((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2048)
    return x, min(max(y, 0), 2047)


@given(lons, lats, st.floats(0.001, 2), st.floats(0.001, 2), st.floats(0, 1), st.floats(0, 1))
def test_whatever_lies_in_a_view_lies_in_one_of_its_cells(
    west: float, south: float, wide: float, high: float, across: float, up: float
) -> None:
    north = min(85.0, south + high)
    seen = interest_in(west, south, west + wide, north, 13)
    lon = (west + across * wide + 180) % 360 - 180
    lat = south + up * (north - south)
    assert seen.cells is not None
    assert cell_of(lon, lat) in seen.cells


@given(lons, lats)
def test_a_cell_is_a_tile_of_zoom_eleven(lon: float, lat: float) -> None:
    x, y = tile(lon, lat)
    found = divmod(cell_of(lon, lat), 2048)
    assert abs(found[1] - y) <= 1e-9 or _on_an_edge(lon, lat)
    assert found[0] == x or _on_an_edge(lon, lat)


def _on_an_edge(lon: float, lat: float) -> bool:
    x = (lon + 180) / 360 * 2048
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * 2048
    return abs(x - round(x)) < 1e-6 or abs(y - round(y)) < 1e-6


def test_a_street_map_hears_a_few_cells_and_a_view_across_the_meridian_both_its_sides() -> None:
    town = interest_in(-122.52, 37.70, -122.36, 37.82, 13)
    assert town.cells is not None
    assert 1 < len(town.cells) <= 9
    fiji = interest_in(179.9, -17, 180.1, -16.9, 12)
    assert fiji.cells is not None
    assert cell_of(179.95, -16.95) in fiji.cells
    assert cell_of(-179.95, -16.95) in fiji.cells
    assert len(fiji.cells) <= 9


def test_a_view_of_half_the_world_is_told_of_everything_and_once_a_second() -> None:
    wide = interest_in(-170, -60, 60, 70, 3)
    assert (wide.cells, wide.far) == (None, True)
    assert interest_in(-122.5, 37.7, -122.4, 37.8, 10.99).far
    assert not interest_in(-122.5, 37.7, -122.4, 37.8, 11).far


def test_who_says_nothing_gets_everything() -> None:
    assert interest_from_query("") is EVERYTHING
    assert interest_from_text('{"t":"hello"}') is None


@pytest.mark.parametrize("view", ["1,2,3", "a,b,c,d,e", "1,2,3,4,nan", "1,inf,3,4,5", "1,50,3,4,5", "1,-91,3,4,5"])
def test_a_view_that_is_no_part_of_the_earth_is_refused_in_words(view: str) -> None:
    with pytest.raises(BadInterest, match="west"):
        interest_from_query(view)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[" * 5000,
        '{"t":"interest"}',
        '{"t":"interest","view":[1,2,3,"4"],"zoom":12}',
        '{"t":"interest","view":[1,2,3,4],"zoom":null}',
        '{"t":"interest","view":[1,2,3,4],"zoom":12,"units":"all"}',
        '{"t":"interest","view":[1,2,3,4],"zoom":12,"units":[1]}',
        json.dumps({"t": "interest", "view": [1, 2, 3, 4], "zoom": 12, "units": ["u"] * (MOST_FOLLOWED + 1)}),
    ],
)
def test_a_frame_that_cannot_be_read_is_refused_in_words(text: str) -> None:
    with pytest.raises(BadInterest):
        interest_from_text(text)


def test_a_page_follows_units_wherever_they_are() -> None:
    said = {"t": "interest", "view": [-122.5, 37.7, -122.4, 37.8], "zoom": 13, "units": ["sffd/E1"]}
    interest = interest_from_text(json.dumps(said))
    assert interest is not None
    assert interest.followed == {"sffd/E1"}
