"""New York's and San Francisco's published boundaries, by mapping file, through every format, point by point.

Needs the published files (`CONCORD_REAL_DATA`).
"""

from __future__ import annotations

from pathlib import Path

import geopandas
import pytest
import shapely

from domain.agency import Service
from geo.boundaries import read_boundaries
from geo.boundary_import import take
from geo.mapping_file import read_mapping
from tools.__main__ import main

LAYERS = [
    # the file, its mapping, how many areas, one of their names
    ("nyc/nyc_police_precincts.geojson", 'name = "Precinct {Precinct}"', "police", 76, "Precinct 113"),
    ("nyc/nyc_fire_battalions.geojson", 'name = "Battalion {FireBN}"', "fire", 49, "Battalion 9"),
    (
        "nyc/nyc_community_districts.geojson",
        'name = "Community district {BoroCD}"',
        "ems",
        71,
        "Community district 311",
    ),
    ("sf/sf_police_districts_2015plus.geojson", 'name = "district"', "police", 10, "SOUTHERN"),
    (
        "sf/sf_fire_station_catchments_modelled.geojson",
        'name = ["common_name", "common_nam"]',
        "fire",
        43,
        "Fire Station #1",
    ),
    ("sf/sf_supervisor_districts_2012.geojson", 'name = ["supname", "supdist"]', "utility", 11, "Farrell"),
]


def mapping(folder: Path, name: str, service: str) -> Path:
    path = folder / f"{service}.toml"
    constants = f'service = "{service}"\nagency = "them"\nlayer = "{service} 2024"\neffective = 2024-01-01\n'
    path.write_text(f"[fields]\n{name}\n[constants]\n{constants}")
    return path


@pytest.mark.parametrize(("file", "name", "service", "count", "one"), LAYERS, ids=[each[0] for each in LAYERS])
def test_a_published_layer_comes_whole(
    real_data: Path, tmp_path: Path, file: str, name: str, service: str, count: int, one: str
) -> None:
    fields = mapping(tmp_path, name, service)
    taken = take(str(real_data / file), read_mapping(fields))
    for problem in taken.problems:
        print(problem)
    assert not taken.refused
    assert len(taken.boundaries.areas) == count
    assert one in {area.name for area in taken.boundaries.areas}
    published = shapely.make_valid(
        geopandas.read_file(real_data / file).geometry.to_numpy(), method="structure", keep_collapsed=False
    )
    for ours, theirs in zip(taken.boundaries.polygons, published, strict=True):
        assert ours.is_valid
        assert ours.equals(theirs)


@pytest.mark.parametrize(("file", "name", "service", "count", "one"), LAYERS, ids=[each[0] for each in LAYERS])
@pytest.mark.parametrize("ending", ["gpkg", "fgb", "shp", "parquet"])
def test_a_published_layer_is_the_same_in_every_format(
    real_data: Path, tmp_path: Path, file: str, name: str, service: str, count: int, one: str, ending: str
) -> None:
    fields = read_mapping(mapping(tmp_path, name, service))
    frame = geopandas.read_file(real_data / file)
    path = tmp_path / f"x.{ending}"
    frame.to_parquet(path) if ending == "parquet" else frame.to_file(path)
    first, again = take(str(real_data / file), fields), take(str(path), fields)
    assert not again.refused
    assert len(again.boundaries.areas) == count
    # A shapefile turns rings round, a FlatGeobuf sorts its features along a curve: the same ground, the same corners.
    ours = {area.name: polygon.normalize() for area, polygon in zip(*pairs(first), strict=True)}
    theirs = {area.name: polygon.normalize() for area, polygon in zip(*pairs(again), strict=True)}
    assert ours.keys() == theirs.keys()
    assert [name for name in ours if not ours[name].equals(theirs[name])] == []
    if ending != "shp":
        assert ours == theirs


def pairs(taken: object) -> tuple[object, object]:
    return taken.boundaries.areas, taken.boundaries.polygons  # type: ignore[attr-defined]


def test_three_layers_make_one_pack(real_data: Path, tmp_path: Path) -> None:
    for file, name, service, _count, _one in LAYERS[:3]:
        fields = mapping(tmp_path, name, service)
        words = [
            "region",
            "import-boundaries",
            str(real_data / file),
            "--mapping",
            str(fields),
            "--out",
            str(tmp_path / "pack"),
        ]
        assert main(words) == 0
    boundaries = read_boundaries(tmp_path / "pack")
    assert len(boundaries.areas) == 76 + 49 + 71
    assert {area.service for area in boundaries.areas} == {Service.POLICE, Service.FIRE, Service.EMS}
