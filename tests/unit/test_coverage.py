"""Coverage counted while units come and go, against a count from nothing; the best move-up against all moves tried."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.coverage import Coverage, Demand, counted_anew, demand_over, polygons_of
from geo.demand_reach import DemandReach
from geo.move_up import best_move
from geo.travel_time import estimate

LAND = shapely.box(-122.5, 37.7, -122.3, 37.8)
GEOD = pyproj.Geod(ellps="WGS84")


@pytest.fixture(scope="module")
def demand() -> Demand:
    rng = np.random.default_rng(5)
    return demand_over(LAND, least=500).with_calls(rng.uniform(-122.5, -122.3, 900), rng.uniform(37.7, 37.8, 900))


def test_the_cells_are_the_land_and_each_weighs_its_ground(demand: Demand) -> None:
    true, _ = GEOD.geometry_area_perimeter(LAND)
    assert demand.area.sum() == pytest.approx(abs(true) / 1e6, rel=0.02)
    assert shapely.contains_xy(LAND, demand.lons, demand.lats).all()


def test_far_from_the_equator_a_cell_weighs_less_ground() -> None:
    tall = shapely.box(10.0, 50.0, 10.5, 60.0)
    true, _ = GEOD.geometry_area_perimeter(tall)
    assert demand_over(tall, least=600).area.sum() == pytest.approx(abs(true) / 1e6, rel=0.02)


def test_large_land_gets_larger_cells_not_more_of_them() -> None:
    assert len(demand_over(shapely.box(-10, 40, 10, 50), most=5000).cells) < 6000


def test_land_without_ground_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="no land"):
        demand_over(shapely.Polygon())


def test_every_call_on_land_counts_once_and_others_nowhere() -> None:
    made = demand_over(LAND, least=500).with_calls(
        [-122.4, -122.4, 0.0, -122.4], [37.75, 37.75, 0.0, 38.9], [1, 2, 9, 9]
    )
    assert made.calls.sum() == 3
    assert made.calls.max() == 3


def recount(demand: Demand, reached: dict[str, np.ndarray]) -> np.ndarray:
    counts = np.zeros(len(demand.cells), dtype=int)
    for points in reached.values():
        for point in points:
            counts[point] += 1
    return counts


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.integers(0, 2**30)), max_size=40))
@settings(max_examples=60, deadline=None)
def test_after_any_coming_and_going_the_numbers_are_those_of_a_count_from_nothing(
    steps: list[tuple[bool, int, int]],
) -> None:
    demand = demand_over(shapely.box(-122.45, 37.7, -122.4, 37.74), least=500).with_calls([-122.42] * 7, [37.72] * 7)
    coverage, reached = Coverage(demand), {}
    for arrives, number, seed in steps:
        unit = f"E{number}"
        if arrives:
            rng = np.random.default_rng(seed)
            reached[unit] = np.flatnonzero(rng.random(len(demand.cells)) < 0.4).astype(np.int32)
            coverage.put(unit, reached[unit])
        else:
            opened = coverage.take(unit)
            before = recount(demand, reached)
            gone = reached.pop(unit, np.empty(0, dtype=np.int32))
            assert sorted(opened) == [point for point in gone if before[point] == 1]
    counts = recount(demand, reached)
    assert (coverage.counts == counts).all()
    assert coverage.units == set(reached)
    for level in (1, 2):
        share = coverage.share(level)
        assert share.area == pytest.approx(demand.area[counts >= level].sum())
        assert share.calls == pytest.approx(demand.calls[counts >= level].sum())
    assert sorted(coverage.uncovered()) == np.flatnonzero(counts == 0).tolist()
    leaving = sorted(reached)[:2]
    after = recount(demand, {unit: points for unit, points in reached.items() if unit not in leaving})
    assert sorted(coverage.lost_without(leaving)) == np.flatnonzero((counts > 0) & (after == 0)).tolist()
    lost = coverage.share_without(coverage.lost_without(leaving))
    assert lost.area == pytest.approx(demand.area[after > 0].sum())


def test_a_unit_put_twice_counts_once_where_it_is_now(demand: Demand) -> None:
    coverage = Coverage(demand)
    coverage.put("E1", np.array([1, 2], dtype=np.int32))
    coverage.put("E1", np.array([2, 3], dtype=np.int32))
    assert np.flatnonzero(coverage.counts).tolist() == [2, 3]


def test_by_the_law_a_unit_reaches_what_the_law_says_it_does(demand: Demand) -> None:
    reach = DemandReach(demand)
    found = set(reach.reached("ENGINE", -122.4, 37.75, 240).tolist())
    for point in range(len(demand.cells)):
        _, _, metres = GEOD.inv(-122.4, 37.75, demand.lons[point], demand.lats[point])
        seconds = estimate(metres).seconds
        if abs(seconds - 240) > 2:  # the plane is right to a fraction of a percent
            assert (point in found) == (seconds < 240), point


def test_by_streets_a_unit_reaches_the_cells_with_a_street_it_reaches(demand: Demand) -> None:
    class OneRoad:
        def reached(self, lon: float, lat: float, limit: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            lons = np.linspace(-122.45, -122.35, 400)
            return lons, np.full(400, 37.75), np.full(400, 10.0)

    reach = DemandReach(demand)
    reach.use_streets(OneRoad(), "by streets")
    found = reach.reached("ENGINE", -122.4, 37.75, 240)
    assert len(found)
    assert (np.abs(demand.lats[found] - 37.75) < 0.0045).all()  # 500 m
    near = (np.abs(demand.lats - 37.75) < 0.002) & (demand.lons > -122.45) & (demand.lons < -122.35)
    assert set(np.flatnonzero(near)) <= set(found.tolist())
    assert reach.method == "by streets"


def test_gap_polygons_are_the_cells_nobody_reaches(demand: Demand) -> None:
    reach, coverage = DemandReach(demand), Coverage(demand)
    coverage.put("E1", reach.reached("ENGINE", -122.4, 37.75, 240))
    rings = polygons_of(demand, coverage.uncovered())
    ground = shapely.union_all([shapely.Polygon(one[0], one[1:]).buffer(0) for one in rings])
    inside = shapely.contains_xy(ground, demand.lons, demand.lats)
    assert (inside == (coverage.counts == 0)).all()


def test_the_best_move_up_is_the_best_of_all_moves_tried() -> None:
    demand = demand_over(shapely.box(-122.5, 37.7, -122.4, 37.76), least=600)
    for seed in range(40):
        rng = np.random.default_rng(seed)
        demand_now = demand.with_calls(rng.uniform(-122.5, -122.4, 50), rng.uniform(37.7, 37.76, 50))

        def some(share: float = 0.25) -> np.ndarray:
            return np.flatnonzero(rng.random(len(demand.cells)) < share).astype(np.int32)  # noqa: B023

        units = {f"E{n}": some() for n in range(5)}
        stations = {(unit, f"S{n}"): some() for unit in units for n in range(4)}
        pairs = {unit: [f"S{n}" for n in range(4)] for unit in units}
        coverage = counted_anew(demand_now, units)
        gone = ["E0"] if seed % 2 else []
        left = {unit: points for unit, points in units.items() if unit not in gone}
        weights = coverage.weights()

        def covered(reached: dict[str, np.ndarray]) -> float:
            return float(weights[recount(demand_now, reached) > 0].sum())  # noqa: B023

        now = covered(left)
        tried = {
            (unit, station): covered({**left, unit: stations[unit, station]}) - now
            for unit, station in itertools.product(left, pairs["E1"])
        }
        found = best_move(coverage, pairs, lambda unit, station: stations[unit, station], gone)  # noqa: B023
        most = max(tried.values())
        if found is None:
            assert most <= 1e-9
        else:
            assert found.gain == pytest.approx(most)
            assert tried[found.unit, found.station] == pytest.approx(most)


def test_of_moves_that_gain_the_same_the_shortest_is_taken_then_the_first_by_name(demand: Demand) -> None:
    gain = np.arange(50, dtype=np.int32)
    coverage = counted_anew(demand, {unit: np.arange(100, 150, dtype=np.int32) for unit in ("E1", "E2", "E3")})
    pairs = {unit: ["S1", "S2"] for unit in ("E1", "E2", "E3")}
    ways = {("E3", "S2"): 1.0, ("E2", "S1"): 1.0}

    def best(far: dict[tuple[str, str], float]) -> tuple[str, str]:
        move = best_move(coverage, pairs, lambda *_: gain, far=lambda *way: far.get(way, 9.0))
        assert move is not None
        return move.unit, move.station

    assert best({}) == ("E1", "S1")
    assert best(ways) == ("E2", "S1")
    assert best({("E3", "S2"): 1.0}) == ("E3", "S2")


def test_no_move_is_suggested_that_gains_nothing(demand: Demand) -> None:
    coverage = counted_anew(demand, {"E1": np.arange(len(demand.cells), dtype=np.int32)})
    assert best_move(coverage, {"E1": ["S1"]}, lambda unit, station: np.arange(5, dtype=np.int32)) is None


def test_calls_weigh_more_than_land_and_land_alone_counts_where_nobody_called(demand: Demand) -> None:
    coverage = Coverage(demand)
    busy = np.array([int(demand.calls.argmax())], dtype=np.int32)
    quiet = np.flatnonzero(demand.calls == 0)[:1].astype(np.int32)
    if len(quiet):
        assert coverage.weight(busy) > coverage.weight(quiet) > 0
    bare = Coverage(demand_over(LAND, least=500))
    assert bare.weight(bare.uncovered()) == pytest.approx(1.0)
    assert math.isclose(float(bare.weights().sum()), 1.0)
