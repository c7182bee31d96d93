"""Every format gives the very same boundaries; which field is what, by name or by a mapping file."""

from __future__ import annotations

import re
import shutil
import zipfile
from datetime import date
from pathlib import Path

import geopandas
import numpy as np
import pytest
import shapely
from boundary_files import SQUARE, WORDS, write
from shapely import MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

import geo.limits
from domain.agency import Service
from domain.errors import BadRegion
from domain.jurisdiction import Area
from geo.boundaries import Boundaries, read_boundaries
from geo.boundary_import import Taken, join, take
from geo.mapping import service_of
from geo.mapping_file import read_mapping
from geo.sources import read_source
from tools.__main__ import main

ROOT = Path(__file__).resolve().parents[2]
STAR = Polygon(
    [
        (-122.5 + 0.1 / 3 * np.sin(a) * r, 37.7 + 0.1 / 7 * np.cos(a) * r)
        for a, r in zip(np.arange(0, 6, 0.6), [1, 2] * 5, strict=True)
    ]
)
RING = Polygon(box(-122.3, 37.1, -122.1, 37.3).exterior, [box(-122.25, 37.15, -122.2 + 1e-13, 37.2).exterior])
ISLANDS = MultiPolygon([box(-122.9, 37.8, -122.8, 37.9), box(-122.7, 37.8, -122.6 - 1e-11, 37.9)])
SHAPES: list[BaseGeometry] = [STAR, RING, ISLANDS]
NAMED = {**WORDS, "name": ["Star", "Ring", "Islands"]}


def in_parquet(folder: Path, shapes: list[BaseGeometry], crs: str) -> Path:
    frame = geopandas.GeoDataFrame(
        {k: v if isinstance(v, list) else [v] * 3 for k, v in NAMED.items()}, geometry=shapes
    )
    frame.set_crs(crs).to_parquet(folder / "x.parquet")
    return folder / "x.parquet"


def in_format(kind: str, folder: Path, shapes: list[BaseGeometry], crs: str) -> Path:
    """The shapes as a file of a format; a zip and a folder hold a shapefile."""
    if kind == ".parquet":
        return in_parquet(folder, shapes, crs)
    if kind == ".geojson":
        return write(folder / "x.geojson", shapes, NAMED, crs, COORDINATE_PRECISION=17)
    if kind in (".zip", "folder"):
        (folder / "districts").mkdir()
        write(folder / "districts" / "x.shp", shapes, NAMED, crs)
        if kind == "folder":
            return folder / "districts"
        return Path(shutil.make_archive(str(folder / "x"), "zip", folder / "districts"))
    return write(folder / f"x{kind}", shapes, NAMED, crs)


def exactly(taken: Taken) -> list[tuple[str, bytes]]:
    """Names and polygons bit by bit, whatever corner they begin with."""
    pairs = zip(taken.boundaries.areas, taken.boundaries.polygons, strict=True)
    return sorted((area.name, polygon.normalize().wkb) for area, polygon in pairs)


FORMATS = (".gpkg", ".fgb", ".shp", ".zip", "folder", ".geojson", ".parquet")


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_gives_the_very_same_polygons(tmp_path: Path, kind: str) -> None:
    taken = take(str(in_format(kind, tmp_path, SHAPES, "EPSG:4326")))
    assert taken.problems == ()
    expected = zip(["Star", "Ring", "Islands"], SHAPES, strict=True)
    assert exactly(taken) == sorted((name, shape.normalize().wkb) for name, shape in expected)
    assert {area.service for area in taken.boundaries.areas} == {Service.FIRE}


