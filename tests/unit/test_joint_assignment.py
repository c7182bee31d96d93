"""Many units to many incidents at once, against every way to do it."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from geo.bench_city import joint_case, nearest_first
from geo.joint_assignment import NOBODY, assign_jointly, jointly


def best_by_trying(seconds: np.ndarray, priorities: list[int], forbidden: np.ndarray) -> list[tuple[int, float]]:
    """(places filled, seconds) of each class from the most urgent on: the best of all ways, class after class."""
    places, units = seconds.shape
    best: list[tuple[int, float]] | None = None
    for choice in itertools.product(range(-1, units), repeat=places):
        used = [unit for unit in choice if unit >= 0]
        if len(used) != len(set(used)) or any(forbidden[p, u] for p, u in enumerate(choice) if u >= 0):
            continue
        score = []
        for level in sorted(set(priorities)):
            served = [(p, u) for p, u in enumerate(choice) if u >= 0 and priorities[p] == level]
            score.append((-len(served), sum(seconds[p, u] for p, u in served)))
        if best is None or score < best:
            best = score
    assert best is not None
    return best


def score_of(chosen: np.ndarray, seconds: np.ndarray, priorities: list[int]) -> list[tuple[int, float]]:
    score = []
    for level in sorted(set(priorities)):
        served = [(p, u) for p, u in enumerate(chosen) if u != NOBODY and priorities[p] == level]
        score.append((-len(served), float(sum(seconds[p, u] for p, u in served))))
    return score


@pytest.mark.parametrize("seed", range(30))
def test_with_all_places_equally_urgent_it_is_the_best_of_all_ways(seed: int) -> None:
    rng = np.random.default_rng(seed)
    seconds = rng.uniform(60, 900, (int(rng.integers(1, 5)), int(rng.integers(1, 5))))
    forbidden = rng.random(seconds.shape) < 0.3
    priorities = [1] * seconds.shape[0]
    chosen = assign_jointly(seconds, priorities, forbidden)
    expected = best_by_trying(seconds, priorities, forbidden)
    found = score_of(chosen, seconds, priorities)
    assert found[0][0] == expected[0][0]
    assert found[0][1] == pytest.approx(expected[0][1])


@pytest.mark.parametrize("seed", range(30))
def test_the_most_urgent_class_is_served_as_well_as_if_it_were_alone(seed: int) -> None:
    rng = np.random.default_rng(seed)
    seconds = rng.uniform(60, 900, (4, 4))
    forbidden = rng.random(seconds.shape) < 0.3
    priorities = sorted(int(rng.integers(1, 4)) for _ in range(4))
    chosen = assign_jointly(seconds, priorities, forbidden)
    expected = best_by_trying(seconds, priorities, forbidden)
    found = score_of(chosen, seconds, priorities)
    assert found[0][0] == expected[0][0]
    assert found[0][1] == pytest.approx(expected[0][1])
    used = [unit for unit in chosen if unit != NOBODY]
    assert len(used) == len(set(used))
    assert not any(forbidden[place, unit] for place, unit in enumerate(chosen) if unit != NOBODY)


@pytest.mark.parametrize("seed", range(5))
def test_a_bad_night_is_served_better_than_by_sending_the_nearest_to_one_after_another(seed: int) -> None:
    seconds, priorities, forbidden = joint_case(seed, places=60, units=120)
    ours = score_of(assign_jointly(seconds, priorities, forbidden), seconds, priorities)
    theirs = score_of(nearest_first(seconds, priorities, forbidden), seconds, priorities)
    assert ours[0] <= theirs[0]
    assert sum(places for places, _ in ours) <= sum(places for places, _ in theirs)  # counted below 0
    assert sum(spent for _, spent in ours) < sum(spent for _, spent in theirs)


def test_an_urgent_place_takes_the_only_unit_however_far() -> None:
    seconds = np.array([[60.0], [9000.0]])
    assert assign_jointly(seconds, [2, 1]).tolist() == [NOBODY, 0]


def test_a_unit_that_cannot_get_there_is_not_sent() -> None:
    assert assign_jointly(np.array([[np.nan, 500.0], [np.nan, np.nan]]), [1, 1]).tolist() == [1, NOBODY]


def test_nothing_to_fill_or_nobody_to_send_is_an_empty_answer() -> None:
    assert assign_jointly(np.empty((0, 3)), []).tolist() == []
    assert assign_jointly(np.empty((2, 0)), [1, 2]).tolist() == [NOBODY, NOBODY]


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="shapes"):
        assign_jointly(np.zeros((2, 2)), [1])
    with pytest.raises(ValueError, match="shapes"):
        assign_jointly(np.zeros((2, 2)), [1, 1], np.zeros((2, 3), dtype=bool))


def test_of_two_units_equally_near_the_urgent_place_takes_the_one_others_need_less() -> None:
    both, plain = 0, 1  # two units of one station; only the first can do what the less urgent place needs
    seconds = np.array([[300.0, 300.0], [240.0, np.nan]])
    assert assign_jointly(seconds, [1, 2]).tolist() == [plain, both]
    assert assign_jointly(seconds[:, ::-1], [1, 2]).tolist() == [1 - plain, 1 - both]
    assert assign_jointly(seconds - [[0.001, 0.0], [0.0, 0.0]], [1, 2]).tolist() == [both, NOBODY]


def test_rows_of_plain_numbers_are_answered_in_plain_numbers() -> None:
    assert jointly([[math.inf, 500.0], [math.inf, math.inf]], [1, 1]) == [1, NOBODY]
    assert jointly([], []) == []
