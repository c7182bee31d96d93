"""Who is responsible here, held against plain shapely and against geodesics on the ellipsoid."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
import shapely
from pyproj import Geod
from shapely import MultiPolygon, Point, Polygon, box

from domain.agency import Service
from domain.errors import BadCommand, BadRegion
from domain.jurisdiction import Area, ServiceAnswer, gaps
from geo.boundaries import Boundaries
from geo.jurisdiction import NEARBY_METRES, JurisdictionIndex

GEOD = Geod(ellps="WGS84")
DAY = date(2026, 7, 1)
FIRE, POLICE = Service.FIRE, Service.POLICE
WEST, EAST = box(-122.5, 37.7, -122.4, 37.8), box(-122.4, 37.7, -122.3, 37.8)
METRE_EAST = 1 / 88_100
"""Degrees of longitude in a metre, about, at latitude 37.75."""


def area(agency: str, service: Service = FIRE, effective: str = "", expiry: str = "", name: str = "") -> Area:
    return Area(service, agency, name or f"{agency} area", "test", effective, expiry)


def index(*pairs: tuple[Area, Polygon | MultiPolygon]) -> JurisdictionIndex:
    return JurisdictionIndex(Boundaries(tuple(one for one, _ in pairs), tuple(shape for _, shape in pairs)))


def agencies(areas: Sequence[Area]) -> list[str]:
    return [one.agency for one in areas]


def fire_at(of: JurisdictionIndex, lon: float, lat: float, when: date | float = DAY) -> ServiceAnswer:
    return next(answer for answer in of.at(lon, lat, when) if answer.service == FIRE)


def test_one_agency_well_inside_its_area_is_the_plain_answer() -> None:
    answer = fire_at(index((area("west"), WEST), (area("east"), EAST)), -122.45, 37.75)
    assert agencies(answer.areas) == ["west"]
    assert (answer.disputed, answer.gap, answer.on_boundary, answer.boundary_metres) == (False, False, False, None)


def test_nobody_responsible_is_a_gap_and_a_service_without_areas_is_not_mentioned() -> None:
    of = index((area("west"), WEST), (area("pd", POLICE), EAST))
    answers = {answer.service: answer for answer in of.at(-122.35, 37.75, DAY)}
    assert set(answers) == {FIRE, POLICE}
    assert answers[FIRE].gap
    assert not answers[POLICE].gap


def test_services_come_in_one_order_whatever_the_file_says() -> None:
    of = index(*((area("a", service), WEST) for service in reversed(Service)))
    named = [answer.service.name for answer in of.at(-122.45, 37.75, DAY)]
    assert named[:5] == ["FIRE", "EMS", "POLICE", "SHERIFF", "HIGHWAY_PATROL"]
    assert named[5:] == ["COAST_GUARD", "EMERGENCY_MANAGEMENT", "UTILITY"]


def test_overlapping_agencies_are_disputed_and_all_named() -> None:
    answer = fire_at(index((area("west"), WEST), (area("both"), box(-122.5, 37.6, -122.3, 37.9))), -122.45, 37.75)
    assert answer.disputed
    assert agencies(answer.areas) == ["west", "both"]


def test_a_first_due_area_inside_its_agency_is_no_dispute_and_comes_first() -> None:
    first_due = area("west", name="Station 7")
    answer = fire_at(index((area("west"), WEST), (first_due, box(-122.46, 37.74, -122.44, 37.76))), -122.4401, 37.75)
    assert not answer.disputed
    assert answer.areas[0] == first_due
    assert answer.boundary_metres is None  # the first-due area's own border, 9 m away, is nobody else's


@pytest.mark.parametrize(("metres", "on_boundary"), [(5, True), (29, True), (31, False), (200, False)])
def test_within_30_m_of_another_agency_it_is_on_the_boundary_of_both(metres: float, on_boundary: bool) -> None:
    answer = fire_at(index((area("west"), WEST), (area("east"), EAST)), -122.4 - metres * METRE_EAST, 37.75)
    assert agencies(answer.areas) == ["west"]
    assert answer.boundary_metres == pytest.approx(metres, rel=0.001)
    assert (answer.on_boundary, agencies(answer.neighbours)) == (on_boundary, ["east"] if on_boundary else [])


def test_a_point_on_the_shared_border_belongs_to_both_and_says_so() -> None:
    answer = fire_at(index((area("west"), WEST), (area("east"), EAST)), -122.4, 37.75)
    assert sorted(agencies(answer.areas)) == sorted(agencies(answer.neighbours)) == ["east", "west"]
    assert answer.boundary_metres == 0.0


def test_where_areas_overlap_by_a_few_metres_the_border_of_either_is_near() -> None:
    wider = box(-122.5, 37.7, -122.4 + 10 * METRE_EAST, 37.8)
    answer = fire_at(index((area("west"), wider), (area("east"), EAST)), -122.4 + 4 * METRE_EAST, 37.75)
    assert answer.disputed
    assert answer.boundary_metres == pytest.approx(4, rel=0.001)
    assert agencies(answer.neighbours) == ["east", "west"]


def test_inside_a_dispute_the_border_of_a_first_due_area_is_still_nobody_elses() -> None:
    first_due = area("west", name="Station 7"), box(-122.46, 37.74, -122.44, 37.76)
    of = index((area("west"), WEST), first_due, (area("both"), box(-122.5, 37.6, -122.3, 37.9)))
    answer = fire_at(of, -122.4401, 37.75)
    assert answer.disputed
    assert (answer.boundary_metres, answer.neighbours) == (None, ())


def test_in_a_sliver_between_two_agencies_nobody_is_responsible_but_both_are_near() -> None:
    apart = box(-122.4 + 20 * METRE_EAST, 37.7, -122.3, 37.8)
    answer = fire_at(index((area("west"), WEST), (area("east"), apart)), -122.4 + 8 * METRE_EAST, 37.75)
    assert answer.gap
    assert agencies(answer.neighbours) == ["west", "east"]
    assert answer.boundary_metres == pytest.approx(8, rel=0.001)


def test_a_hole_belongs_to_nobody_and_an_island_of_a_multipolygon_to_its_agency() -> None:
    ring = Polygon(WEST.exterior.coords, [box(-122.46, 37.74, -122.44, 37.76).exterior.coords])
    of = index((area("west"), MultiPolygon([ring, box(-122.3, 37.7, -122.2, 37.8)])))
    assert fire_at(of, -122.45, 37.75).gap
    assert agencies(fire_at(of, -122.25, 37.75).areas) == ["west"]


def test_the_effective_date_is_the_first_day_and_the_expiry_date_no_longer_one() -> None:
    of = index(
        (area("old", effective="2000-01-01", expiry="2026-07-01"), WEST), (area("new", effective="2026-07-01"), WEST)
    )
    assert agencies(fire_at(of, -122.45, 37.75, date(2026, 6, 30)).areas) == ["old"]
    assert agencies(fire_at(of, -122.45, 37.75, date(2026, 7, 1)).areas) == ["new"]
    assert fire_at(of, -122.45, 37.75, date(1999, 12, 31)).gap


def test_an_area_out_of_force_is_no_neighbour() -> None:
    of = index((area("west"), WEST), (area("east", expiry="2020-01-01"), EAST))
    answer = fire_at(of, -122.4 - 5 * METRE_EAST, 37.75)
    assert (answer.boundary_metres, answer.neighbours) == (None, ())


def test_a_day_begins_at_the_regions_midnight() -> None:
    boundaries = Boundaries((area("new", effective="2026-07-01"),), (WEST,))
    just_before = datetime(2026, 7, 1, 6, 59, tzinfo=UTC).timestamp()  # 23:59 on 30 June in San Francisco
    assert fire_at(JurisdictionIndex(boundaries, ZoneInfo("America/Los_Angeles")), -122.45, 37.75, just_before).gap
    assert not fire_at(JurisdictionIndex(boundaries), -122.45, 37.75, just_before).gap


def test_clauses_know_a_place_by_its_agencies_and_area_names() -> None:
    of = index((area("west", name="06075"), WEST), (area("pd", POLICE), WEST), (area("east"), EAST))
    assert of.areas_at(-122.45, 37.75, DAY) == {"west", "06075", "pd", "pd area"}
    assert of.areas_at(0.0, 0.0, DAY) == frozenset()


def test_a_place_that_is_none_is_refused() -> None:
    with pytest.raises(BadCommand, match="longitude comes first"):
        index((area("west"), WEST)).at(37.75, -122.45, DAY)
    with pytest.raises(BadCommand, match="longitude comes first"):
        index((area("west"), WEST)).areas_at(math.nan, 0.0, DAY)


def test_a_date_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(BadRegion, match='"west area" of west: "soon" is not a date'):
        index((area("west", effective="soon"), WEST))


@pytest.mark.parametrize("shape", [Polygon(), shapely.GeometryCollection([WEST])])
def test_a_shape_that_is_no_polygon_is_refused_by_name(shape: Polygon) -> None:
    with pytest.raises(BadRegion, match='"west area" of west is no polygon'):
        index((area("west"), shape))


def test_a_region_without_areas_answers_nothing() -> None:
    assert index().at(0.0, 0.0, DAY) == ()
    assert index().areas_at(0.0, 90.0, DAY) == frozenset()


def test_many_places_get_the_answers_one_place_gets() -> None:
    areas, shapes, points = random_region(3, lattice=True)
    of = index(*zip(areas, shapes, strict=True))
    for day in (date(2022, 6, 1), date(2026, 6, 1)):
        many = of.at_many(points[:, 0], points[:, 1], day)
        for (lon, lat), code in zip(points.tolist(), many.codes.tolist(), strict=True):
            assert many.table[code] == of.responsible_at(lon, lat, day)
            assert [answer.areas for answer in many.table[code]] == [answer.areas for answer in of.at(lon, lat, day)]


def test_of_many_places_one_that_is_none_is_named() -> None:
    of = index((area("west"), WEST))
    with pytest.raises(BadCommand, match="place 1 of 2"):
        of.at_many([-122.45, math.nan], [37.75, 37.75], DAY)
    with pytest.raises(BadCommand, match="longitude comes first"):
        of.at_many([37.75], [-122.45], DAY)
    with pytest.raises(ValueError, match="parallel"):
        of.at_many([-122.45, -122.45], [37.75], DAY)


def test_whoever_has_a_border_near_by_is_found_to_be_notified() -> None:
    of = index((area("west"), WEST), (area("east"), EAST), (area("old", expiry="2020-01-01"), EAST))
    near = of.near(-122.4 - 50 * METRE_EAST, 37.75, DAY, 100.0)
    assert sorted(one.agency for _, one in near) == ["east", "west"]  # it is the border of both
    assert near[0][0] == pytest.approx(50, rel=0.001)
    assert of.near(-122.4 - 150 * METRE_EAST, 37.75, DAY, 100.0) == ()


def test_an_index_built_before_is_taken_on_and_one_of_other_polygons_refused() -> None:
    boundaries = Boundaries((area("west"), area("east")), (WEST, EAST))
    zones = JurisdictionIndex(boundaries).zones
    assert agencies(fire_at(JurisdictionIndex(boundaries, zones=zones), -122.45, 37.75).areas) == ["west"]
    with pytest.raises(BadRegion, match="of other polygons"):
        JurisdictionIndex(Boundaries((area("east"), area("west")), (EAST, WEST)), zones=zones)


# Against something independent ---------------------------------------------------------------------


def random_region(seed: int, lattice: bool) -> tuple[list[Area], list[Polygon | MultiPolygon], np.ndarray]:
    """Random areas of a few agencies about San Francisco, and points that like to sit on their borders."""
    random = np.random.default_rng(seed)
    areas: list[Area] = []
    shapes: list[Polygon | MultiPolygon] = []
    while len(shapes) < 14:
        if lattice:
            x, y = random.integers(0, 6, 2) * 0.01
            width, height = random.integers(1, 4, 2) * 0.01
            shape = box(-122.45 + x, 37.7 + y, -122.45 + x + width, 37.7 + y + height)
        else:
            centre, count = random.uniform(0, 0.08, 2), int(random.integers(3, 12))
            angles = np.sort(random.uniform(0, 2 * math.pi, count))
            reach = random.uniform(0.002, 0.04, count)
            outline = np.column_stack((np.cos(angles), np.sin(angles))) * reach[:, None] + centre + (-122.45, 37.7)
            shape = Polygon(outline)
        if shape.is_valid and random.random() < 0.3 and shapes:
            shape = shape.difference(shapes[-1])
        if not shape.is_valid or shape.is_empty or shape.geom_type not in ("Polygon", "MultiPolygon"):
            continue
        since, until = sorted(random.integers(2020, 2031, 2))
        agency, service = f"agency{random.integers(4)}", random.choice([FIRE, POLICE])
        areas.append(area(agency, Service(service), f"{since}-01-01", f"{until}-01-01", f"area {len(areas)}"))
        shapes.append(shape)
    vertices = shapely.get_coordinates(shapes)
    some = vertices[random.integers(0, len(vertices), 120)]
    others = vertices[random.integers(0, len(vertices), 40)]
    points = np.vstack(
        (
            some,
            np.nextafter(some, np.inf),
            np.nextafter(some, -np.inf),
            some + random.uniform(-0.0005, 0.0005, some.shape),
            (some[:40] + others) / 2,
            random.uniform((-122.5, 37.65), (-122.3, 37.85), (120, 2)),
        )
    )
    return areas, shapes, points


@pytest.mark.parametrize("lattice", [True, False])
@pytest.mark.parametrize("seed", range(6))
def test_every_answer_equals_plain_shapely_for_random_regions(seed: int, lattice: bool) -> None:
    areas, shapes, points = random_region(seed, lattice)
    of = index(*zip(areas, shapes, strict=True))
    for year in (2022, 2026):
        day = date(year, 6, 1)
        in_force = [one.effective <= day.isoformat() < one.expiry for one in areas]
        for lon, lat in points.tolist():
            held = {i for i, shape in enumerate(shapes) if in_force[i] and shape.intersects(Point(lon, lat))}
            answers = of.at(lon, lat, day)
            assert {one for answer in answers for one in answer.areas} == {areas[i] for i in held}
            assert sum(len(answer.areas) for answer in answers) == len(held)
            assert of.areas_at(lon, lat, day) == {areas[i].agency for i in held} | {areas[i].name for i in held}


def walked(shape: Polygon | MultiPolygon, lon: float, lat: float) -> float:
    """Geodesic metres from a point to a polygon's rings: walk them, then walk again where it was nearest."""
    best = math.inf
    for line in shapely.get_parts(shape.boundary):
        for start, end in zip(line.coords[:-1], line.coords[1:], strict=True):
            low, high = 0.0, 1.0
            for _ in range(6):
                t = np.linspace(low, high, 41)
                lons, lats = start[0] + t * (end[0] - start[0]), start[1] + t * (end[1] - start[1])
                far = GEOD.inv(lons, lats, np.full(41, lon), np.full(41, lat))[2]
                at = int(far.argmin())
                low, high = t[max(at - 1, 0)], t[min(at + 1, 40)]
            best = min(best, float(far.min()))
    return best