@pytest.mark.parametrize("system", ["EPSG:2227", "EPSG:32610", "EPSG:3857"])
def test_every_format_in_another_coordinate_system_gives_the_same_polygons(tmp_path: Path, system: str) -> None:
    there = list(geopandas.GeoSeries(SHAPES, crs=4326).to_crs(system))
    found = []
    for kind in FORMATS:
        (tmp_path / kind).mkdir()
        taken = take(str(in_format(kind, tmp_path / kind, there, system)))
        assert len(taken.problems) == 1, kind  # "brought from ... to WGS 84"
        found.append(exactly(taken))
    # GeoJSON by GDAL is written with 15 digits: the same to a nanometre; the binary formats bit by bit.
    for kind, each in zip(FORMATS, found, strict=True):
        if kind != ".geojson":
            assert each == found[0], kind
        for (name, blob), (first, other) in zip(each, found[0], strict=True):
            assert name == first
            assert shapely.hausdorff_distance(shapely.from_wkb(blob), shapely.from_wkb(other)) < 1e-13
    # And right: pyproj by way of geopandas is the same library, so the corner of the square is asked by hand.
    islands = shapely.from_wkb(dict(found[0])["Islands"])
    assert islands.bounds == pytest.approx(ISLANDS.bounds, abs=1e-8)


def test_a_layer_is_chosen_by_name(tmp_path: Path) -> None:
    write(tmp_path / "x.gpkg", [STAR], layer="fire")
    write(tmp_path / "x.gpkg", [RING], layer="police", append=True)
    assert take(str(tmp_path / "x.gpkg"), layer="fire").boundaries.polygons == (STAR,)
    assert 'no layer "fier"; did you mean "fire"?' in str(take(str(tmp_path / "x.gpkg"), layer="fier").problems[0])


NENA = {
    "DiscrpAgID": "county.ca.us",
    "DateUpdate": ["2023-05-06T07:08:09Z", "2023-05-06T07:08:09Z"],
    "Effective": ["2024-07-01T00:00:00Z", ""],
    "Expire": ["", "2030-01-01T00:00:00Z"],
    "ES_NGUID": ["{1}", "{2}"],
    "State": "CA",
    "Agency_ID": "nfd.county.ca.us",
    "ServiceURI": "sip:nfd@county.ca.us",
    "ServiceURN": ["urn:nena:service:responder.fire", "urn:emergency:service:responder.police.sheriff"],
    "ServiceNum": "911",
    "AVcard_URI": "",
    "DsplayName": ["North Fire", "Sheriff"],
}


@pytest.mark.parametrize("kind", [".gpkg", ".shp"])
@pytest.mark.parametrize("case", [str, str.lower])
def test_a_nena_service_boundary_layer_needs_no_mapping_file(tmp_path: Path, kind: str, case: object) -> None:
    words = {case(name): said for name, said in NENA.items()}  # type: ignore[operator]
    taken = take(str(write(tmp_path / f"esb{kind}", [STAR, RING], words)))
    assert taken.problems == ()
    assert taken.boundaries.areas == (
        Area(Service.FIRE, "nfd.county.ca.us", "North Fire", "esb", "2024-07-01"),
        Area(Service.SHERIFF, "nfd.county.ca.us", "Sheriff", "esb", "2023-05-06", "2030-01-01"),
    )


def test_services_are_known_by_urn_by_short_name_and_by_nenas_finer_names() -> None:
    for service in Service:
        assert service_of(service.value) == service_of(service.value.upper()) == service.value
        assert service_of(service.value.rpartition(".")[2]) == service.value
    assert service_of("urn:nena:service:responder.ems") == Service.EMS
    assert service_of("urn:nena:service:responder.stateProvincial_police") == Service.HIGHWAY_PATROL
    assert service_of("urn:emergency:service:responder.police.local") == Service.POLICE
    for other in ("urn:emergency:service:responder.fire.airport", "urn:emergency:service:sos.psap", "police.local", ""):
        assert service_of(other) == other


def test_a_service_that_is_none_of_ours_is_refused_until_the_mapping_decides(tmp_path: Path) -> None:
    words = {**NENA, "ServiceURN": ["urn:nena:service:responder.fire", "urn:nena:service:sos.psap"]}
    path = write(tmp_path / "esb.gpkg", [STAR, RING], words)
    assert 'unknown service "urn:nena:service:sos.psap"' in str(take(str(path)).problems[0])
    (tmp_path / "m.toml").write_text('base = "nena"\n[skip]\nservice = ["urn:nena:service:sos.psap"]\n')
    taken = take(str(path), read_mapping(tmp_path / "m.toml"))
    assert [area.name for area in taken.boundaries.areas] == ["North Fire"]
    assert 'a feature left out: service "urn:nena:service:sos.psap"' in str(taken.problems[0])


