"""The drawn map: the browser is sent the very borders that decide, each once, in few bytes."""

from __future__ import annotations

import itertools
import json
from typing import Any

import numpy as np
import pytest
import shapely

from domain.agency import Service
from domain.jurisdiction import Area
from domain.region import Place
from geo.boundaries import Boundaries, Context
from geo.features import map_features

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


def opened(document: bytes) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(document)
    return found


def walked(document: dict[str, Any], flat: list[int]) -> Ring:
    """A stored line back in degrees."""
    xs = itertools.accumulate(flat[0::2])
    ys = itertools.accumulate(flat[1::2])
    west, south = document["origin"]
    return [(west + x / document["scale"], south + y / document["scale"]) for x, y in zip(xs, ys, strict=True)]


def drawn(document: dict[str, Any], layer: dict[str, Any]) -> shapely.Geometry:
    """Everything a browser strokes of a layer: its lines and the coast."""
    coast = [[*walked(document, ring), walked(document, ring)[0]] for ring in document["land"]["region"]]
    return shapely.union_all(
        [shapely.LineString(line) for line in [*coast, *(walked(document, line) for line in layer["lines"])]]
    )


def test_the_border_of_two_neighbours_is_drawn_once_and_the_coast_is_left_to_the_land() -> None:
    document = opened(map_features(two_towns()))
    (layer,) = document["layers"]
    assert [walked(document, line) for line in layer["lines"]] == [
        [pytest.approx((-122.2, 37.7)), pytest.approx((-122.2, 37.8))]
    ]
    assert len(document["land"]["region"]) == 1


def test_what_is_drawn_lies_on_the_borders_that_decide_within_a_metre() -> None:
    towns = [wavy_square(-122.3 + 0.1 * i, 37.7) for i in range(4)]
    boundaries = Boundaries(tuple(area(f"t{i}") for i in range(4)), tuple(towns))
    document = opened(map_features(boundaries))
    borders = shapely.union_all([shapely.boundary(town) for town in towns])
    assert document["tolerance"] == 0
    assert shapely.hausdorff_distance(drawn(document, document["layers"][0]), borders) * 111_320 < 1.0


def test_borders_that_need_too_many_bytes_are_simplified_together_and_the_document_says_so() -> None:
    towns = [wavy_square(-122.3 + 0.1 * i, 37.7, waves=4000) for i in range(4)]
    boundaries = Boundaries(tuple(area(f"t{i}") for i in range(4)), tuple(towns))
    exact = map_features(boundaries)
    document = map_features(boundaries, limit=len(exact) // 2)
    assert len(document) <= len(exact) // 2
    assert opened(document)["tolerance"] > 0


def test_a_region_that_cannot_be_made_small_enough_is_refused_with_what_to_do() -> None:
    with pytest.raises(ValueError, match="draw fewer layers"):
        map_features(two_towns(), limit=50)


def test_a_region_without_areas_is_refused() -> None:
    with pytest.raises(ValueError, match="boundaries file"):
        map_features(Boundaries((), ()))


def test_every_area_has_its_name_inside_it_even_when_it_is_bent_round_another() -> None:
    bent = shapely.difference(shapely.box(-122.3, 37.7, -122.1, 37.9), shapely.box(-122.27, 37.7, -122.13, 37.87))
    document = opened(map_features(Boundaries((area("bent"),), (bent,))))
    x, y, name, agency, _ = document["layers"][0]["names"][0]
    assert (name, agency) == ("BENT", "bent")
    assert shapely.contains(bent, shapely.Point(walked(document, [x, y])[0]))


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
    document = opened(map_features(boundaries))

    def west_to_east(kind: str) -> tuple[float, float]:
        (ring,) = document["open"][kind][Service.FIRE]
        lons = [lon for lon, _ in walked(document, ring)]
        return min(lons), max(lons)

    assert west_to_east("gaps") == pytest.approx((-122.05, -122.0))
    assert west_to_east("disputed") == pytest.approx((-122.17, -122.15))


def test_modelled_areas_and_the_day_they_took_effect_are_told() -> None:
    (layer,) = opened(map_features(two_towns()))["layers"]
    assert (layer["modelled"], layer["edition"], layer["title"]) == (True, "2026-01-01", "Police")


def test_the_larger_place_comes_first_so_that_its_name_wins_where_room_is_short() -> None:
    places = (Place("Small", -122.25, 37.75, 900), Place("Large", -122.15, 37.75, 90_000))
    document = opened(map_features(two_towns(), places))
    assert [name for _, _, name, _ in document["places"]] == ["Large", "Small"]


def test_neighbouring_land_is_drawn_and_named_but_has_no_border_of_a_service() -> None:
    document = opened(map_features(two_towns()))
    assert len(document["land"]["context"]) == 1
    assert document["around"][0][2:4] == ["Up North", "land"]
    assert all(
        lat <= 37.8 + 1e-6
        for layer in document["layers"]
        for line in layer["lines"]
        for _, lat in walked(document, line)
    )


def test_small_areas_are_worth_drawing_at_a_closer_zoom_than_large_ones() -> None:
    county = shapely.box(-122.6, 37.4, -121.6, 38.2)
    districts = [shapely.box(-122.3 + 0.02 * i, 37.7, -122.28 + 0.02 * i, 37.72) for i in range(5)]
    boundaries = Boundaries(
        (area("c", Service.SHERIFF, "counties"), *(area(f"d{i}", Service.FIRE, "first due") for i in range(5))),
        (county, *districts),
    )
    zooms = {layer["layer"]: layer["zoom"] for layer in opened(map_features(boundaries))["layers"]}
    assert zooms["counties"] <= 7
    assert zooms["first due"] >= 11
