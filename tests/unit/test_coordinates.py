"""Coordinates as they come over phone and radio, read; and written so that they read back to the same place."""

from __future__ import annotations

import math
import re

import pyproj
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from geo.coordinates import BadCoordinates, find_coordinates
from geo.notations import notations

NEAR = (-122.44, 37.76)
CITY_HALL = (-122.4193, 37.7793)
GEOD = pyproj.Geod(ellps="WGS84")


def metres(one: tuple[float, float], two: tuple[float, float]) -> float:
    return float(GEOD.inv(*one, *two)[2])


@pytest.mark.parametrize(
    "text",
    [
        "37.7793, -122.4193",
        "37.7793,-122.4193",
        "37.7793 -122.4193",
        "37.7793 / -122.4193",
        "+37.7793 -122.4193",
        "37.7793, −122.4193",
        "N37.7793 W122.4193",
        "37.7793N 122.4193W",
        "37.7793 N, 122.4193 W",
        "W122.4193 N37.7793",
        "37.7793° N 122.4193° W",
        "lat 37.7793 lon -122.4193",
        "Latitude: 37.7793, Longitude: -122.4193",
        "37.7793 north, 122.4193 west",
        "37,7793; -122,4193",
        "37,7793, -122,4193",
        "geo:37.7793,-122.4193",
        "geo:37.7793,-122.4193;u=20",
        "37°46.758'N 122°25.158'W",
        "37 46.758 N 122 25.158 W",
        "N 37° 46.758′ W 122° 25.158′",
        "3746.758N 12225.158W",
        "37:46.758, -122:25.158",
        "37°46'45.5\"N 122°25'09.5\"W",
        "37º 46’ 45.5” N, 122º 25’ 9.5” W",
        "37 46 45.5 -122 25 9.5",
        "37d46m45.5s N 122d25m9.5s W",
        "37°46'45.5''N, 122°25'9.5''W",
        "374645.5N 1222509.5W",
        "10SEG5113681487",
        "10S EG 51136 81487",
        "10s eg 51136 81487",
        "MGRS 10SEG5113681487",
        "USNG 10S EG 5113 8148",
        "EG 5113 8148",
        "10S 551136 4181487",
        "UTM 10S 551136mE 4181487mN",
        "10S 0551136 4181487",
        "[-122.4193, 37.7793]",
        "(37.7793, -122.4193)",
        "37-46.758N 122-25.158W",
        "849VQHHJ+P7",
        "849vqhhj+p7",
        "QHHJ+P7",
        "QHHJ+P7 San Francisco",
    ],
)
def test_every_common_spelling_of_city_hall_is_city_hall(text: str) -> None:
    found = find_coordinates(text, NEAR)
    assert found is not None, text
    assert metres((found.lon, found.lat), CITY_HALL) <= found.precision * 2 + 2, found


@pytest.mark.parametrize(
    "text",
    ["", "Main Street", "120 main st", "12", "E12", "#7", "3rd & Main", "Station 42", "1200 block of 3rd st", "EG"],
)
def test_names_addresses_and_callsigns_are_no_attempt_at_coordinates(text: str) -> None:
    assert find_coordinates(text, NEAR) is None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("37.7793, -190", "more than half way round"),
        ("95.5, 95.5", "beyond a pole"),
        ("37°61'N 122°W", "61 minutes"),
        ("37°46'75\"N 122°W", "75 minutes or seconds"),
        ("37.7793N 38.1N", "two latitudes"),
        ("-37.7793S 122W", "direction twice"),
        ("37.5°30'N 122°W", "fraction before its last part"),
        ("10SEG511368148", "as many for east as for north"),
        ("EG 51 8148", "as many for east as for north"),
        ("99SEG5113681487", "names no square"),
        ("10SII5113681487", None),
        ("61S 551136 4181487", "zone 61"),
        ("QHHJ+P8Z", None),
        ("geo:north", "geo:"),
    ],
)
def test_what_cannot_be_a_place_is_one_error_that_names_the_part(text: str, named: str | None) -> None:
    if named is None:
        assert find_coordinates(text, NEAR) is None
        return
    with pytest.raises(BadCoordinates, match=re.escape(named)):
        find_coordinates(text, NEAR)


@pytest.mark.parametrize(
    "text",
    ["bay", "Art", "12 ash", "5 elm", "BLS 12", "AMR 10", "455 S 500 E", "1200 3", "E1 E2", "7-11", "415-555-1234"],
)
def test_names_that_look_like_a_grid_reference_or_degrees_stay_names(text: str) -> None:
    assert find_coordinates(text, NEAR) is None


