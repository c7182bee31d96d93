"""The best move-up: which available unit, sent to which vacant station, restores most.

Knows coverage and what a unit reaches from a place. Refuses to know who may be moved: pairs are handed in.

Exact over the pairs: a unit gives up what it alone reaches where it stands and gains what nobody then reaches from the
station. The gain cannot exceed what is uncovered about the station now, so stations are taken from the most
uncovered on and the search stops where even that is less than the best found.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from geo.coverage import Coverage, Reached

EQUAL = 1e-12
"""Weights that differ by less are equal: they were added up in another order."""


@dataclass(frozen=True, slots=True)
class Move:
    """A unit to a station: what it gives up and gains (`Coverage.weight`), and the points it would reach from there."""

    unit: str
    station: str
    gain: float
    reached: Reached


def best_move(
    coverage: Coverage,
    pairs: Mapping[str, Sequence[str]],
    reach_from: Callable[[str, str], Reached],
    gone: Sequence[str] = (),
    far: Callable[[str, str], float] = lambda unit, station: 0.0,
) -> Move | None:
    """The move that gains most, None where none gains anything.

    `pairs` are the stations each counted unit may be moved to, `reach_from(unit, station)` what it would reach from
    there, `gone` counted units taken to have left (a dispatch that is only proposed). Of equal gains the shortest way
    is taken (`far`, metres of unit and station), then the unit and the station that come first by name.
    """
    counts = coverage.counts
    for unit in gone:
        counts[coverage.reached_by(unit)] -= 1
    weights = coverage.weights()
    bare = np.where(counts == 0, weights, 0.0)
    best: Move | None = None
    best_way = (math.inf, "", "")
    for unit in sorted(pairs):
        if unit in gone:
            continue
        own = coverage.reached_by(unit)
        alone = own[counts[own] == 1]
        given_up = float(weights[alone].sum())
        offers = [(float(bare[points].sum()), station, points) for station, points in _reached(unit, pairs, reach_from)]
        for most, station, points in sorted(offers, key=lambda offer: (-offer[0], offer[1])):
            if best is not None and most < best.gain - EQUAL:
                break
            # What it alone reaches now stays covered where the station reaches it too.
            kept = np.intersect1d(alone, points, assume_unique=True)
            gain = most + float(weights[kept].sum()) - given_up
            way = (far(unit, station), unit, station)
            lead = gain - (best.gain if best else 0.0)
            if lead > EQUAL or (best and lead >= -EQUAL and way < best_way):
                best, best_way = Move(unit, station, gain, points), way
    return best


def _reached(
    unit: str, pairs: Mapping[str, Sequence[str]], reach_from: Callable[[str, str], Reached]
) -> list[tuple[str, Reached]]:
    return [(station, reach_from(unit, station)) for station in sorted(pairs[unit])]
