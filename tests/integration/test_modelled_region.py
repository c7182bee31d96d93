"""A training region is plausible, whole, repeatable and fit for use, for very different counties."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import pytest
import shapely

from data.regions import check_region, load_region
from domain.agency import Discipline, Service
from domain.agreement import AidQuestion, may_assign
from domain.errors import BadRegion
from domain.problem import errors_of
from domain.region import Region
from geo.boundaries import Boundaries, check_boundaries, read_boundaries
from geo.counties import DEGREE_METRES, CountyAtlas
from tools.region_build import ATLAS, build

BAY = ["06075", "06081", "06001", "06041", "06013"]
BUILT_IN = Path(__file__).resolve().parents[2] / "regions" / "bay_area"
NOON_2026_06_01 = 1_780_340_400.0


def _build(codes: list[str], out: Path, name: str | None = None, seed: int = 1) -> Path:
    build(codes, out, name, seed, lambda line: None)
    return out


@pytest.fixture(scope="module")
def bay(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _build(BAY, tmp_path_factory.mktemp("bay"), "Bay Area")


@pytest.fixture(scope="module")
def region(bay: Path) -> Region:
    return load_region(bay)


@pytest.fixture(scope="module")
def boundaries(bay: Path) -> Boundaries:
    return read_boundaries(bay)


def test_the_built_in_region_is_what_the_command_makes(bay: Path) -> None:
    names = sorted(path.name for path in bay.iterdir())
    assert names == sorted(path.name for path in BUILT_IN.iterdir())
    assert [name for name in names if (bay / name).read_bytes() != (BUILT_IN / name).read_bytes()] == []


def test_the_order_in_which_counties_are_named_changes_nothing(bay: Path, tmp_path: Path) -> None:
    again = _build(BAY[::-1], tmp_path, "Bay Area")
    assert [p.name for p in sorted(again.iterdir()) if p.read_bytes() != (bay / p.name).read_bytes()] == []


def test_another_seed_moves_the_stations(region: Region, tmp_path: Path) -> None:
    other = (
        load_region(_build(["06041"], tmp_path / "a", seed=1)),
        load_region(_build(["06041"], tmp_path / "b", seed=2)),
    )
    assert {s.lon for s in other[0].stations} != {s.lon for s in other[1].stations}


def test_the_bay_area_has_realistic_numbers(region: Region) -> None:
    kinds = Counter(unit.kind for unit in region.units)
    people = sum(place.population for place in region.places)
    assert 60 <= len(region.agencies) <= 90
    assert 900 <= len(region.units) <= 1450
    assert len({agency.discipline for agency in region.agencies}) >= 7
    assert 15_000 < people / kinds["ENGINE"] < 25_000
    assert 20_000 < people / kinds["AMBULANCE_ALS"] < 35_000
    assert 6_000 < people / kinds["PATROL"] < 12_000
    assert len(region.plans) >= 25


def test_names_ids_and_short_names_are_clear_and_unique(region: Region) -> None:
    assert {"sffd", "sfpd", "chp", "uscg", "mcso"} <= {agency.id for agency in region.agencies}
    assert max(len(agency.short) for agency in region.agencies) <= 14
    for words in (
        [a.id for a in region.agencies],
        [a.short for a in region.agencies],
        [a.name for a in region.agencies],
    ):
        assert [word for word, count in Counter(words).items() if count > 1] == []


def test_everything_is_marked_modelled(region: Region, boundaries: Boundaries) -> None:
    assert region.modelled
    assert region.note.startswith("modelled, not official")
    assert all(agency.modelled for agency in region.agencies)
    assert all(agreement.modelled for agreement in region.agreements)
    assert all(area.modelled and area.layer.startswith("modelled ") for area in boundaries.areas)


@pytest.mark.parametrize(
    "service",
    [
        Service.FIRE,
        Service.POLICE,
        Service.SHERIFF,
        Service.EMERGENCY_MANAGEMENT,
        Service.UTILITY,
        Service.HIGHWAY_PATROL,
    ],
)
def test_areas_of_a_service_tile_the_counties(boundaries: Boundaries, service: Service) -> None:
    atlas = CountyAtlas(ATLAS)
    land = shapely.union_all([atlas.get_county(code).shape for code in BAY])
    parts = [
        shape for area, shape in zip(boundaries.areas, boundaries.polygons, strict=True) if area.service == service
    ]
    # Square metres at 37.8 degrees; snapping to 0.1 m along 1,000 km of border is below 0.1 km2.
    to_m2 = DEGREE_METRES**2 * 0.79
    assert sum(part.area for part in parts) * to_m2 == pytest.approx(land.area * to_m2, abs=100_000)
    assert shapely.union_all(parts).symmetric_difference(land).area * to_m2 < 100_000
    assert bool(shapely.coverage_is_valid(parts))


def test_one_strip_has_two_ambulance_providers_and_one_hole_has_none(boundaries: Boundaries) -> None:
    atlas = CountyAtlas(ATLAS)
    land = shapely.union_all([atlas.get_county(code).shape for code in BAY])
    parts = [s for a, s in zip(boundaries.areas, boundaries.polygons, strict=True) if a.service == Service.EMS]
    to_km2 = DEGREE_METRES**2 * 0.79 / 1e6
    union = shapely.union_all(parts)
    assert 0.5 < (sum(part.area for part in parts) - union.area) * to_km2 < 6
    assert 5 < land.difference(union).area * to_km2 < 9


def test_the_coast_guard_has_the_bay_and_no_land(boundaries: Boundaries) -> None:
    water = next(
        s for a, s in zip(boundaries.areas, boundaries.polygons, strict=True) if a.service == Service.COAST_GUARD
    )
    assert water.contains(shapely.Point(-122.33, 37.70))  # the middle of the bay
    assert water.contains(shapely.Point(-122.65, 37.70))  # off Ocean Beach
    assert not water.intersects(shapely.Point(-122.44, 37.76))


def test_stations_stand_on_land_and_fire_stations_in_their_own_first_due_area(
    region: Region, boundaries: Boundaries
) -> None:
    atlas = CountyAtlas(ATLAS)
    land = shapely.union_all([atlas.get_county(code).shape for code in BAY])
    due = {
        (a.agency, a.name): s
        for a, s in zip(boundaries.areas, boundaries.polygons, strict=True)
        if a.service == Service.FIRE
    }
    fire = {agency.id for agency in region.agencies if agency.discipline == Discipline.FIRE}
    for station in region.stations:
        point = shapely.Point(station.lon, station.lat)
        if station.kind != "harbour":
            assert land.contains(point), station.id
        if station.agency in fire:
            assert due[station.agency, f"First due {station.name}"].contains(point), station.id


def test_every_unit_is_at_home_at_a_station_of_its_agency(region: Region) -> None:
    stations = {station.id: station for station in region.stations}
    assert len({unit.id for unit in region.units}) == len(region.units)
    for unit in region.units:
        home = stations[unit.station]
        assert (home.agency, home.lon, home.lat) == (unit.agency, unit.home_lon, unit.home_lat)


def test_every_plan_can_be_filled_by_units_of_the_region(region: Region) -> None:
    able = Counter(capability for unit in region.units for capability in unit.capabilities)
    short = [
        (plan.code, need)
        for plan in region.plans
        for alarm in plan.alarms
        for need in alarm
        if able[need.capability] < need.count
    ]
    assert short == []


def test_sensitive_types_are_marked_and_medical_ones_transport(region: Region) -> None:
    plans = {plan.code: plan for plan in region.plans}
    sensitive = {code for code, plan in plans.items() if plan.sensitive}
    assert sensitive == {
        "DOMESTIC_VIOLENCE", "SEXUAL_ASSAULT", "CHILD_IN_DANGER", "SUICIDE_THREAT", "OVERDOSE", "BARRICADED_PERSON",
        "BOMB_THREAT", "OFFICER_DOWN",
    }  # fmt: skip
    assert all(plan.transports for plan in plans.values() if plan.discipline == Discipline.EMS)
    assert all(plan.checklist and len(plan.alarms) == 3 for plan in plans.values())


def _ask(region: Region, asker: str, owner: str, capability: str, kind: str) -> str:
    question = AidQuestion(asker, owner, (capability,), kind, (), NOON_2026_06_01, 12)
    return may_assign(question, region.agreements, lambda clause: 0).rule


def test_agreements_grant_what_neighbours_expect(region: Region) -> None:
    assert _ask(region, "sffd", "sfems", "ALS", "CARDIAC_ARREST") == "automatic_aid"
    assert _ask(region, "dcfd", "sffd", "ENGINE", "STRUCTURE_FIRE") == "automatic_aid"
    assert _ask(region, "oakpd", "chp", "HIGHWAY_PATROL", "COLLISION_INJURY") == "automatic_aid"
    assert _ask(region, "oakpd", "chp", "HIGHWAY_PATROL", "BURGLARY") == "no_agreement"
    assert _ask(region, "sffd", "uscg", "BOAT", "WATER_RESCUE") == "automatic_aid"
    assert _ask(region, "oakpd", "acso", "PATROL", "ROBBERY") == "on_request"
    assert _ask(region, "livfd", "mcfd", "ENGINE", "STRUCTURE_FIRE") == "no_agreement"


@pytest.mark.parametrize(
    ("codes", "zone", "coast"),
    [
        (["36061", "36047", "36081", "36005", "36085"], "America/New_York", True),
        (["38101"], "America/Chicago", False),
        (["12086"], "America/New_York", True),
        (["02020"], "America/Anchorage", True),
        (["69085"], "Pacific/Saipan", True),  # the Northern Islands: nobody known to live there
        (["31117"], "America/Chicago", False),  # McPherson, Nebraska: 157 people known to GeoNames
        (["48141", "48229"], "America/Denver", False),  # El Paso: a state of two zones, a foreign land border
    ],
)
def test_any_counties_make_a_region_that_passes_the_check(
    codes: list[str], zone: str, coast: bool, tmp_path: Path
) -> None:
    _build(codes, tmp_path)
    region = load_region(tmp_path)
    problems = check_region(tmp_path, NOON_2026_06_01)
    problems += check_boundaries(tmp_path, {agency.id for agency in region.agencies}, "2026-06-01")
    assert errors_of(problems) == []
    assert region.time_zone == zone
    assert (Discipline.COAST_GUARD in {agency.discipline for agency in region.agencies}) == coast
    assert len({agency.discipline for agency in region.agencies}) >= 7
    staffed = defaultdict(int)
    for unit in region.units:
        staffed[unit.agency] += 1
    assert all(staffed[agency.id] for agency in region.agencies)


@pytest.mark.parametrize(
    ("codes", "words"),
    [([], "no county given"), (["99999"], "not in the county copy"), (["02020", "12086"], "too far")],
)
def test_counties_that_make_no_region_are_refused_with_the_reason(codes: list[str], words: str, tmp_path: Path) -> None:
    with pytest.raises(BadRegion, match=words):
        _build(codes, tmp_path)
    assert list(tmp_path.iterdir()) == []
