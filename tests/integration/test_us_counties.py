"""The compact county copy, checked against facts of geography it was not made from."""

from __future__ import annotations

import gzip
import hashlib
import math
import re
from pathlib import Path

import pytest
import shapely

from domain.errors import BadRegion
from geo.counties import ATLAS_FILE, DEGREE_METRES, CountyAtlas, county_of

FOLDER = Path(__file__).resolve().parents[2] / "regions" / "us_counties"


@pytest.fixture(scope="module")
def atlas() -> CountyAtlas:
    return CountyAtlas(FOLDER)


def test_the_copy_holds_the_counties_of_all_states_and_territories(atlas: CountyAtlas) -> None:
    assert len(atlas) == 3230
    assert len({atlas.get_county(code).state for code in atlas.codes}) == 56


def test_the_copy_is_the_file_its_provenance_names() -> None:
    digest = hashlib.sha256((FOLDER / ATLAS_FILE).read_bytes()).hexdigest()
    assert digest in (FOLDER / "PROVENANCE.md").read_text(encoding="utf-8")


def test_the_copy_stays_small() -> None:
    assert (FOLDER / ATLAS_FILE).stat().st_size < 900_000


@pytest.mark.parametrize(
    ("code", "name", "square_km"),
    [
        ("06075", "San Francisco County", 121),  # land areas of the Census Gazetteer, km2
        ("06001", "Alameda County", 1909),
        ("38101", "Ward County", 5214),
        ("48201", "Harris County", 4421),
    ],
)
def test_a_county_has_about_its_published_land_area(atlas: CountyAtlas, code: str, name: str, square_km: float) -> None:
    county = atlas.get_county(code)
    area = county.shape.area * (DEGREE_METRES / 1000) ** 2 * math.cos(math.radians(county.lat))
    assert county.long_name == name
    assert area == pytest.approx(square_km, rel=0.12)


@pytest.mark.parametrize(
    "code", ["06075", "36061", "12086", "02020", "17031", "26033", "55079", "36029", "48061", "23029", "06073"]
)
def test_a_county_on_the_ocean_or_a_great_lake_is_coastal(atlas: CountyAtlas, code: str) -> None:
    assert atlas.get_county(code).coastal


@pytest.mark.parametrize("code", ["38101", "48141", "48215", "36089", "30005", "06067", "20173", "12043"])
def test_a_county_inland_or_on_a_foreign_land_border_is_not_coastal(atlas: CountyAtlas, code: str) -> None:
    assert not atlas.get_county(code).coastal


def test_long_names_say_county_parish_or_city(atlas: CountyAtlas) -> None:
    names = {code: atlas.get_county(code).long_name for code in ("22071", "51760", "24510", "24005", "11001", "72127")}
    assert names == {
        "22071": "Orleans Parish",
        "51760": "Richmond City",
        "24510": "Baltimore City",
        "24005": "Baltimore County",
        "11001": "District of Columbia",
        "72127": "San Juan Municipio",
    }


def test_every_shape_is_valid_and_has_an_area(atlas: CountyAtlas) -> None:
    shapes = [atlas.get_county(code).shape for code in atlas.codes]
    assert bool(shapely.is_valid(shapes).all())
    assert min(shape.area for shape in shapes) > 0


def test_an_unknown_county_is_refused_with_what_to_give(atlas: CountyAtlas) -> None:
    with pytest.raises(BadRegion, match=re.escape("five-digit FIPS codes")):
        atlas.get_county("99999")


def test_counties_near_san_francisco_are_its_neighbours_and_not_itself(atlas: CountyAtlas) -> None:
    near = {county.name for county in atlas.near(["06075"], 20_000.0)}
    assert {"San Mateo", "Alameda", "Marin", "Contra Costa"} <= near
    assert "San Francisco" not in near
    assert "Los Angeles" not in near


def test_a_place_off_the_coarse_shore_belongs_to_the_nearest_county(atlas: CountyAtlas) -> None:
    counties = [atlas.get_county(code) for code in ("06075", "06001")]
    found = county_of(-122.53, 37.76, counties)  # 1.5 km off Ocean Beach
    assert found is not None
    assert found.name == "San Francisco"
    assert county_of(-123.5, 37.7, counties) is None


def test_tijuana_is_foreign_land_and_san_diego_is_not(atlas: CountyAtlas) -> None:
    around = shapely.box(-117.4, 32.3, -116.8, 33.0)
    foreign = atlas.foreign_land(around)
    assert foreign.contains(shapely.Point(-117.02, 32.45))
    assert not foreign.intersects(shapely.Point(-117.10, 32.75))


def test_a_damaged_copy_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / ATLAS_FILE).write_bytes(gzip.compress(b'{"arcs": []}'))
    with pytest.raises(BadRegion, match="cannot be read"):
        CountyAtlas(tmp_path)
