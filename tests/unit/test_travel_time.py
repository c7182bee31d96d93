"""Straight-line travel times."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.travel_time import NEW_YORK, PORTO, Mode, PowerLaw, estimate, mode_of

metres = st.floats(0, 200_000)


@pytest.mark.parametrize(
    ("law", "distance", "seconds"), [(NEW_YORK, 1000, 119), (NEW_YORK, 5000, 437), (PORTO, 1000, 214)]
)
def test_a_road_estimate_follows_the_fitted_law(law: PowerLaw, distance: float, seconds: float) -> None:
    assert estimate(distance, road=law).seconds == pytest.approx(seconds, rel=0.01)


@given(metres)
def test_the_estimate_says_how_wrong_it_may_be(distance: float) -> None:
    travel = estimate(distance)
    assert travel.low == pytest.approx(0.7 * travel.seconds)
    assert travel.high == pytest.approx(1.3 * travel.seconds)
    assert travel.method == "straight-line estimate, ±30 %"


@given(metres, metres, st.sampled_from(Mode))
def test_a_longer_way_never_takes_less_time(one: float, other: float, mode: Mode) -> None:
    near, far = sorted((one, other))
    assert estimate(near, mode).seconds <= estimate(far, mode).seconds


@given(st.floats(1, 100_000))
def test_twice_the_way_takes_less_than_twice_the_time_by_road(distance: float) -> None:
    assert estimate(2 * distance).seconds < 2 * estimate(distance).seconds


def test_a_unit_already_there_needs_no_time_by_road() -> None:
    assert estimate(0.0).seconds == 0.0


def test_boats_and_helicopters_get_under_way_first_and_are_labelled_modelled() -> None:
    boat, helicopter = estimate(12_861, Mode.BOAT), estimate(61_733, Mode.AIR)
    assert boat.seconds == pytest.approx(120 + 1000, abs=1)
    assert helicopter.seconds == pytest.approx(300 + 1000, abs=1)
    assert "modelled" in boat.method
    assert "modelled" in helicopter.method


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("ENGINE", "road"), ("RESCUE_BOAT", "boat"), ("FIREBOAT", "boat"), ("Cutter", "boat"), ("HELICOPTER", "air")],
)
def test_the_kind_of_unit_says_what_it_travels_on(kind: str, mode: str) -> None:
    assert mode_of(kind) == mode


@pytest.mark.parametrize("nonsense", [-1.0, math.nan, math.inf])
def test_a_distance_that_is_none_is_refused(nonsense: float) -> None:
    with pytest.raises(ValueError, match="not a distance"):
        estimate(nonsense)