@pytest.mark.parametrize("text", ["7/11", "120 W 3", "EG4881"])
def test_what_may_be_either_says_so(text: str) -> None:
    found = find_coordinates(text, NEAR)
    assert found is not None
    assert found.doubtful
    sure = find_coordinates("10S EG 51136 81487", NEAR)
    assert sure is not None
    assert not sure.doubtful


@pytest.mark.parametrize(
    "text", ["10T EG 51136 81487", "10C EG 51136 81487", "10T 551136 4181487", "10C 551136 4181487"]
)
def test_a_reference_in_the_wrong_band_is_refused_not_placed_two_thousand_kilometres_away(text: str) -> None:
    with pytest.raises(BadCoordinates, match="10S"):
        find_coordinates(text, NEAR)


@pytest.mark.parametrize(
    ("text", "lon", "lat", "said"),
    [
        ("56S 334873 6252266", 151.215, -33.857, "southern"),  # Sydney, as most write it
        ("56H 334873 6252266", 151.215, -33.857, ""),
        ("10N 551136 4181487", *CITY_HALL, "northern"),
        ("10S 551136 4181487", *CITY_HALL, ""),
    ],
)
def test_letters_for_half_the_earth_are_told_from_bands(text: str, lon: float, lat: float, said: str) -> None:
    found = find_coordinates(text)
    assert found is not None
    assert metres((found.lon, found.lat), (lon, lat)) < 100
    assert said in found.note
    assert bool(said) == bool(found.note)


def test_an_o_is_asked_about_since_it_is_west_and_east() -> None:
    with pytest.raises(BadCoordinates, match="write W or E"):
        find_coordinates("48° 8' N 11° 34' O")


def test_a_short_code_is_completed_near_the_town_it_names() -> None:
    towns = {"Eureka": (-124.16, 40.80)}
    there = find_coordinates("QHHJ+P7 Eureka", NEAR, towns.get)
    assert there is not None
    assert metres((there.lon, there.lat), towns["Eureka"]) < 80_000
    assert "Eureka" in there.note
    elsewhere = find_coordinates("QHHJ+P7 Atlantis", NEAR, towns.get)
    assert elsewhere is not None
    assert "Atlantis is not on file" in elsewhere.note


def test_a_reference_without_its_zone_is_found_across_the_edge_of_a_zone() -> None:
    near = (-120.1, 38.0)  # in zone 10, the edge is at 120 W
    zone, square, east, north = dict(notations(-119.9, 38.0))["MGRS / USNG"].split()
    assert zone == "11S"
    found = find_coordinates(f"{square} {east} {north}", near)
    assert found is not None
    assert metres((found.lon, found.lat), (-119.9, 38.0)) < 2
    assert "11S" in found.note


@given(st.text(alphabet="0123456789 NSEWnsew.,;:/+-°'\"dmABZGabzg", max_size=30))
@settings(max_examples=500, deadline=None)
def test_whatever_is_typed_is_a_place_on_earth_or_none_or_one_error(text: str) -> None:
    try:
        found = find_coordinates(text, NEAR)
    except BadCoordinates:
        return
    assert found is None or (abs(found.lon) <= 180 and abs(found.lat) <= 90)


def test_a_short_code_without_a_region_asks_for_the_whole_one() -> None:
    with pytest.raises(BadCoordinates, match="whole one"):
        find_coordinates("QHHJ+P7")
    assert find_coordinates("EG 5113 8148") is None


def test_longitude_first_is_understood_where_it_can_only_be_that_and_said() -> None:
    found = find_coordinates("-122.4193, 37.7793")
    assert found is not None
    assert (found.lon, found.lat, found.note) == (-122.4193, 37.7793, "longitude was written first")
    latitude_first = find_coordinates("10.0, 20.0")
    assert latitude_first is not None
    assert (latitude_first.lat, latitude_first.lon, latitude_first.note) == (10.0, 20.0, "")


def test_a_grid_reference_is_the_middle_of_its_square_and_says_how_large_that_is() -> None:
    whole = find_coordinates("10SEG5113681487")
    for digits, half in ((4, 5.0), (3, 50.0), (2, 500.0), (1, 5000.0)):
        text = f"10S EG {'51136'[:digits]} {'81487'[:digits]}"
        found = find_coordinates(text)
        assert found is not None
        assert whole is not None
        assert found.precision == half
        assert metres((found.lon, found.lat), (whole.lon, whole.lat)) <= half * math.sqrt(2) + 1, text