@pytest.mark.parametrize("seed", range(4))
def test_distances_to_the_border_equal_the_geodesic_to_another_agencys_polygon(seed: int) -> None:
    areas, shapes, points = random_region(seed, lattice=seed % 2 == 0)
    of = index(*zip(areas, shapes, strict=True))
    checked = 0
    for lon, lat in points[360:560:7].tolist():
        for answer in of.at(lon, lat, DAY):
            if answer.disputed:
                continue
            holders = {one.agency for one in answer.areas}
            others = [
                (walked(shape, lon, lat), one)
                for one, shape in zip(areas, shapes, strict=True)
                if one.service == answer.service
                and one.agency not in holders
                and one.effective <= DAY.isoformat() < one.expiry
                and shape.distance(Point(lon, lat)) < 0.02
            ]
            nearest = min((metres for metres, _ in others), default=math.inf)
            if nearest > NEARBY_METRES * 0.999:
                assert answer.boundary_metres is None or answer.boundary_metres > NEARBY_METRES * 0.998
                continue
            checked += 1
            assert answer.boundary_metres == pytest.approx(nearest, rel=3e-4, abs=0.01)
            clear = [(metres, one) for metres, one in others if abs(metres - 30) > 0.1]
            assert {one for metres, one in clear if metres < 30} == set(answer.neighbours) & {one for _, one in clear}
    assert checked > 10


