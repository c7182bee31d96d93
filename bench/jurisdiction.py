"""Who is responsible here: our index beside geopandas, shapely and PostGIS, on the same points in one run.

    python -m bench.jurisdiction [--points 1000000] [--install-postgis]

Layers: New York's police precincts, fire battalions and community districts, and all US counties. Point sets: uniform
over New York, uniform over the US, real (San Francisco fire calls, against the counties) and border (a vertex of New
York's layers +- 50 m). Without the real data (CONCORD_REAL_DATA) only the counties are asked.

Every bulk answer of STRtree and the default sjoin is compared with ours pair by pair; `mismatches` counts the
differences. By `within` a point on a border is in nothing, so it is timed and not compared. Peers are slow: they are
timed on a part of the points. One point is timed on New York, uniform.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from geo.peers import Join, Tree, corners_of, hex_of, polygons_of_counties, polygons_of_folder, sorted_pairs
from geo.zone_index import ZoneIndex

ROOT = Path(__file__).resolve().parent.parent
METRE = 1 / 111_320.0
"""Degrees of latitude in a metre, about."""
ASKED_SINGLY = 4000
PEER_POINTS = {"strtree": 100_000, "sjoin": 20_000, "within": 100_000}


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--points", type=int, default=1_000_000, help="points of a bulk question")
    options.add_argument("--install-postgis", action="store_true", help="install Debian's package if it is missing")
    chosen = options.parse_args()
    random = np.random.default_rng(4)
    folder = Path(os.environ.get("CONCORD_REAL_DATA") or ROOT.parent / "shared" / "real")
    counties = polygons_of_counties(ROOT / "regions" / "us_counties")
    sets: dict[str, tuple[list[Any], np.ndarray]] = {}
    if (folder / "nyc").is_dir():
        city = polygons_of_folder(folder / "nyc")
        corners = corners_of(city)
        near = corners[random.integers(0, len(corners), chosen.points)]
        sets["nyc_uniform"] = city, random.uniform(corners.min(axis=0), corners.max(axis=0), (chosen.points, 2))
        sets["border"] = city, near + random.uniform(-50 * METRE, 50 * METRE, near.shape)
    else:
        print(f"no real data in {folder}: only the US counties are asked")
    sets["us_uniform"] = counties, random.uniform((-125.0, 25.0), (-67.0, 49.0), (chosen.points, 2))
    if (folder / "sf").is_dir():
        calls = san_francisco_calls(folder / "sf" / "sffd_2020-04-07_to_20.csv")
        sets["real"] = counties, calls[random.integers(0, len(calls), chosen.points)]
    whole = [*counties, *(sets["nyc_uniform"][0] if "nyc_uniform" in sets else [])]
    began = time.perf_counter()
    all_zones = ZoneIndex.of(whole)
    result: dict[str, Any] = {"build_s": round(time.perf_counter() - began, 2), "index_mb": all_zones.nbytes / 1e6}
    print(f"{len(whole)} polygons, {len(corners_of(whole))} vertices: built in {result['build_s']} s,", end=" ")
    print(f"{result['index_mb']:.1f} MB; compiled walk: {all_zones.compile()}")

    measured = {name: measure(polygons, points) for name, (polygons, points) in sets.items()}
    single = measured.get("nyc_uniform") or measured["us_uniform"]
    result |= {
        "single_p50_us": single["single"][0],
        "single_p99_us": single["single"][1],
        "bulk_mpts_s": {name: round(one["bulk"], 2) for name, one in measured.items()},
        "vs_postgis_single": None,
        "vs_strtree_single": round(single["strtree_single"][0] / single["single"][0], 1),
        "vs_sjoin_bulk": {name: round(one["bulk"] / one["sjoin"], 1) for name, one in measured.items()},
        "vs_sjoin_within_bulk": {name: round(one["bulk"] / one["within"], 1) for name, one in measured.items()},
        "mismatches": sum(one["mismatches"] for one in measured.values()),
    }
    polygons, points = sets.get("nyc_uniform") or sets["us_uniform"]
    postgis = ask_postgis(polygons, points, chosen.install_postgis)
    if postgis:
        result["postgis_single_us"] = postgis
        result["vs_postgis_single"] = round(postgis[0] / single["single"][0], 1)
        result["vs_postgis_single_p99"] = round(postgis[1] / single["single"][1], 1)
    print(json.dumps(result))


def measure(polygons: Sequence[Any], points: np.ndarray) -> dict[str, Any]:
    """One point p50 and p99 in microseconds, bulk in million points a second, and how often a peer disagrees."""
    xs, ys = np.ascontiguousarray(points.T)
    zones, tree = ZoneIndex.of(polygons), Tree(polygons)
    zones.compile()
    zones.at_many(xs, ys)  # every name has been seen, as on a board that has run for a minute
    found: dict[str, Any] = {
        "single": singly(zones.at, points),
        "strtree_single": singly(tree.at, points),
        "bulk": len(xs) / quickest(lambda: zones.at_many(xs, ys)) / 1e6,
        "mismatches": 0,
    }
    codes, table = zones.at_many(xs, ys)
    peers: dict[str, Tree | Join] = {
        "strtree": tree,
        "sjoin": Join(polygons, "intersects"),
        "within": Join(polygons, "within"),
    }
    for name, peer in peers.items():
        count = min(PEER_POINTS[name], len(xs))
        began = time.perf_counter()
        theirs = peer.at_many(xs[:count], ys[:count])
        found[name] = count / (time.perf_counter() - began) / 1e6
        if name != "within":
            found["mismatches"] += differing(theirs, codes[:count], table)
    print(
        f"{len(polygons)} polygons: one point p50/p99 {found['single']} us, STRtree {found['strtree_single']};"
        f" bulk M/s: ours {found['bulk']:.2f}, STRtree {found['strtree']:.3f}, sjoin {found['sjoin']:.4f},"
        f" within {found['within']:.3f}; mismatches {found['mismatches']}"
    )
    return found


def singly(ask: Callable[[float, float], object], points: np.ndarray) -> tuple[float, float]:
    """p50 and p99 of one question, in microseconds."""
    places = points[:ASKED_SINGLY].tolist()
    for lon, lat in places[:200]:
        ask(lon, lat)
    spent = []
    for lon, lat in places:
        began = time.perf_counter_ns()
        ask(lon, lat)
        spent.append((time.perf_counter_ns() - began) / 1000)
    cuts = statistics.quantiles(spent, n=100)
    return round(cuts[49], 2), round(cuts[98], 2)


def quickest(act: Callable[[], object], times: int = 5) -> float:
    """Seconds of the quickest of several runs: what the machine can do when nobody else wants it."""
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        spent.append(time.perf_counter() - began)
    return min(spent)


def differing(theirs: np.ndarray, codes: np.ndarray, table: Sequence[tuple[int, ...]]) -> int:
    """How many (point, polygon) pairs only one of the two answers has."""
    count = np.array([len(zone) for zone in table])[codes]
    polygons = [polygon for code in codes.tolist() for polygon in table[code]]
    ours = sorted_pairs(np.repeat(np.arange(len(codes)), count), polygons)
    return len({*map(tuple, ours.tolist())} ^ {*map(tuple, theirs.tolist())})


def san_francisco_calls(path: Path) -> np.ndarray:
    """The places of the calls, (n, 2), longitude first."""
    place = re.compile(r"\(([-\d.]+), ([-\d.]+)\)")
    with path.open(encoding="utf-8", newline="") as source:
        matches = (place.fullmatch(row["Location"]) for row in csv.DictReader(source))
        return np.array([(float(match[2]), float(match[1])) for match in matches if match])


def ask_postgis(polygons: Sequence[Any], points: np.ndarray, install: bool) -> tuple[float, float] | None:
    """p50 and p99 of one question to PostGIS in microseconds, None where it is not there."""
    from bench.postgis import PostGis, find_postgis, install_postgis

    if install and find_postgis() is None:
        install_postgis()
    where = find_postgis()
    if where is None:
        print("PostGIS is not installed; --install-postgis fetches Debian's package")
        return None
    with PostGis(where) as server:
        server.load(hex_of(polygons))
        low, high = points.min(axis=0).tolist(), points.max(axis=0).tolist()
        spent = server.ask_singly(low, high, ASKED_SINGLY)
    cuts = statistics.quantiles(spent, n=100)
    print(f"PostGIS, prepared, one point p50/p99 {cuts[49]:.0f}/{cuts[98]:.0f} us")
    return round(cuts[49], 1), round(cuts[98], 1)


if __name__ == "__main__":
    main()
