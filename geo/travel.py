"""How far and how long: units to one place, for the recommendation.

Knows how proximity and travel time go together. Refuses to know capabilities, statuses and agreements.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from domain.response import Trip
from geo.proximity import nearest
from geo.travel_time import estimate, mode_of


def trips_to(lon: float, lat: float, starts: Sequence[tuple[str, float, float]], most: int) -> list[Trip]:
    """The trips from the `most` nearest of `starts` (unit kind, lon, lat) to a place, nearest first."""
    if not starts:
        return []
    places = np.array([(start[1], start[2]) for start in starts], dtype=np.float64)
    indices, metres = nearest(lon, lat, places[:, 0], places[:, 1], most)
    trips = []
    for index, distance in zip(indices.tolist(), metres.tolist(), strict=True):
        time = estimate(distance, mode_of(starts[index][0]))
        trips.append(Trip(index, float(distance), float(time.seconds), time.method))
    return trips