@pytest.mark.parametrize("seed", range(4))
def test_the_nearest_border_lies_where_its_bearing_points(seed: int) -> None:
    """A geodesic of that length and bearing ends on the border of the area named."""
    areas, shapes, points = random_region(seed, lattice=seed % 2 == 0)
    of = index(*zip(areas, shapes, strict=True))
    checked = 0
    for lon, lat in points[360:560:7].tolist():
        plain = {answer.service: answer for answer in of.at(lon, lat, DAY)}
        for border in of.borders(lon, lat, DAY, 5_000.0):
            near = plain[border.service].boundary_metres
            assert border.metres == near if near is not None else border.metres > NEARBY_METRES * 0.999
            if border.bearing is None:
                assert border.metres == 0.0
                continue
            shape = shapes[areas.index(border.area)]
            to_lon, to_lat, _ = GEOD.fwd(lon, lat, border.bearing, border.metres)
            off = walked(shape, to_lon, to_lat)
            assert off < 0.02 + border.metres * 1e-3, (seed, lon, lat, border, off)
            checked += 1
    assert checked > 10


def test_the_way_to_a_border_is_a_point_of_the_compass() -> None:
    of = index((area("west"), WEST), (area("east"), EAST))
    (border,) = of.borders(-122.4 - 1500 * METRE_EAST, 37.75, DAY, 20_000.0)
    assert (border.area.agency, border.way) == ("east", "east")
    assert border.metres == pytest.approx(1500, rel=1e-3)
    assert of.borders(-122.4 - 1500 * METRE_EAST, 37.75, DAY, 1_000.0) == ()
    (north,) = of.borders(-122.35, 37.80001, DAY, 20_000.0)  # a gap, just beyond the northern edge
    assert north.way == "south"
    (on_it,) = of.borders(-122.4, 37.75, DAY, 20_000.0)
    assert (on_it.metres, on_it.bearing, on_it.way) == (0.0, None, "")


