"""Which units are nearest: exact against geodesics, wherever on Earth, while units move and change what they do."""

from __future__ import annotations

import math
from types import ModuleType

import numpy as np
import pyproj
import pytest

from geo import unit_twin
from geo.unit_compile import compiled
from geo.unit_index import UnitIndex

GEOD = pyproj.Geod(ellps="WGS84")
WALKS = [unit_twin, compiled()]
CAN = ("ENGINE", "LADDER", "ALS", "BOAT")
STATUSES = ("Available", "ConditionallyAvailable", "NotAvailable")


@pytest.fixture(params=WALKS, ids=["numpy", "compiled"])
def index(request: pytest.FixtureRequest) -> UnitIndex:
    walk: ModuleType = request.param
    return UnitIndex(walk)


def test_both_searches_are_there() -> None:
    assert WALKS[0] is not WALKS[1], "numba is pinned in requirements.txt; without it only the twin is tested"


class Fleet:
    """Units kept twice: in the index, and as plain lists that are looked through with pyproj."""

    def __init__(self, index: UnitIndex, random: np.random.Generator) -> None:
        self.index, self.random = index, random
        self.places: dict[str, tuple[float, float]] = {}
        self.can: dict[str, tuple[str, ...]] = {}
        self.status: dict[str, str] = {}

    def add(self, unit: str, lon: float, lat: float) -> None:
        self.places[unit] = lon, lat
        self.can[unit] = tuple(self.random.choice(CAN, self.random.integers(1, 3), replace=False))
        self.status[unit] = str(self.random.choice(STATUSES))
        self.index.put(unit, lon, lat, self.can[unit], self.status[unit])

    def move(self, unit: str, lon: float, lat: float) -> None:
        self.places[unit] = lon, lat
        self.index.move(unit, lon, lat)

    def change(self, unit: str) -> None:
        self.status[unit] = str(self.random.choice(STATUSES))
        self.index.set_status(unit, self.status[unit])

    def remove(self, unit: str) -> None:
        del self.places[unit], self.can[unit], self.status[unit]
        self.index.remove(unit)

    def check(self, lon: float, lat: float, k: int, can: set[str] | None, statuses: set[str] | None) -> None:
        found = self.index.nearest(lon, lat, k, can, statuses)
        fit = [
            unit
            for unit, place in self.places.items()
            if (can is None or can & set(self.can[unit]))
            and (statuses is None or self.status[unit] in statuses)
            and not any(map(math.isnan, place))
        ]
        far = {unit: GEOD.inv(lon, lat, *self.places[unit])[2] for unit in fit}
        assert [near.metres for near in found] == pytest.approx(sorted(far.values())[:k], abs=1e-3)
        assert all(near.metres == pytest.approx(far[near.unit], abs=1e-3) for near in found)
        assert len({near.unit for near in found}) == len(found)


CENTRES = [(-122.4, 37.8), (179.99, -17.0), (-180.0, 65.0), (30.0, 89.95), (0.0, -90.0), (8.0, 0.0)]


@pytest.mark.parametrize("centre", CENTRES)
def test_the_nearest_are_those_of_the_geodesics_anywhere_on_earth(
    index: UnitIndex, centre: tuple[float, float]
) -> None:
    random = np.random.default_rng(4)
    fleet = Fleet(index, random)
    for number in range(400):
        lon = (centre[0] + random.normal(0, 0.3) + 180) % 360 - 180
        fleet.add(f"a/{number}", lon, float(np.clip(centre[1] + random.normal(0, 0.3), -90, 90)))
    for _ in range(40):
        lon, lat = centre[0] + random.normal(0, 0.4), float(np.clip(centre[1] + random.normal(0, 0.4), -90, 90))
        k = int(random.integers(1, 30))
        fleet.check(lon, lat, k, None, None)
        fleet.check(lon, lat, k, set(random.choice(CAN, 2)), {"Available"})