MAPPING = """
crs = "EPSG:2227"
[fields]
name = "Precinct {Precinct}"
agency = "OPERATOR"
effective = ["EFF_DATE", "created"]
expiry = "until"
[constants]
service = "police"
layer = "precincts"
[values.agency]
"Northern Police Department" = "npd"
[dates]
effective = "%m/%d/%Y"
expiry = "epoch_milliseconds"
"""


def test_a_mapping_file_says_what_is_what(tmp_path: Path) -> None:
    words = {
        "Precinct": [7.0, 8.0],
        "operator": "Northern Police Department",
        "EFF_DATE": ["07/04/2021", None],
        "CREATED": "01/02/2003",
        "until": 1893456000000,
    }
    there = list(geopandas.GeoSeries([STAR, RING], crs=4326).to_crs(2227))
    path = write(tmp_path / "x.shp", there, words)
    path.with_suffix(".prj").unlink()
    (tmp_path / "m.toml").write_text(MAPPING)
    taken = take(str(path), read_mapping(tmp_path / "m.toml"))
    assert not taken.refused
    assert taken.boundaries.areas == (
        Area(Service.POLICE, "npd", "Precinct 7", "precincts", "2021-07-04", "2030-01-01"),
        Area(Service.POLICE, "npd", "Precinct 8", "precincts", "2003-01-02", "2030-01-01"),
    )
    assert taken.boundaries.polygons[0].bounds == pytest.approx(STAR.bounds, abs=1e-7)


BAD_MAPPINGS = [
    ("fields = 1", "m.toml: fields is no table; begin it with [fields]"),
    ("[feilds]\nname = 'a'", 'm.toml: unknown key "feilds"; did you mean "fields"?'),
    ("[fields]\nnmae = 'a'", 'm.toml: [fields] unknown key "nmae"; did you mean "name"?'),
    ("[fields]\nname = 1.5", "m.toml: [fields] name is neither text nor a list of texts; write name"),
    (
        "[constants]\nservice = 'fier'",
        '[constants] unknown service "fier"; did you mean "urn:emergency:service:responde',
    ),
    ("[dates]\neffective = 'yesterday'", "m.toml: [dates] effective is no date format; write effective"),
    ("into = 'contxt'", 'm.toml: unknown into "contxt"; did you mean "context"?'),
    ("base = 'nana'", 'm.toml: unknown base "nana"; write base = "nena", or leave it out'),
    ("crs = 'EPSG:99999999'", 'm.toml: crs "EPSG:99999999" is not known; write a code like "EPSG:2263"'),
    ("encoding = 'klingon'", 'm.toml: encoding "klingon" is not known; write "utf-8" or "cp1252"'),
    ("[values]\nagency = 'a'", "m.toml: [values] agency is no table; begin it with [values.agency]"),
    ("[fields", "m.toml: not TOML: "),
    ("a = " + "[" * 5000, "m.toml: not TOML: "),
    ("a = '\ud800'", "m.toml: not UTF-8 text; save it as UTF-8"),
]


@pytest.mark.parametrize(("text", "line"), BAD_MAPPINGS, ids=[each[1][:40] for each in BAD_MAPPINGS])
def test_a_bad_mapping_file_is_refused_by_name(tmp_path: Path, text: str, line: str) -> None:
    (tmp_path / "m.toml").write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(BadRegion, match=re.escape(line)):
        read_mapping(tmp_path / "m.toml")
    assert main(["region", "import-boundaries", "x.gpkg", "--mapping", str(tmp_path / "m.toml"), "--out", "pack"]) == 2


