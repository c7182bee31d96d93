"""Streets read from an extract, and travel times over them: one-ways, barriers, closures, what is cut off."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyproj
import pytest

from domain.closure import Closure, ClosureShape
from domain.errors import BadStreets
from geo import streets_engine
from geo.closures import PieceFinder
from geo.streets_engine import NEVER, Compiled, Engine, Hierarchy, Scipy, order_of
from geo.streets_network import JUNCTION_SECONDS, PIECE, SIGNAL_SECONDS, Network, network_of
from geo.streets_read import read_ways
from geo.streets_router import CUT_OFF, OFF_STREETS, PLACE_OFF_STREETS, StreetRouter
from geo.streets_rules import limit_of, speeds_of
from tests.unit.town import Way, corner, draw, grid, node_at, place, shortest

RESIDENTIAL = 28.0 * 1.1 / 3.6
GEOD = pyproj.Geod(ellps="WGS84")


def town(folder: Path, ways: list[Way], tagged: dict[int, dict[str, str]] | None = None) -> Network:
    return network_of(read_ways(draw(folder / "town.osm.pbf", ways, tagged)))[0]


def closure(shape: ClosureShape, *points: tuple[float, float], passable: bool = False, until: float = 0.0) -> Closure:
    return Closure("c", shape, points, "flooded", "a", 0.0, until, passable)


def line(*corners: tuple[float, float], **more: object) -> Closure:
    return closure(ClosureShape.LINE, *(place(*each) for each in corners), **more)  # type: ignore[arg-type]


def seconds(network: Network, start: tuple[float, float], end: tuple[float, float]) -> float:
    times = shortest(network, node_at(network, *start))
    return times[node_at(network, *end)] / 1000


def test_a_street_takes_its_length_at_its_speed_and_a_moment_at_every_junction(tmp_path: Path) -> None:
    network = town(tmp_path, grid(3, 2))
    (west, lat), (east, _) = place(0, 0), place(2, 0)
    metres = GEOD.inv(west, lat, east, lat)[2]
    # The corner half way is a junction of three; the corner at the end is none.
    assert seconds(network, (0, 0), (2, 0)) == pytest.approx(metres / RESIDENTIAL + JUNCTION_SECONDS, abs=0.05)


def test_a_signal_costs_more_than_a_junction(tmp_path: Path) -> None:
    plain = town(tmp_path, grid(3, 2))
    signalled = town(tmp_path, grid(3, 2), {corner(1, 0): {"highway": "traffic_signals"}})
    more = seconds(signalled, (0, 0), (2, 0)) - seconds(plain, (0, 0), (2, 0))
    assert more == pytest.approx(SIGNAL_SECONDS - JUNCTION_SECONDS, abs=0.002)


@pytest.mark.parametrize(
    ("tags", "along", "against"),
    [
        ({"oneway": "yes"}, True, False),
        ({"oneway": "-1"}, False, True),
        ({"oneway": "yes", "oneway:emergency": "no"}, True, True),
        ({"oneway": "yes", "oneway:bus": "no"}, True, True),
        ({"oneway": "reversible"}, False, False),
        ({"junction": "roundabout"}, True, False),
        ({"junction": "roundabout", "oneway": "no"}, True, True),
        ({"highway": "motorway"}, True, False),
        ({"access": "private"}, False, False),
        ({"access": "private", "emergency": "yes"}, True, True),
        ({"access": "no", "emergency": "designated"}, True, True),
        ({"access": "no", "bus": "yes"}, True, True),
        ({"access": "no", "motor_vehicle": "yes"}, True, True),
        ({"motor_vehicle": "no", "access": "yes"}, False, False),
        ({"access": "no", "psv": "yes", "emergency": "no"}, False, False),
        ({"highway": "busway"}, True, True),
        ({"highway": "pedestrian"}, False, False),
        ({"highway": "pedestrian", "emergency": "yes"}, True, True),
        ({"highway": "footway"}, False, False),
        ({"area": "yes"}, False, False),
    ],
)
def test_where_an_emergency_vehicle_drives(tags: dict[str, str], along: bool, against: bool) -> None:
    forward, backward = speeds_of({"highway": "residential", **tags})
    assert (forward > 0, backward > 0) == (along, against)


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("50", 50.0),
        ("30 mph", 48.28032),
        ("30mph", 48.28032),
        ("walk", 7.0),
        ("none", 130.0),
        ("DE:urban", 50.0),
        ("DE:zone30", 30.0),
        ("50; 70", 50.0),
        ("signals", None),
        ("0", None),
        ("", None),
    ],
)
def test_a_speed_limit_is_read_in_every_common_notation(text: str, kmh: float | None) -> None:
    assert limit_of(text) == (pytest.approx(kmh) if kmh else None)


def test_a_faster_limit_makes_a_faster_street_each_way_by_its_own() -> None:
    forward, backward = speeds_of({"highway": "primary", "maxspeed:forward": "30 mph", "maxspeed:backward": "20 mph"})
    assert forward / backward == pytest.approx(1.5)


def test_a_oneway_is_not_driven_against_its_direction(tmp_path: Path) -> None:
    ways = grid(3, 3)
    ways[0] = ({"highway": "residential", "oneway": "yes"}, ways[0][1])
    network = town(tmp_path, ways)
    assert seconds(network, (2, 0), (0, 0)) > seconds(network, (0, 0), (2, 0)) * 1.5


def test_a_contraflow_lane_for_emergency_vehicles_opens_it(tmp_path: Path) -> None:
    ways = grid(3, 3)
    ways[0] = ({"highway": "residential", "oneway": "yes", "oneway:emergency": "no"}, ways[0][1])
    network = town(tmp_path, ways)
    assert seconds(network, (2, 0), (0, 0)) == pytest.approx(seconds(network, (0, 0), (2, 0)))


def test_a_bollard_closes_a_street_and_a_removable_one_does_not(tmp_path: Path) -> None:
    def across(**tags: str) -> float:
        network = town(tmp_path, grid(3, 3), {corner(1, 0): {"barrier": "bollard", **tags}})
        return seconds(network, (0, 0), (2, 0))

    assert across(bollard="removable") == pytest.approx(seconds(town(tmp_path, grid(3, 3)), (0, 0), (2, 0)))
    assert across() > across(bollard="removable") * 1.5


def test_no_piece_is_long_and_pieces_keep_their_way_and_shape(tmp_path: Path) -> None:
    ways: list[Way] = [*grid(4, 4), ({"highway": "primary"}, (corner(0, 0), corner(3, 3)))]
    network = town(tmp_path, ways)
    assert network.metres.max() <= 2.5 * PIECE
    whole = GEOD.inv(*place(0, 0), *place(3, 3))[2]
    assert network.metres[network.ways == len(ways)].sum() == pytest.approx(whole, rel=1e-3)
    assert np.diff(network.shape_starts).min() >= 2


def test_what_is_cut_off_is_left_out_and_reported_with_its_place(tmp_path: Path) -> None:
    trap: Way = ({"highway": "residential", "oneway": "yes"}, (corner(2, 2), corner(9, 9)))
    island: Way = ({"highway": "residential"}, (corner(20, 0), corner(22, 0)))
    extract = draw(tmp_path / "town.osm.pbf", [*grid(3, 3), trap, island])
    network, lost = network_of(read_ways(extract))
    assert network.metres.sum() / 1000 == pytest.approx(
        network_of(read_ways(draw(extract, grid(3, 3))))[0].metres.sum() / 1000
    )
    metres = GEOD.inv(*place(2, 2), *place(9, 9))[2] + GEOD.inv(*place(20, 0), *place(22, 0))[2]
    assert lost.kilometres == pytest.approx(metres / 1000, rel=1e-3)
    assert lost.nodes > 0
    assert 2 <= (lost.lon - place(0, 0)[0]) / (place(1, 0)[0] - place(0, 0)[0]) <= 9.01


@pytest.mark.parametrize("content", [b"", b"not a pbf at all", b"\x00\x00\x00\x0d\x0a\x09OSMHeader\x18\x7f"])
def test_a_broken_extract_is_one_clear_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "streets.osm.pbf"
    path.write_bytes(content)
    with pytest.raises(BadStreets, match=r"streets\.osm\.pbf"):
        read_ways(path)


def test_an_extract_without_streets_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadStreets, match="no street"):
        read_ways(draw(tmp_path / "a.osm.pbf", [({"highway": "footway"}, (1, 2))]))


def test_an_extract_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadStreets, match="no such file"):
        read_ways(tmp_path / "a.osm.pbf")


# Engines ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Network:
    """A town of 12 x 12 with one-ways, a fast road and parallel streets."""
    ways = grid(12, 12)
    for at in range(0, len(ways), 3):
        ways[at] = ({"highway": "residential", "oneway": "yes" if at % 2 else "-1"}, ways[at][1])
    ways.append(({"highway": "primary", "maxspeed": "70"}, tuple(corner(at, at) for at in range(12))))
    ways.append(({"highway": "service"}, (corner(0, 0), corner(1, 0))))
    return town(tmp_path_factory.mktemp("town"), ways)


def engines(network: Network) -> dict[str, Engine]:
    arrays = network.lons.size, network.tails, network.heads, network.millis
    made: dict[str, Engine] = {"scipy": Scipy(*arrays), "numba": Compiled(*arrays)}
    order = order_of(network.lons, network.lats, network.tails, network.heads)
    if order is not None:
        made["hierarchy"] = Hierarchy(network.tails, network.heads, network.millis, order, Scipy(*arrays))
    return made


def test_every_engine_gives_the_times_of_the_textbook(network: Network) -> None:
    random = np.random.default_rng(1)
    origins = random.integers(0, network.lons.size, 20)
    target = int(random.integers(0, network.lons.size))
    expected = [shortest(network, int(origin))[target] for origin in origins]
    for name, engine in engines(network).items():
        assert engine.to_one(origins, target).tolist() == expected, name
        nodes, times = engine.within(target, 40_000)
        reached = {node: time for node, time in shortest(network, target).items() if time <= 40_000}
        assert dict(zip(nodes.tolist(), times.tolist(), strict=True)) == reached, name


def test_every_engine_takes_closures_and_gives_back_what_was(network: Network) -> None:
    random = np.random.default_rng(2)
    origins, target = np.arange(network.lons.size), node_at(network, 6, 6)
    closed = frozenset(random.choice(network.metres.size, network.metres.size // 4, replace=False).tolist())
    arcs = {arc: NEVER for arc in range(network.tails.size) if int(network.pieces[arc]) in closed}
    times = [shortest(network, int(origin), closed).get(target, NEVER) for origin in origins]
    assert NEVER in times
    for name, engine in engines(network).items():
        before = engine.to_one(origins, target)
        engine.change(arcs)
        assert engine.to_one(origins, target).tolist() == times, name
        engine.change({arc: int(network.millis[arc]) for arc in arcs})
        assert np.array_equal(engine.to_one(origins, target), before), name


def test_many_changes_at_once_are_the_same_as_few(network: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streets_engine, "MANY_CHANGES", 3)
    test_every_engine_takes_closures_and_gives_back_what_was(network)


# The router -------------------------------------------------------------------------------------------


@pytest.fixture
def router(network: Network) -> StreetRouter:
    return StreetRouter(network, order_of(network.lons, network.lats, network.tails, network.heads))


def test_a_unit_at_a_corner_takes_the_time_of_the_streets(network: Network, router: StreetRouter) -> None:
    found = router.seconds_to(*place(5, 7), [place(0, 0), place(11, 3), place(5, 7)])
    target = node_at(network, 5, 7)
    expected = [shortest(network, node_at(network, *start))[target] / 1000 for start in ((0, 0), (11, 3), (5, 7))]
    assert found == pytest.approx(expected, abs=0.02)


def test_a_unit_off_the_street_first_goes_to_it(network: Network, router: StreetRouter) -> None:
    on, off = router.seconds_to(*place(5, 7), [place(0, 0), place(-0.5, 0)])
    assert off - on == pytest.approx(GEOD.inv(*place(0, 0), *place(-0.5, 0))[2] / (20 / 3.6), rel=0.01)


def test_no_way_is_no_number_and_says_why(router: StreetRouter) -> None:
    found = router.times_to(*place(5, 7), [place(0, 0), place(300, 0), (float("nan"), 50.0)])
    assert np.isnan(found.seconds).tolist() == [False, True, True]
    assert found.reasons == {1: OFF_STREETS, 2: OFF_STREETS}
    assert set(router.times_to(*place(300, 0), [place(0, 0)]).reasons.values()) == {PLACE_OFF_STREETS}


def test_reach_is_what_the_textbook_reaches(network: Network, router: StreetRouter) -> None:
    nodes, seconds = router.reach(*place(4, 4), 45.0)
    reached = shortest(network, node_at(network, 4, 4))
    assert dict(zip(nodes.tolist(), seconds.tolist(), strict=True)) == pytest.approx(
        {node: time / 1000 for node, time in reached.items() if time <= 45_000}, abs=0.02
    )
    assert (np.diff(seconds) >= 0).all()
    assert router.reach(*place(300, 0), 45.0)[0].size == 0


# Closures ---------------------------------------------------------------------------------------------


def closed_corners(network: Network, drawn: Closure) -> set[tuple[tuple[int, int], tuple[int, int]]]:
    """The closed blocks, as the corners at their ends, in tenths of a block."""
    (found,) = PieceFinder(network).closed_by([drawn])
    blocks = set()
    for piece in found.tolist():
        ends = []
        for node in (network.begins[piece], network.ends[piece]):
            lon, lat = float(network.lons[node]), float(network.lats[node])
            step = place(1, 1)[0] - place(0, 0)[0]
            ends.append((round((lon - place(0, 0)[0]) / step * 10), round((lat - place(0, 0)[1]) / step * 10)))
        blocks.add((min(ends), max(ends)))
    return blocks


@pytest.fixture
def streets(tmp_path: Path) -> Network:
    return town(tmp_path, grid(5, 5))


def test_a_line_along_a_street_closes_it_and_no_side_street(streets: Network) -> None:
    # Drawn by hand: 5 m beside the street's centre, and over its side streets.
    closed = closed_corners(streets, line((0.98, 2.03), (3.02, 2.03)))
    assert closed
    assert all(first[1] == last[1] == 20 for first, last in closed)
    assert min(first for first, _ in closed) == (10, 20)
    assert max(last for _, last in closed) == (30, 20)


def test_a_line_across_a_street_closes_it_there(streets: Network) -> None:
    closed = closed_corners(streets, line((1.5, 1.9), (1.5, 2.1)))
    assert len(closed) in (1, 2)
    assert all(first[1] == last[1] == 20 and 10 <= first[0] <= 15 <= last[0] <= 20 for first, last in closed)


def test_a_line_across_a_street_close_to_its_junction_still_closes_it(streets: Network) -> None:
    assert closed_corners(streets, line((1.08, 1.95), (1.08, 2.05)))


def test_an_area_closes_what_it_touches(streets: Network) -> None:
    ring = [place(1.9, 1.9), place(2.1, 1.9), place(2.1, 2.1), place(1.9, 2.1)]
    closed = closed_corners(streets, closure(ClosureShape.AREA, *ring))
    assert {(20, 20) in block for block in closed} == {True}
    assert len(closed) == 4


def test_a_closure_of_too_few_points_closes_nothing(streets: Network) -> None:
    assert not closed_corners(streets, line((1, 1)))
    assert not closed_corners(streets, closure(ClosureShape.AREA, place(1, 1), place(2, 2)))


def test_routes_go_round_a_closure_at_once_and_come_back_exactly(network: Network, router: StreetRouter) -> None:
    starts = [place(column, row) for column in range(12) for row in range(12)]
    before = router.seconds_to(*place(6, 6), starts)
    drawn = line((5.5, 5.5), (6.5, 5.5), (6.5, 7.5))
    (pieces,) = PieceFinder(network).closed_by([drawn])
    assert router.set_closures([drawn], 1.0) == pieces.size > 0
    after = router.seconds_to(*place(6, 6), starts)
    target = node_at(network, 6, 6)
    closed = frozenset(pieces.tolist())
    for start, seconds in zip(starts, after.tolist(), strict=True):
        node = int(((network.lons - start[0]) ** 2 + (network.lats - start[1]) ** 2).argmin())
        assert seconds == pytest.approx(shortest(network, node, closed)[target] / 1000, abs=0.02)
    assert not np.array_equal(before, after)
    router.set_closures([], 2.0)
    assert np.array_equal(router.seconds_to(*place(6, 6), starts), before)


def test_a_closure_equals_a_town_built_without_the_street(tmp_path: Path) -> None:
    there = town(tmp_path, grid(5, 5))
    without = town(tmp_path, [way for at, way in enumerate(grid(5, 5)) if at != 2])
    router, other = StreetRouter(there), StreetRouter(without)
    router.set_closures([line((0, 2), (4, 2))], 1.0)
    starts = [place(column, row) for column in range(5) for row in (0, 1, 3, 4)]
    # Junctions where the street was cost a second more in the town that has it.
    difference = router.seconds_to(*place(4, 4), starts) - other.seconds_to(*place(4, 4), starts)
    assert (difference >= -0.01).all()
    assert (difference <= JUNCTION_SECONDS + 0.01).all()


def test_a_timed_closure_ends_by_itself(router: StreetRouter) -> None:
    drawn = line((5.5, 5.5), (6.5, 5.5), until=100.0)
    assert router.set_closures([drawn], 99.0) > 0
    assert router.set_closures([drawn], 100.0) == 0


def test_a_passable_closure_slows_and_a_shut_one_over_it_shuts(router: StreetRouter) -> None:
    street = (0.0, 11.0), (11.0, 11.0)
    plain = router.seconds_to(*place(11, 11), [place(10, 11)])[0]
    router.set_closures([line(*street, passable=True)], 1.0)
    slowed = router.seconds_to(*place(11, 11), [place(10, 11)])[0]
    router.set_closures([line(*street, passable=True), line(*street)], 1.0)
    shut = router.seconds_to(*place(11, 11), [place(10, 11)])[0]
    assert plain < slowed <= shut
    router.set_closures([], 1.0)
    assert router.seconds_to(*place(11, 11), [place(10, 11)])[0] == plain


def test_a_place_inside_the_tape_is_reached_from_its_edge_on_foot(router: StreetRouter) -> None:
    plain = router.seconds_to(*place(6, 6), [place(0, 0)])[0]
    ring = [place(5.9, 5.9), place(6.1, 5.9), place(6.1, 6.1), place(5.9, 6.1)]
    router.set_closures([closure(ClosureShape.AREA, *ring)], 1.0)
    assert plain < router.seconds_to(*place(6, 6), [place(0, 0)])[0] < plain + 120


def test_a_unit_closed_in_on_all_sides_has_no_way(router: StreetRouter) -> None:
    ring = [place(x, y) for x, y in ((3.5, 3.5), (7.5, 3.5), (7.5, 7.5), (3.5, 7.5), (3.5, 3.5))]
    router.set_closures([closure(ClosureShape.LINE, *ring)], 1.0)
    found = router.times_to(*place(0, 0), [place(5, 6), place(11, 11)])
    assert found.reasons == {0: CUT_OFF}
