"""The drawn map: the browser is sent the very borders that decide, each once, in few bytes."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely

from domain.agency import Service
from domain.jurisdiction import Area
from domain.region import Place
from geo.boundaries import Boundaries, Context
from geo.features import LEVELS, map_documents

Ring = list[tuple[float, float]]


def area(agency: str, service: Service = Service.POLICE, layer: str = "police areas", modelled: bool = True) -> Area:
    return Area(service, agency, agency.upper(), layer, "2026-01-01", "", modelled)


def wavy_square(west: float, south: float, size: float = 0.1, waves: int = 40) -> shapely.Polygon:
    """A square whose sides wave, so that simplifying it would be seen."""
    along = np.linspace(0, 1, waves + 1)[:-1]
    swing = 0.003 * size * np.sin(along * 40)
    sides = [(along, swing), (1 + swing, along), (1 - along, 1 + swing), (swing, 1 - along)]
    points = np.concatenate([np.column_stack(side) for side in sides]) * size + [west, south]
    return shapely.make_valid(shapely.Polygon(points))


def two_towns(seam: float = -122.2) -> Boundaries:
    """Two towns that share one border, with land to the north."""
    west = shapely.box(-122.3, 37.7, seam, 37.8)
    east = shapely.box(seam, 37.7, -122.1, 37.8)
    return Boundaries(
        (area("west"), area("east")), (west, east), (Context("Up North", shapely.box(-122.3, 37.8, -122.1, 37.9)),)
    )


def opened(boundaries: Boundaries, places: tuple[Place, ...] = (), level: str = "exact") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(map_documents(boundaries, places).levels[level])
    return found


def arc(document: dict[str, Any], number: int) -> Ring:
    """An arc back in degrees, turned round where its number says so."""
    steps = document["arcs"][number if number >= 0 else ~number]
    xs, ys = itertools.accumulate(x for x, _ in steps), itertools.accumulate(y for _, y in steps)
    (across, along), (west, south) = document["transform"]["scale"], document["transform"]["translate"]
    points = [(west + x * across, south + y * along) for x, y in zip(xs, ys, strict=True)]
    return points if number >= 0 else points[::-1]


def shape(document: dict[str, Any], geometry: dict[str, Any]) -> shapely.Geometry:
    """A geometry object as polygons, decoded as the format says."""
    polygons = {"Polygon": [geometry.get("arcs")], "MultiPolygon": geometry.get("arcs")}.get(geometry["type"] or "", [])
    made = []
    for rings in polygons:
        decoded = []
        for ring in rings:
            points: Ring = []
            for number in ring:
                points += arc(document, number)[1 if points else 0 :]
            assert points[0] == points[-1], "a ring that does not close"
            decoded.append(points)
        made.append(shapely.Polygon(decoded[0], decoded[1:]))
    return shapely.MultiPolygon(made)


def layers(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in document["objects"].values() if "mesh" in one.get("properties", {})]


def drawn(document: dict[str, Any], layer: dict[str, Any]) -> shapely.Geometry:
    """Everything a browser strokes of a layer: its mesh and the coast."""
    coast = shapely.boundary(shape(document, document["objects"]["land"]))
    return shapely.union_all([coast, *(shapely.LineString(arc(document, n)) for n in layer["properties"]["mesh"])])


def test_the_border_of_two_neighbours_is_stored_once_and_the_coast_is_left_to_the_land() -> None:
    document = opened(two_towns())
    (layer,) = layers(document)
    (number,) = layer["properties"]["mesh"]
    assert sorted(arc(document, number)) == [pytest.approx((-122.2, 37.7)), pytest.approx((-122.2, 37.8))]
    used = [n for one in layer["geometries"] for ring in one["arcs"] for n in ring]
    assert number in used
    assert ~number in used, "the other town uses the same arc the other way round"


def test_what_is_drawn_for_streets_are_the_borders_that_decide_within_a_metre() -> None:
    towns = [wavy_square(-122.3 + 0.1 * i, 37.7) for i in range(4)]
    boundaries = Boundaries(tuple(area(f"t{i}") for i in range(4)), tuple(towns))
    document = opened(boundaries)
    borders = shapely.union_all([shapely.boundary(town) for town in towns])
    assert document["concord"] == {"level": "exact", "tolerance": 0.0}
    (layer,) = layers(document)
    assert shapely.hausdorff_distance(drawn(document, layer), borders) * 111_320 < 1.1
    for town, geometry in zip(towns, layer["geometries"], strict=True):
        assert shapely.hausdorff_distance(shape(document, geometry), town) * 111_320 < 1.1


def seamed(waves: int = 400) -> tuple[shapely.Polygon, shapely.Polygon]:
    """Two neighbours with a border that winds, and neither gap nor overlap."""
    lats = np.linspace(37.7, 37.8, waves)
    lons = -122.2 + 0.002 * np.sin(np.arange(waves) * 0.7) + 0.004 * np.sin(np.arange(waves) * 0.05)
    seam = list(zip(lons.tolist(), lats.tolist(), strict=True))
    return shapely.Polygon([(-122.3, 37.7), *seam, (-122.3, 37.8)]), shapely.Polygon(
        [(-122.1, 37.7), (-122.1, 37.8), *seam[::-1]]
    )


@pytest.mark.parametrize(("level", "tolerance"), [(name, metres) for name, _, metres in LEVELS])
def test_at_every_level_neighbours_keep_one_border_near_the_one_that_decides(level: str, tolerance: float) -> None:
    west, east = seamed()
    document = opened(Boundaries((area("west"), area("east")), (west, east)), level=level)
    (layer,) = layers(document)
    one, two = (shape(document, geometry) for geometry in layer["geometries"])
    rounding = 2.4e-5 * 0.1  # a metre or two along the seam
    assert shapely.area(shapely.intersection(one, two)) < rounding
    assert shapely.area(shapely.difference(shapely.union(west, east), shapely.union(one, two))) < rounding
    border = shapely.intersection(shapely.boundary(west), shapely.boundary(east))
    seam = shapely.LineString([point for n in layer["properties"]["mesh"] for point in arc(document, n)])
    # Visvalingam's measure is an area: a narrow wave may be cut off at more than the tolerance, twice it at most here.
    assert shapely.hausdorff_distance(seam, border) * 111_320 < 2 * tolerance + 2


def test_a_coarser_level_has_fewer_points_and_the_index_lists_what_each_is_for() -> None:
    documents = map_documents(Boundaries((area("west"), area("east")), seamed(4000)), edition="e1")
    sizes = [len(documents.levels[name]) for name, _, _ in LEVELS]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1] / 5
    index = json.loads(documents.index)
    assert index["edition"] == "e1"
    assert [(one["name"], one["zoom"], one["tolerance"]) for one in index["levels"]] == [*LEVELS]
    assert [one["bytes"] for one in index["levels"]] == sizes


def test_a_level_that_is_too_large_is_simplified_and_says_so() -> None:
    boundaries = Boundaries((area("west"), area("east")), seamed(4000))
    exact = map_documents(boundaries).levels["exact"]
    documents = map_documents(boundaries, limit=len(exact) // 2)
    assert len(documents.levels["exact"]) <= len(exact) // 2
    assert json.loads(documents.levels["exact"])["concord"]["tolerance"] > 0


def test_gis_programs_open_a_level_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "exact.json").write_bytes(
        map_documents(two_towns(), (Place("Town", -122.2, 37.75, 9),)).levels["exact"]
    )
    names = {name for name, _ in pyogrio.list_layers(tmp_path / "exact.json")}
    wanted = f"{Service.POLICE}|police areas"
    assert names >= {wanted, "places"}
    frame = pyogrio.read_dataframe(tmp_path / "exact.json", layer=wanted)
    assert frame["agency"].tolist() == ["west", "east"]
    for read, town in zip(frame.geometry, two_towns().polygons, strict=True):
        assert shapely.hausdorff_distance(read, town) * 111_320 < 1.1


def test_an_island_and_a_hole_are_drawn_as_they_are() -> None:
    ring = shapely.difference(shapely.box(-122.3, 37.7, -122.1, 37.9), shapely.box(-122.25, 37.75, -122.15, 37.85))
    lake_town = shapely.union(ring, shapely.box(-122.22, 37.78, -122.18, 37.82))
    document = opened(Boundaries((area("lake"),), (lake_town,)))
    (layer,) = layers(document)
    assert shapely.equals(shapely.normalize(shape(document, layer["geometries"][0])), shapely.normalize(lake_town)) or (
        shapely.hausdorff_distance(shape(document, layer["geometries"][0]), lake_town) < 1e-5
    )


def test_a_region_that_cannot_be_made_small_enough_is_refused_with_what_to_do() -> None:
    with pytest.raises(ValueError, match="draw fewer layers"):
        map_documents(two_towns(), limit=50)


def test_a_region_without_areas_is_refused() -> None:
    with pytest.raises(ValueError, match="boundaries file"):
        map_documents(Boundaries((), ()))


def test_every_area_has_its_name_inside_it_even_when_it_is_bent_round_another() -> None:
    bent = shapely.difference(shapely.box(-122.3, 37.7, -122.1, 37.9), shapely.box(-122.27, 37.7, -122.13, 37.87))
    (about,) = [one["properties"] for one in layers(opened(Boundaries((area("bent"),), (bent,))))[0]["geometries"]]
    assert (about["name"], about["agency"]) == ("BENT", "bent")
    assert shapely.contains(bent, shapely.Point(about["at"]))


def test_land_without_a_fire_agency_and_land_two_claim_are_marked() -> None:
    county = shapely.box(-122.3, 37.7, -122.0, 37.8)
    north = shapely.box(-122.3, 37.7, -122.15, 37.8)
    south = shapely.box(-122.17, 37.7, -122.05, 37.8)
    boundaries = Boundaries(
        (
            area("county", Service.SHERIFF, "counties"),
            area("a", Service.FIRE, "first due"),
            area("b", Service.FIRE, "first due"),
        ),
        (county, north, south),
    )
    document = opened(boundaries)

    def west_to_east(kind: str) -> tuple[float, float]:
        west, _, east, _ = shapely.bounds(shape(document, document["objects"][f"{kind} {Service.FIRE}"]))
        return west, east

    assert west_to_east("gap") == pytest.approx((-122.05, -122.0))
    assert west_to_east("disputed") == pytest.approx((-122.17, -122.15))


def test_modelled_areas_and_the_day_they_took_effect_are_told() -> None:
    (layer,) = (one["properties"] for one in layers(opened(two_towns())))
    assert (layer["modelled"], layer["edition"], layer["title"]) == (True, "2026-01-01", "Police")


def test_the_larger_place_comes_first_so_that_its_name_wins_where_room_is_short() -> None:
    places = (Place("Small", -122.25, 37.75, 900), Place("Large", -122.15, 37.75, 90_000))
    document = opened(two_towns(), places)
    assert [one["properties"]["name"] for one in document["objects"]["places"]["geometries"]] == ["Large", "Small"]


def test_neighbouring_land_is_drawn_and_named_but_has_no_border_of_a_service() -> None:
    document = opened(two_towns())
    assert shapely.bounds(shape(document, document["objects"]["context"])).tolist()[3] == pytest.approx(37.9)
    (around,) = (one["properties"] for one in document["objects"]["around"]["geometries"])
    assert (around["name"], around["layer"]) == ("Up North", "land")
    for layer in layers(document):
        assert all(lat <= 37.8 + 1e-6 for n in layer["properties"]["mesh"] for _, lat in arc(document, n))


def test_small_areas_are_worth_drawing_at_a_closer_zoom_than_large_ones() -> None:
    county = shapely.box(-122.6, 37.4, -121.6, 38.2)
    districts = [shapely.box(-122.3 + 0.02 * i, 37.7, -122.28 + 0.02 * i, 37.72) for i in range(5)]
    boundaries = Boundaries(
        (area("c", Service.SHERIFF, "counties"), *(area(f"d{i}", Service.FIRE, "first due") for i in range(5))),
        (county, *districts),
    )
    zooms = {one["properties"]["layer"]: one["properties"]["zoom"] for one in layers(opened(boundaries))}
    assert zooms["counties"] <= 7
    assert zooms["first due"] >= 11