def test_a_value_that_does_not_fit_its_date_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text(
        "[fields]\nname='name'\nservice='service'\nagency='agency'\neffective='effective'\n"
    )
    with (tmp_path / "m.toml").open("a") as file:
        file.write("[dates]\neffective = '%d.%m.%Y'\n")
    taken = take(str(write(tmp_path / "x.gpkg", [STAR])), read_mapping(tmp_path / "m.toml"))
    assert 'effective "(%d.%m.%Y) 2024-07-01" is not a date' in str(taken.problems[0])


def test_latitude_first_is_noticed_by_the_regions_view(tmp_path: Path) -> None:
    """New York's degrees stay on the globe when they are swapped; its region knows better."""
    path = write(tmp_path / "x.gpkg", [box(40.6, -74.0, 40.7, -73.9)])
    assert not take(str(path)).refused
    taken = take(str(path), view=(-73.95, 40.7))
    assert [str(each) for each in taken.problems] == [
        "x.gpkg: latitude is written before longitude; swap the two; longitude comes first"
    ]


def test_an_unknown_agency_is_told_once_with_the_nearest_known(tmp_path: Path) -> None:
    taken = take(str(write(tmp_path / "x.gpkg", SHAPES, NAMED)), agencies=frozenset({"nfdd", "spd"}))
    (problem,) = taken.problems
    assert '3 areas name the unknown agency "nfd"; did you mean "nfdd"?' in str(problem)


def area(layer: str, name: str) -> Area:
    return Area(Service.FIRE, "nfd", name, layer, "2024-01-01")


def test_a_layer_that_comes_anew_is_replaced_and_the_others_stay() -> None:
    old = Boundaries((area("a", "1"), area("a", "2"), area("b", "3")), (STAR, RING, SQUARE))
    new = Boundaries((area("a", "4"),), (SQUARE,))
    joined, lines = join(old, [new])
    assert [each.name for each in joined.areas] == ["3", "4"]
    assert joined.polygons == (SQUARE, SQUARE)
    assert lines == ['layer "a": 1 areas in place of 2', 'layer "b": 1 areas kept']


def test_a_layer_of_another_name_goes_when_it_is_named() -> None:
    old = Boundaries((area("modelled", "1"), area("b", "2")), (STAR, RING))
    joined, lines = join(old, [Boundaries((area("official", "3"),), (SQUARE,))], replacing=["modelled"])
    assert [each.name for each in joined.areas] == ["2", "3"]
    assert 'layer "modelled": 1 areas removed' in lines
    with pytest.raises(BadRegion, match='no layer "modeled" to replace; did you mean "modelled"'):
        join(old, [], replacing=["modeled"])


def test_areas_can_be_added_to_a_layer_but_not_the_same_one_twice() -> None:
    old = Boundaries((area("a", "1"),), (STAR,))
    joined, _lines = join(old, [Boundaries((area("a", "1"), area("a", "2")), (STAR, RING))], add=True)
    assert [each.name for each in joined.areas] == ["1", "2"]


def test_the_command_writes_a_pack_that_reads_back_exactly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fire = write(tmp_path / "fire.gpkg", [STAR], {**WORDS, "layer": "fire"})
    police = write(tmp_path / "police.fgb", [RING], {**WORDS, "layer": "police"})
    words = ["region", "import-boundaries", str(fire), str(police), "--out", str(tmp_path / "pack")]
    assert main(words) == 0
    told = capsys.readouterr().out
    assert 'boundaries.gpkg: layer "fire": 1 areas, new' in told
    boundaries = read_boundaries(tmp_path / "pack")
    assert [each.layer for each in boundaries.areas] == ["fire", "police"]
    assert [each.wkb for each in boundaries.polygons] == [STAR.wkb, RING.wkb]
    first = (tmp_path / "pack" / "boundaries.gpkg").read_bytes()
    assert main(words) == 0
    assert (tmp_path / "pack" / "boundaries.gpkg").read_bytes() == first
    assert 'layer "fire": 1 areas in place of 1' in capsys.readouterr().out


