"""Many units to many incidents at once: the urgent are served first, and the rest as fast as can be.

Knows seconds, places to fill and who may not be sent. Refuses to know units, incidents and agreements.

Every place to fill (an incident that needs two engines has two) is a row, every unit a column, the seconds the cost,
and the cheapest matching is found exactly by SciPy's solver. Priorities are lexicographic: a place of a more urgent
class is never left empty, or served later in sum, for one of a less urgent class. Classes are solved from the most
urgent on; each keeps to units the ones before do not need. That is exact for the first class and, for each further
one, exact given the units left. Of ways equal in seconds (two units in one station) a class takes the one that leaves
later classes the units more of their places could use.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

NOBODY = -1
TIE = 1e-6
"""Seconds by which a unit is dearer for each place of a less urgent class it could fill: it settles ties, no more."""


def jointly(seconds: Sequence[Sequence[float]], priorities: Sequence[int]) -> list[int]:
    """`assign_jointly` for rows of plain numbers, infinite where a unit may not or cannot go."""
    if not seconds:
        return []
    return [int(unit) for unit in assign_jointly(np.array(seconds, dtype=np.float64), priorities)]


def assign_jointly(
    seconds: npt.NDArray[np.float64], priorities: Sequence[int], forbidden: npt.NDArray[np.bool_] | None = None
) -> npt.NDArray[np.intp]:
    """The unit for each place to fill, NOBODY where none is left.

    `seconds` is (places, units), NaN where a unit cannot get there; `priorities` one for each place, 1 the most
    urgent; `forbidden` True where a unit may not be sent or cannot do what is needed. As many places of a class are
    filled as can be, and of all ways to fill so many the one with the least seconds in sum. Raises ValueError for
    shapes that differ.
    """
    times = np.asarray(seconds, dtype=np.float64)
    urgency = np.asarray(priorities)
    if (
        times.ndim != 2
        or urgency.shape != times.shape[:1]
        or (forbidden is not None and forbidden.shape != times.shape)
    ):
        raise ValueError(f"seconds {times.shape}, priorities {urgency.shape}, forbidden: shapes must fit")
    usable = np.isfinite(times) if forbidden is None else np.isfinite(times) & ~forbidden
    chosen = np.full(times.shape[0], NOBODY, dtype=np.intp)
    free = np.ones(times.shape[1], dtype=np.bool_)
    for level in np.unique(urgency):
        rows = np.flatnonzero(urgency == level)
        columns = np.flatnonzero(free & usable[rows].any(axis=0))
        if not columns.size:
            continue
        allowed = usable[np.ix_(rows, columns)]
        wanted_later = usable[urgency > level][:, columns].sum(axis=0)
        cost = np.where(allowed, times[np.ix_(rows, columns)] + TIE * wanted_later, 0.0)
        # A pair that may not be costs more than any whole matching: none is used while another can fill the place.
        barrier = 1.0 + float(cost.max(initial=0.0)) * (min(cost.shape) + 1)
        places, units = linear_sum_assignment(np.where(allowed, cost, barrier))
        good = allowed[places, units]
        chosen[rows[places[good]]] = columns[units[good]]
        free[columns[units[good]]] = False
    return chosen