def test_the_index_keeps_up_with_units_that_move_change_come_and_go(index: UnitIndex) -> None:
    random = np.random.default_rng(5)
    fleet = Fleet(index, random)
    for number in range(200):
        fleet.add(f"a/{number}", float(random.uniform(-123, -121)), float(random.uniform(37, 38)))
    for turn in range(600):
        unit = str(random.choice(list(fleet.places)))
        what = random.integers(0, 10)
        if what == 0:
            fleet.add(f"b/{turn}", float(random.uniform(-123, -121)), float(random.uniform(37, 38)))
        elif what == 1:
            fleet.remove(unit)
        elif what == 2:
            fleet.move(unit, math.nan, math.nan)
        elif what < 6:
            fleet.change(unit)
        else:
            fleet.move(unit, float(random.uniform(-123, -121)), float(random.uniform(37, 38)))
        if turn % 3 == 0:
            fleet.check(-122 + float(random.normal()), 37.5, 10, {"ENGINE"}, {"Available", "ConditionallyAvailable"})
    assert len(index) == len(fleet.places)


def test_a_unit_that_never_said_where_it_is_is_never_near(index: UnitIndex) -> None:
    index.put("a/E1", math.nan, math.nan, ("ENGINE",), "Available")
    assert index.nearest(0.0, 0.0, 5) == []
    index.move("a/E1", 0.0, 0.001)
    assert [near.unit for near in index.nearest(0.0, 0.0, 5)] == ["a/E1"]


def test_equally_near_units_come_in_the_order_they_were_put_in(index: UnitIndex) -> None:
    for name in ("z", "a", "m"):
        index.put(name, 8.0, 50.0, ("ENGINE",), "Available")
    assert [near.unit for near in index.nearest(8.0, 50.0, 2)] == ["z", "a"]


def test_nobody_who_can_do_it_is_nobody(index: UnitIndex) -> None:
    index.put("a/E1", 8.0, 50.0, ("ENGINE",), "Available")
    assert index.nearest(8.0, 50.0, 5, ["HELICOPTER"]) == []
    assert index.nearest(8.0, 50.0, 5, [], None) == []
    assert index.nearest(8.0, 50.0, 5, None, ["OutOfThisWorld"]) == []
    assert index.nearest(8.0, 50.0, 0) == []
    with pytest.raises(ValueError, match="k is -1"):
        index.nearest(8.0, 50.0, -1)


def test_more_capabilities_than_a_word_has_bits_are_kept_apart(index: UnitIndex) -> None:
    for number in range(200):
        index.put(f"a/{number}", 8.0 + number / 1000, 50.0, (f"SKILL_{number}",), "Available")
    for number in (0, 62, 63, 64, 127, 128, 199):
        assert [near.unit for near in index.nearest(8.0, 50.0, 5, [f"SKILL_{number}"])] == [f"a/{number}"]


def test_a_fleet_that_mixes_is_sorted_anew_and_stays_exact() -> None:
    random = np.random.default_rng(6)
    fleet = Fleet(UnitIndex(WALKS[1]), random)
    for number in range(600):
        fleet.add(f"a/{number}", float(random.uniform(-123, -121)), float(random.uniform(37, 38)))
    for _ in range(5):
        for unit in list(fleet.places):
            fleet.move(unit, float(random.uniform(-123, -121)), float(random.uniform(37, 38)))
        fleet.check(-122.0, 37.5, 10, {"ENGINE"}, {"Available"})


def test_the_compiled_search_is_taken_on_without_losing_anybody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("geo.unit_index.compiled_aside", compiled)
    index = UnitIndex()
    for number in range(100):
        index.put(str(number), 8.0 + number / 1000, 50.0, ("ENGINE",), "Available")
    before = index.nearest(8.0, 50.0, 10)
    thread = index.compile_soon()
    thread.join()
    assert index.nearest(8.0, 50.0, 10) == before
