"""Coverage and joint assignment, measured: parts of bench.proximity.

    python -m bench.coverage_parts

A city of 264,000 demand points and 343 stations, as Porto's street nodes would be, one unit each; joint assignment of
500 units to 200 incidents beside sending the nearest, incident after incident.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable

from geo.bench_city import City, city, joint_case, nearest_first
from geo.joint_assignment import NOBODY, assign_jointly
from geo.move_up import best_move

ROUNDS = 200


def _median_ms(rounds: int, work: Callable[[int], object]) -> float:
    taken = []
    for number in range(rounds):
        started = time.perf_counter()
        work(number)
        taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


def measure_joint(rounds: int = 50) -> float:
    """Median ms to assign 500 units to 200 incidents jointly."""
    cases = [joint_case(seed) for seed in range(rounds)]
    return _median_ms(rounds, lambda n: assign_jointly(*cases[n]))


def measure_coverage(made: City | None = None, rounds: int = ROUNDS) -> float:
    """Median ms until coverage is right again after a departure, shares included."""
    here = made or city()
    units = sorted(here.reached)

    def depart(number: int) -> None:
        here.coverage.take(units[number % len(units)])
        here.coverage.share()

    taken = []
    for number in range(rounds):
        taken.append(_median_ms(1, lambda _: depart(number)))  # noqa: B023
        unit = units[number % len(units)]
        here.coverage.put(unit, here.reached[unit])
    return statistics.median(taken)


def main() -> None:
    """Print the table, then one JSON line."""
    here = city()
    units = sorted(here.reached)
    departure = measure_coverage(here)
    gap = _median_ms(50, lambda n: here.gap_of(units[n]))
    pairs = dict.fromkeys(units[:30], here.stations[:20])
    move = _median_ms(5, lambda n: best_move(here.coverage, pairs, lambda unit, station: here.reached[station]))
    joint = measure_joint()
    case = joint_case(0)
    ours = assign_jointly(*case)
    theirs = nearest_first(*case)
    mean = {
        name: float(case[0][chosen != NOBODY, chosen[chosen != NOBODY]].mean())
        for name, chosen in (("jointly", ours), ("nearest first", theirs))
    }
    filled = {"jointly": int((ours != NOBODY).sum()), "nearest first": int((theirs != NOBODY).sum())}
    rows = [
        ("coverage after a departure", f"{departure:.3f} ms"),
        ("the gap it opens, as polygons", f"{gap:.2f} ms"),
        ("best of 600 move-ups", f"{move:.1f} ms"),
        ("500 units x 200 incidents, jointly", f"{joint:.2f} ms"),
        ("places filled jointly / nearest first", f"{filled['jointly']} / {filled['nearest first']}"),
        ("mean seconds jointly / nearest first", f"{mean['jointly']:.0f} / {mean['nearest first']:.0f}"),
    ]
    for name, value in rows:
        print(f"{name:40} {value}")
    print(
        json.dumps({"coverage_update_ms": departure, "gap_ms": gap, "move_up_ms": move, "joint_assignment_ms": joint})
    )


if __name__ == "__main__":
    main()