def test_the_way_to_a_border_leads_across_the_antimeridian() -> None:
    of = index((area("east"), box(179.0, -17.0, 179.99, -16.0)), (area("west"), box(-180.0, -17.0, -179.0, -16.0)))
    (border,) = of.borders(179.98, -16.5, DAY, 5_000.0)
    assert (border.area.agency, border.way) == ("west", "east")
    assert border.metres == pytest.approx(GEOD.inv(179.98, -16.5, 180.0, -16.5)[2], rel=1e-3)


def test_ashore_nobody_misses_the_coast_guard_and_a_sheriff_stands_in_for_police() -> None:
    def answer(service: Service, *agencies: str) -> ServiceAnswer:
        return ServiceAnswer(service, tuple(Area(service, agency, agency, "l", "2026-01-01") for agency in agencies))

    ashore = (
        answer(Service.FIRE, "f"),
        answer(Service.POLICE),
        answer(Service.SHERIFF, "s"),
        answer(Service.COAST_GUARD),
    )
    nobody = (answer(Service.FIRE), answer(Service.POLICE), answer(Service.SHERIFF), answer(Service.COAST_GUARD))
    assert gaps(ashore) == frozenset()
    assert gaps(nobody) == {Service.FIRE, Service.POLICE, Service.SHERIFF, Service.COAST_GUARD}