def test_several_layers_of_one_file_come_in_one_step(tmp_path: Path) -> None:
    write(tmp_path / "x.gpkg", [STAR], {**WORDS, "layer": "fire"}, layer="fire")
    write(tmp_path / "x.gpkg", [RING], {**WORDS, "layer": "police"}, layer="police", append=True)
    words = [
        "region",
        "import-boundaries",
        str(tmp_path / "x.gpkg"),
        "--out",
        str(tmp_path / "pack"),
        "--layer",
        "fire",
    ]
    assert main([*words, "--layer", "pollice"]) == 1
    assert not (tmp_path / "pack").exists()
    assert main([*words, "--layer", "police"]) == 0
    assert [each.layer for each in read_boundaries(tmp_path / "pack").areas] == ["fire", "police"]


def test_context_is_drawn_and_answers_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text(
        'into = "context"\n[fields]\nname = "hood"\n[constants]\nlayer = "neighbourhood"\n'
    )
    hoods = write(tmp_path / "hoods.gpkg", [STAR], {"hood": "Old Town"})
    words = ["region", "import-boundaries", str(hoods), "--mapping", str(tmp_path / "m.toml"), "--out"]
    assert main([*words, str(tmp_path / "empty")]) == 1  # a pack needs somebody who is responsible
    assert not (tmp_path / "empty").exists()
    fire = write(tmp_path / "fire.gpkg", [STAR])
    assert main(["region", "import-boundaries", str(fire), "--out", str(tmp_path / "pack")]) == 0
    assert main([*words, str(tmp_path / "pack")]) == 0
    boundaries = read_boundaries(tmp_path / "pack")
    assert [(each.name, each.layer) for each in boundaries.context] == [("Old Town", "neighbourhood")]
    assert len(boundaries.areas) == 1


def test_the_documented_limits_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| ([\d,.]+) ?(MB|s)? \|", (ROOT / "docs/regions.md").read_text(), re.MULTILINE)
    scale = {"MB": 2**20, "s": 1, "": 1}
    told = {name: float(value.replace(",", "")) * scale[unit] for name, value, unit in rows}
    known = {name: float(value) for name, value in vars(geo.limits).items() if name.isupper()}
    assert told == known


def test_nothing_stays_behind_in_the_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    assert not take(str(in_format(".zip", tmp_path, SHAPES, "EPSG:4326"))).refused
    with zipfile.ZipFile(tmp_path / "bad.zip", "w") as archive:
        archive.writestr("x.shp", b"\x00\x00\x27\x0a")
    assert take(str(tmp_path / "bad.zip")).refused
    assert list((tmp_path / "tmp").iterdir()) == []


def test_the_mapping_in_the_documentation_is_one_that_reads(tmp_path: Path) -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", (ROOT / "docs/regions.md").read_text(), re.DOTALL)
    (tmp_path / "m.toml").write_text(example)
    mapping = read_mapping(tmp_path / "m.toml")
    words = {"PRECINCT": ["1", "2"], "OPERATOR": "New York Police Department", "EFF_DATE": "01/31/2024", "CREATED": ""}
    taken = take(str(write(tmp_path / "x.gpkg", [STAR, RING], words)), mapping)
    assert taken.boundaries.areas[0] == Area(Service.POLICE, "nypd", "Precinct 1", "NYPD precincts 2024", "2024-01-31")


def test_numbers_dates_and_nothing_read_alike_in_every_format(tmp_path: Path) -> None:
    """A value table and a pattern must not depend on the format a county happened to choose."""
    frame = geopandas.GeoDataFrame(
        {"whole": [7, 8], "broken": [7.0, 2.5], "day": [date(2024, 7, 1), None], "word": [" a ", None]},
        geometry=[STAR, RING],
        crs="EPSG:4326",
    )
    for ending in ("gpkg", "fgb", "shp", "geojson", "parquet"):
        path = tmp_path / f"x.{ending}"
        frame.to_parquet(path) if ending == "parquet" else frame.to_file(path)
        columns = read_source(str(path)).columns
        rows = sorted(zip(*(columns[name] for name in ("whole", "broken", "day", "word")), strict=True))
        assert rows == [("7", "7", "2024-07-01", "a"), ("8", "2.5", "", "")], ending