PLACES = st.tuples(st.floats(-179.999, 179.999), st.floats(-79.9, 83.9))


@given(PLACES)
@settings(max_examples=300, deadline=None)
def test_every_notation_reads_back_to_the_same_place(place: tuple[float, float]) -> None:
    for name, text in notations(*place):
        found = find_coordinates(text, NEAR)
        assert found is not None, (name, text)
        assert metres((found.lon, found.lat), place) <= 2 * found.precision + 1.6, (name, text, found)


@given(st.floats(-180.0, 180.0), st.floats(-90.0, 90.0))
@settings(max_examples=300, deadline=None)
def test_minutes_and_seconds_never_reach_sixty(lon: float, lat: float) -> None:
    for name, text in notations(lon, lat):
        if name in ("Minutes", "DMS"):
            assert not re.search(r"(?<!\d)60(\.0+)?['\"]", text), text
            found = find_coordinates(text)
            assert found is not None
            assert abs(found.lat - lat) < 1e-4


@pytest.mark.parametrize("lat", [-7e-10, -1e-8, -5e-8, -5.1e-8, -1e-7, 0.0, 1e-9])
def test_a_hair_from_the_equator_is_read_back_too(lat: float) -> None:
    text = dict(notations(0.0, lat))["MGRS / USNG"]
    found = find_coordinates(text)
    assert found is not None
    assert metres((found.lon, found.lat), (0.0, lat)) < 2.0


@given(PLACES)
@settings(max_examples=200, deadline=None)
def test_utm_is_what_proj_says_it_is(place: tuple[float, float]) -> None:
    lon, lat = place
    text = dict(notations(lon, lat))["UTM"]
    zone, band, easting, northing = re.match(r"(\d+)([A-Z]) (\d+) (\d+)$", text).groups()  # type: ignore[union-attr]
    ours = pyproj.Transformer.from_crs((32600 if band >= "N" else 32700) + int(zone), 4326, always_xy=True)
    back = ours.transform(float(easting), float(northing))
    assert metres((back[0], back[1]), place) < 1.0
    # Zones are six degrees wide, but for Norway's and Svalbard's exceptions; a hair from an edge either is right.
    assume(not (56 <= lat < 64 and 0 <= lon < 12) and not lat >= 72)
    assume(1e-6 < (lon + 180) % 6 < 6 - 1e-6)  # a tenth of a metre
    assert int(zone) == int((lon + 180) // 6) + 1


@pytest.mark.parametrize(
    ("lon", "lat", "zone"),
    [(4.0, 60.0, "32V"), (2.9, 60.0, "31V"), (8.9, 73.0, "31X"), (9.1, 73.0, "33X"), (41.9, 73.0, "37X")],
)
def test_norway_and_svalbard_have_zones_of_their_own(lon: float, lat: float, zone: str) -> None:
    assert dict(notations(lon, lat))["MGRS / USNG"].startswith(zone)
    assert dict(notations(lon, lat))["UTM"].startswith(zone)


@pytest.mark.parametrize(
    ("lon", "lat"), [(0.0, 90.0), (0.0, -90.0), (180.0, 0.0), (-180.0, 0.0), (10.0, 88.0), (10.0, -85.0)]
)
def test_poles_and_the_antimeridian_have_notations_that_read_back(lon: float, lat: float) -> None:
    for name, text in notations(lon, lat):
        found = find_coordinates(text, NEAR)
        assert found is not None, (name, text)
        assert metres((found.lon, found.lat), (lon, lat)) < 30, (name, text)


def test_a_coarser_reference_names_the_square_the_finer_lies_in() -> None:
    fine = dict(notations(*CITY_HALL))["MGRS / USNG"]
    zone, square, east, north = fine.split()
    coarse = find_coordinates(f"{zone} {square} {east[:3]} {north[:3]}")
    assert coarse is not None
    assert metres((coarse.lon, coarse.lat), CITY_HALL) <= 50 * math.sqrt(2) + 1


@pytest.mark.parametrize(("lon", "lat"), [(181.0, 0.0), (0.0, 91.0), (math.nan, 0.0)])
def test_a_place_that_is_none_has_no_notation(lon: float, lat: float) -> None:
    with pytest.raises(ValueError, match="not a place"):
        notations(lon, lat)
