"""Who is nearest, how long they need, and what is left covered: our parts beside other people's.

    python -m bench.proximity [--rounds 2000]

Nearest 10 of 100,000 units with capability and status, 50 units moving before every 200 questions in a row; beside
brute force in NumPy, and GEOSEARCH on the embedded Valkey in the same run. GEOSEARCH knows no masks: it is given keys
that hold only the units that match, which no board could keep for every mix of masks, and a radius that is known to
hold enough.

500 units to one incident on Porto's streets, and 50 streets closed and opened again; beside scipy's Dijkstra (all the
network, and within the 15 minutes that would do) and our engine without the hierarchy. Without the real data
(CONCORD_REAL_DATA) these are null. Joint assignment and coverage: bench/coverage_parts.py.

The last line is one JSON object; times in ms, medians unless the name says otherwise. What had to wait for the machine
(two cores, shared) is told by the table's own p50 and p99.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.coverage_parts import measure_coverage, measure_joint
from data.connection import connect
from data.embedded import ensure_server, stop_server
from domain.closure import Closure, ClosureShape
from geo.proximity import nearest
from geo.streets_engine import Scipy
from geo.streets_router import StreetRouter
from geo.streets_store import build, load
from geo.unit_compile import compiled
from geo.unit_index import UnitIndex

ROOT = Path(__file__).resolve().parent.parent
UNITS = 100_000
MOVING = 50
IN_A_ROW = 200
ROUTES_IN_A_ROW = 20
CAN = {"ENGINE": 0.2, "LADDER": 0.1, "ALS": 0.15, "BLS": 0.2, "PATROL": 0.3, "K9": 0.02, "BOAT": 0.02, "HAZMAT": 0.01}
STATUSES = {"Available": 0.6, "ConditionallyAvailable": 0.25, "NotAvailable": 0.15}
ASKED: dict[str, tuple[list[str], list[str], float]] = {
    "engine or ALS, available": (["ENGINE", "ALS"], ["Available"], 10.0),
    "hazmat, available": (["HAZMAT"], ["Available"], 40.0),
}
"""What is asked for, and a radius in km in which GEOSEARCH is certain to find enough nearly everywhere."""


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--rounds", type=int, default=2000, help="questions asked of each")
    chosen = options.parse_args()
    result = measure_nearest(chosen.rounds) | measure_streets(max(30, chosen.rounds // 20))
    result["joint_assignment_ms"] = round(measure_joint(), 2)
    result["coverage_update_ms"] = round(measure_coverage(), 2)
    say("joint assignment, 500 units, 200 incidents", [result["joint_assignment_ms"]])
    say("coverage after a departure", [result["coverage_update_ms"]])
    print(json.dumps(result))


def measure_nearest(rounds: int) -> dict[str, Any]:
    """Ours, brute force and GEOSEARCH on the same questions, interleaved."""
    random = np.random.default_rng(4)
    lons, lats = -122 + random.normal(0, 0.5, UNITS), 37.7 + random.normal(0, 0.4, UNITS)
    can = random.choice(list(CAN), UNITS, p=list(CAN.values()))
    status = random.choice(list(STATUSES), UNITS, p=list(STATUSES.values()))
    index = UnitIndex(compiled())
    began = time.perf_counter()
    for at in range(UNITS):
        index.put(str(at), lons[at], lats[at], (can[at],), status[at])
    index.nearest(-122.0, 37.7, 1)
    print(f"{UNITS} units put in, one by one, in {time.perf_counter() - began:.2f} s")
    found: dict[str, Any] = {}
    worst: list[float] = []
    ratios, brute_ratios = [], []
    with tempfile.TemporaryDirectory() as folder:
        url = ensure_server(Path(folder), appendfsync="everysec")
        try:
            for name, (wanted, allowed, radius) in ASKED.items():
                fits = np.isin(can, wanted) & np.isin(status, allowed)
                ours, brute, theirs = asyncio.run(
                    _ask_three(url, rounds, random, index, lons, lats, fits, wanted, allowed, radius)
                )
                say(f"nearest 10 of 100,000: {name}", ours)
                say("  brute force, NumPy", brute)
                say("  GEOSEARCH, a key of its own", theirs)
                worst.append(p99(ours))
                ratios.append(statistics.median(theirs) / statistics.median(ours))
                brute_ratios.append(statistics.median(brute) / statistics.median(ours))
        finally:
            stop_server(Path(folder))
    found["nearest_p99_ms"] = round(max(worst), 3)
    found["vs_geosearch"] = [round(ratio, 1) for ratio in ratios]
    found["vs_brute_force"] = [round(ratio, 1) for ratio in brute_ratios]
    return found


async def _ask_three(
    url: str,
    rounds: int,
    random: np.random.Generator,
    index: UnitIndex,
    lons: np.ndarray,
    lats: np.ndarray,
    fits: np.ndarray,
    wanted: list[str],
    allowed: list[str],
    radius: float,
) -> tuple[list[float], list[float], list[float]]:
    client: Any = connect(url, board="bench")
    key = "{bench}:units"
    await client.delete(key)
    matching = np.flatnonzero(fits)
    for part in np.array_split(matching, max(1, matching.size // 5000)):
        await client.geoadd(
            key, [value for at in part.tolist() for value in (float(lons[at]), float(lats[at]), str(at))]
        )
    taken_in: list[float] = []
    ours, brute, theirs = list[float](), list[float](), list[float]()
    differing = 0
    for _ in range(rounds // IN_A_ROW):
        moving = random.integers(0, UNITS, MOVING)
        lons[moving] += random.normal(0, 1e-3, MOVING)
        lats[moving] += random.normal(0, 1e-3, MOVING)
        moved = [value for at in moving.tolist() if fits[at] for value in (float(lons[at]), float(lats[at]), str(at))]
        if moved:
            await client.geoadd(key, moved)

        def move(moving: np.ndarray = moving) -> None:
            for at in moving.tolist():
                index.move(str(at), lons[at], lats[at])
            index.settle()

        timed(taken_in, move)
        # Asked for where units are: an incident in the ocean is not the case to be quick in.
        near = random.integers(0, UNITS, IN_A_ROW)
        places = list(
            zip(
                (lons[near] + random.normal(0, 0.01, IN_A_ROW)).tolist(),
                (lats[near] + random.normal(0, 0.01, IN_A_ROW)).tolist(),
                strict=True,
            )
        )
        answers = [timed(ours, lambda at=at: index.nearest(*at, 10, wanted, allowed)) for at in places]
        expected = [timed(brute, lambda at=at: nearest(*at, lons, lats, 10, fits)) for at in places]
        for lon, lat in places:
            began = time.perf_counter()
            await client.geosearch(
                key, longitude=lon, latitude=lat, radius=radius, unit="km", count=10, sort="ASC", withdist=True
            )
            theirs.append((time.perf_counter() - began) * 1000)
        for answer, (rows, _) in zip(answers, expected, strict=True):
            differing += [each.unit for each in answer] != [str(row) for row in rows]
    await client.aclose()
    say(f"{MOVING} moves taken in", taken_in)
    say("first question after others had the caches", ours[::IN_A_ROW])
    if differing:
        print(f"  {differing} of {rounds} answers differ from brute force by order or by who is last")
    return ours, brute, theirs


def measure_streets(rounds: int) -> dict[str, Any]:
    """500 units to one incident, and 50 streets closed, on Porto; nulls without the extract."""
    extract = Path(os.environ.get("CONCORD_REAL_DATA") or ROOT.parent / "shared" / "real") / "osm" / "porto.osm.pbf"
    names = ("travel_time_ms", "closures_ms", "vs_scipy_15_min", "vs_compiled_dijkstra")
    if not extract.is_file():
        print(f"no {extract}: streets are not measured")
        return dict.fromkeys(names)
    with tempfile.TemporaryDirectory() as store:
        began = time.perf_counter()
        network, order = load(build(extract, Path(store)))
        print(
            f"Porto: {network.lons.size} nodes, {network.tails.size} arcs, built in {time.perf_counter() - began:.1f} s"
        )
        began = time.perf_counter()
        router = StreetRouter(network, order)
        print(f"router made in {(time.perf_counter() - began) * 1000:.0f} ms; hierarchy: {router.swift}")
        slower = StreetRouter(network)
        slower.warm()
        scipy = Scipy(network.lons.size, network.tails, network.heads, network.millis)
        random = np.random.default_rng(5)
        at = random.integers(0, network.lons.size, 500)
        starts = np.column_stack((network.lons[at], network.lats[at])) + random.normal(0, 3e-4, (500, 2))
        places = random.integers(0, network.lons.size, rounds).tolist()
        ours, compiled_times, limited, whole = [], [], [], []
        scipy.within(0, 1000)
        for first in range(0, rounds, ROUTES_IN_A_ROW):
            row = [
                (float(network.lons[node]), float(network.lats[node]))
                for node in places[first : first + ROUTES_IN_A_ROW]
            ]
            found = [timed(ours, lambda at=at: router.seconds_to(*at, starts)) for at in row]
            again = [timed(compiled_times, lambda at=at: slower.seconds_to(*at, starts)) for at in row]
            if not np.array_equal(found, again, equal_nan=True):
                raise SystemExit("the engines disagree; no figure is worth anything")
        for node in places[:30]:
            timed(limited, lambda node=node: scipy.within(node, 900_000))
            timed(whole, lambda node=node: scipy.to_one(at, node))
        say("500 units to one incident, Porto's streets", ours)
        say("  without the hierarchy: Dijkstra, numba", compiled_times)
        say("  scipy Dijkstra, 15 minutes' limit, no snapping", limited)
        say("  scipy Dijkstra, whole network, no snapping", whole)
        closing, opening = [], []
        pieces = random.integers(0, network.metres.size, (min(rounds, 40), 50))
        for number, row in enumerate(pieces.tolist()):
            closures = [_along(router, piece, f"{number}/{piece}") for piece in row]
            timed(closing, lambda closures=closures: router.set_closures(closures, 1.0))
            timed(opening, lambda: router.set_closures([], 1.0))
        say("50 streets closed, drawing to route", closing)
        say("  and opened", opening)
    ours_median = statistics.median(ours)
    values = (
        round(ours_median, 2),
        round(statistics.median(closing), 2),
        round(statistics.median(limited) / ours_median, 1),
        round(statistics.median(compiled_times) / ours_median, 1),
    )
    return dict(zip(names, values, strict=True))


def _along(router: StreetRouter, piece: int, name: str) -> Closure:
    lons, lats = router.shape_of(piece)
    return Closure(name, ClosureShape.LINE, tuple(zip(lons.tolist(), lats.tolist(), strict=True)), "bench", "a", 0.0)


def timed(times: list[float], act: Callable[[], Any]) -> Any:
    """What `act` gives; its milliseconds are added to `times`."""
    began = time.perf_counter()
    found = act()
    times.append((time.perf_counter() - began) * 1000)
    return found


def p99(times: list[float]) -> float:
    """The 99th percentile; of few values the largest."""
    return statistics.quantiles(times, n=100)[98] if len(times) > 2 else max(times)


def say(what: str, times: list[float]) -> None:
    """One row of the table."""
    print(f"{what:<52} p50 {statistics.median(times):8.3f} ms   p99 {p99(times):8.3f} ms")


if __name__ == "__main__":
    main()
