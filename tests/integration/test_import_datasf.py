"""DataSF's published files become a region pack: counts are taken from the raw files, not from our own code."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import shapely

from data.regions import load_region
from domain.agency import Service
from domain.errors import BadRegion
from domain.region import Region
from geo.boundaries import Boundaries, read_boundaries
from tools.import_datasf import import_datasf
from tools.region import check_pack

NOW = 1_750_000_000.0


@pytest.fixture(scope="module")
def source(real_data: Path) -> Path:
    if not (real_data / "sf").is_dir():
        pytest.skip(f"no DataSF files in {real_data / 'sf'}")
    return real_data / "sf"


@pytest.fixture(scope="module")
def pack(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("pack") / "sf"
    import_datasf(source, out, lambda line: None)
    return out


@pytest.fixture(scope="module")
def region(pack: Path) -> Region:
    return load_region(pack)


@pytest.fixture(scope="module")
def boundaries(pack: Path) -> Boundaries:
    return read_boundaries(pack)


@pytest.fixture(scope="module")
def calls(source: Path) -> list[dict[str, str]]:
    with next(source.glob("*.csv")).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def properties(source: Path, name: str) -> list[dict[str, Any]]:
    return [feature["properties"] for feature in json.loads((source / name).read_text())["features"]]


def test_the_pack_can_be_used_and_only_its_unitless_agencies_are_warned_of(pack: Path) -> None:
    assert [str(problem) for problem in check_pack(pack, NOW)] == [
        'agencies.csv:3: warning: agency "sfdem" has no units; list them in units.csv',
        'agencies.csv:5: warning: agency "sfpd" has no units; list them in units.csv',
    ]


def test_every_unit_of_the_calls_is_there_once_with_its_agency(region: Region, calls: list[dict[str, str]]) -> None:
    types = {row["Unit ID"]: row["Unit Type"] for row in calls}
    assert len(region.units) == len(types) == 199
    assert {unit.callsign for unit in region.units} == set(types)
    private = {unit.callsign for unit in region.units if unit.agency == "private_ems"}
    assert private == {callsign for callsign, type_ in types.items() if type_ == "PRIVATE"}
    assert {unit.agency for unit in region.units} == {"sffd", "private_ems"}


@pytest.mark.parametrize(
    ("type_", "capability"),
    [
        ("ENGINE", "ENGINE"),
        ("TRUCK", "LADDER"),
        ("MEDIC", "ALS"),
        ("PRIVATE", "BLS"),
        ("CHIEF", "COMMAND"),
        ("RESCUE SQUAD", "RESCUE"),
        ("RESCUE CAPTAIN", "EMS_COMMAND"),
        ("INVESTIGATION", "INVESTIGATION"),
        ("SUPPORT", "SUPPORT"),
    ],
)
def test_units_can_do_what_their_type_says(
    region: Region, calls: list[dict[str, str]], type_: str, capability: str
) -> None:
    of_type = {row["Unit ID"] for row in calls if row["Unit Type"] == type_}
    assert of_type
    assert all(capability in unit.capabilities for unit in region.units if unit.callsign in of_type)


def test_engines_and_trucks_are_at_the_station_of_their_number(region: Region) -> None:
    units = {unit.callsign: unit for unit in region.units}
    stations = {station.id: station for station in region.stations}
    assert units["E14"].station == "sffd/14"
    assert (units["E14"].home_lon, units["E14"].home_lat) == (stations["sffd/14"].lon, stations["sffd/14"].lat)
    assert units["T07"].station == "sffd/07"
    assert units["D3"].station == "sffd/07"  # "Fire Station #7 - Division 3 Headquarters"
    assert units["B03"].station == "sffd/05"  # a battalion's number is no station's: headquarters
    assert units["KM01"].station == ""


def test_every_station_is_where_the_file_says(region: Region, source: Path) -> None:
    published = properties(source, "sf_fire_stations.geojson")
    assert len(region.stations) == len(published) == 42
    places = {(round(each["longitude"], 6), round(each["latitude"], 6)) for each in published}
    assert {(station.lon, station.lat) for station in region.stations} == places


def test_every_published_polygon_is_there(boundaries: Boundaries, source: Path) -> None:
    services = Counter(area.service for area in boundaries.areas)
    assert services[Service.POLICE] == len(properties(source, "sf_police_districts_2015plus.geojson")) == 10
    assert services[Service.FIRE] == len(properties(source, "sf_fire_station_catchments_modelled.geojson")) == 43
    assert services[Service.EMS] == services[Service.EMERGENCY_MANAGEMENT] == 1
    layers = Counter(context.layer for context in boundaries.context)
    assert layers["neighbourhood"] == len(properties(source, "sf_analysis_neighborhoods.geojson")) == 41
    assert layers["supervisor district"] == len(properties(source, "sf_supervisor_districts_2012.geojson")) == 11
    assert layers["land"] == 1
    assert all(polygon.is_valid for polygon in boundaries.polygons)


def test_the_presidio_is_federal_land_and_no_police_district_s(boundaries: Boundaries) -> None:
    fort = shapely.Point(-122.4775, 37.7928)
    here = {a.service for a, p in zip(boundaries.areas, boundaries.polygons, strict=True) if p.covers(fort)}
    assert Service.EMS in here
    assert Service.POLICE not in here


def test_only_the_police_districts_claim_to_be_official(boundaries: Boundaries) -> None:
    assert {area.service for area in boundaries.areas if not area.modelled} == {Service.POLICE}
    fire = {area.layer for area in boundaries.areas if area.service == Service.FIRE}
    assert all("modelled, not official" in layer for layer in fire)


def test_nearly_every_recorded_call_lies_in_somebody_s_ems_area(
    boundaries: Boundaries, calls: list[dict[str, str]]
) -> None:
    city = next(
        polygon
        for area, polygon in zip(boundaries.areas, boundaries.polygons, strict=True)
        if area.service == Service.EMS
    )
    places = [tuple(map(float, row["Location"].strip("()").split(","))) for row in calls if row["Location"]]
    inside = sum(shapely.contains_xy(city, [lon for _, lon in places], [lat for lat, _ in places]))
    print(f"{inside} of {len(places)} rows inside the city")
    assert inside / len(places) > 0.999


def test_every_call_type_has_a_plan_of_exactly_its_name(region: Region, calls: list[dict[str, str]]) -> None:
    assert {plan.name for plan in region.plans} == {row["Call Type"] for row in calls}
    assert len(region.plans) == 16


def test_fire_and_private_ambulances_may_use_each_other(region: Region) -> None:
    pairs = {(c.giver, c.receiver) for paper in region.agreements for c in paper.clauses if c.mode == "automatic"}
    assert {("private_ems", "sffd"), ("sffd", "private_ems")} <= pairs


def test_importing_again_gives_the_same_bytes(source: Path, pack: Path, tmp_path: Path) -> None:
    import_datasf(source, tmp_path / "again", lambda line: None)
    for file in sorted(pack.iterdir()):
        assert (tmp_path / "again" / file.name).read_bytes() == file.read_bytes(), file.name


def test_a_unit_recorded_under_several_types_takes_its_most_frequent_and_the_report_says_so(
    source: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(source, tmp_path / "in", ignore=shutil.ignore_patterns("*.csv"))
    rows = ["Unit ID,Unit Type,Call Type", "E14,TRUCK,Alarms", "E14,ENGINE,Alarms", "E14,ENGINE,Alarms", "Z1,ODD,Flood"]
    (folder / "calls.csv").write_text("\n".join(rows))
    lines: list[str] = []
    import_datasf(folder, tmp_path / "out", lines.append)
    units = {unit.callsign: unit for unit in load_region(tmp_path / "out").units}
    assert units["E14"].kind == "ENGINE"
    assert "E14 occurs as ENGINE 2 times, TRUCK 1 times; taken as ENGINE" in lines
    assert 'Z1 is of unknown type "ODD"; taken as SUPPORT' in lines
    assert 'call type "Flood" is not known; one engine' in lines


def test_without_a_calls_file_the_pack_has_no_units_and_says_so(source: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(source, tmp_path / "in", ignore=shutil.ignore_patterns("*.csv"))
    lines: list[str] = []
    import_datasf(folder, tmp_path / "out", lines.append)
    assert load_region(tmp_path / "out").units == ()
    assert "no calls file: the pack has no units and no response plans" in lines


def test_missing_files_are_named(source: Path, tmp_path: Path) -> None:
    shutil.copy(source / "sf_fire_stations.geojson", tmp_path)
    with pytest.raises(BadRegion, match=r"missing police districts .*analysis neighbourhoods.*supervisor districts"):
        import_datasf(tmp_path, tmp_path / "out", lambda line: None)


def test_the_command_line_imports_checks_and_sets_the_exit_status(
    source: Path, tmp_path: Path, project_root: Path
) -> None:
    def tools(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tools", "region", *words]
        return subprocess.run(command, cwd=project_root, capture_output=True, text=True, timeout=60, check=False)

    out = str(tmp_path / "sf")
    imported = tools("import-datasf", str(source), "--out", out)
    assert imported.returncode == 0, imported.stderr
    assert imported.stdout.splitlines()[-1].endswith("0 errors, 2 warnings")
    assert tools("check", out, "--strict").returncode == 1
    units = tmp_path / "sf" / "units.csv"
    units.write_text(units.read_text().replace("sffd,E14", "sfdf,E14"))
    checked = tools("check", out)
    assert checked.returncode == 1
    assert 'unknown agency "sfdf"; did you mean "sffd"?' in checked.stdout
    failed = tools("import-datasf", str(tmp_path / "nowhere"), "--out", out)
    assert failed.returncode == 2
    assert failed.stderr.count("\n") == 1
    assert "not a folder; name the one that holds DataSF's files" in failed.stderr
    assert tools("build", "--counties", "6075", "--out", out).returncode == 2
