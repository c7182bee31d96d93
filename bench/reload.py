"""Do questions stall while other boundaries are taken up?

    python -m bench.reload [--boundaries FILE] [--seconds N]

Starts the whole board as people do, asks "who is responsible here?" through the page's own callback, one question
after the other, first idle, then while `region adopt` checks, stores and announces another edition, a process of its
own builds it, and the web process maps it and swaps. Also in process: bare lookups, 500 a second on an event loop,
while an edition is built, mapped and swapped beside them.
"""

from __future__ import annotations

import argparse
import asyncio
import http.client
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from urllib.parse import urlsplit

from data.embedded import stop_server
from data.entering import enter
from geo.boundaries import Boundaries, find_boundaries, read_boundaries, write_boundaries
from geo.edition_build import load_edition
from geo.ground import Ground
from geo.jurisdiction import JurisdictionIndex

ROOT = Path(__file__).resolve().parent.parent
NOON = 1_780_000_000.0


def percentile(taken: list[float], share: float) -> float:
    """Nearest-rank percentile."""
    ordered = sorted(taken)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def other_edition(boundaries: Boundaries, path: Path) -> None:
    """The same polygons under other names: another edition of the same size."""
    areas = tuple(replace(area, name=f"{area.name} (new)") for area in boundaries.areas)
    write_boundaries(Boundaries(areas, boundaries.polygons, boundaries.context), path)


class Asker:
    """One page that asks and asks."""

    def __init__(self, url: str, boundaries: Boundaries) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
        self._headers = {**enter(url, "sffd:dispatcher").headers(), "Content-Type": "application/json"}
        west, south, east, north = boundaries.polygons[0].bounds
        self._box = (west, east, south, north)
        self._random = random.Random(1)

    def ask(self) -> tuple[float, bool]:
        """Milliseconds, and whether the new edition answered."""
        west, east, south, north = self._box
        place = {"lon": self._random.uniform(west, east), "lat": self._random.uniform(south, north), "t": time.time()}
        body = {
            "output": "whois.children",
            "outputs": {"id": "whois", "property": "children"},
            "inputs": [{"id": "whois-query", "property": "data", "value": place}],
            "changedPropIds": ["whois-query.data"],
        }
        started = time.perf_counter()
        self._connection.request("POST", "/_dash-update-component", json.dumps({**body, "state": []}), self._headers)
        answer = self._connection.getresponse().read()
        return (time.perf_counter() - started) * 1000, b"(new)" in answer


def through_the_app(boundaries: Boundaries, folder: Path, seconds: float) -> dict[str, float]:
    """Milliseconds of a question idle and during the swap, through the served app."""
    other_edition(boundaries, folder / "other.gpkg")
    env = {**os.environ, "CONCORD_DATA_DIR": str(folder / "var"), "CONCORD_PORT": "0", "CONCORD_SIMULATOR": "off"}
    log = folder / "serve.log"
    with log.open("wb") as output:
        served = subprocess.Popen([sys.executable, "-m", "tools", "serve"], cwd=ROOT, env=env, stdout=output)
    try:
        while not (live := re.search(r"Concord is live on (http://\S+)", log.read_text())):
            time.sleep(0.2)
        asker = Asker(live.group(1), boundaries)
        settle = time.monotonic() + 15  # until the compiled walk is there
        while time.monotonic() < settle:
            asker.ask()
        idle, during = [], []
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            idle.append(asker.ask()[0])
        adopt = subprocess.Popen(
            [sys.executable, "-m", "tools", "region", "adopt", str(folder / "other.gpkg")],
            cwd=ROOT,
            env=env,
            stdout=subprocess.DEVNULL,
        )
        answered = 0
        while answered < 200:  # and a little beyond the moment from which it answers
            taken, new = asker.ask()
            during.append(taken)
            answered += new
        adopt.wait(60)
        return {
            "idle_p50_ms": statistics.median(idle),
            "idle_p99_ms": percentile(idle, 0.99),
            "swap_p50_ms": statistics.median(during),
            "swap_p99_ms": percentile(during, 0.99),
            "swap_max_ms": max(during),
            "questions": len(idle) + len(during),
        }
    finally:
        served.terminate()
        served.wait(20)
        stop_server(folder / "var" / "valkey")


async def in_process(boundaries: Boundaries, folder: Path, seconds: float) -> dict[str, float]:
    """Microseconds a lookup waits and takes on an event loop, idle and while an edition is taken up beside it."""
    other_edition(boundaries, folder / "beside.gpkg")
    index = JurisdictionIndex(boundaries)
    index.zones.compile()
    ground = Ground(index)
    west, south, east, north = boundaries.polygons[0].bounds
    chance = random.Random(2)
    taken: list[float] = []

    async def ask_until(over: asyncio.Event) -> None:
        while not over.is_set():
            due = time.perf_counter() + 0.002
            await asyncio.sleep(0.002)
            ground.at(chance.uniform(west, east), chance.uniform(south, north), NOON)
            taken.append((time.perf_counter() - due) * 1000)

    async def phase(work: asyncio.Task[None]) -> list[float]:
        over = asyncio.Event()
        asking = asyncio.create_task(ask_until(over))
        await work
        over.set()
        await asking
        found = taken.copy()
        taken.clear()
        return found

    async def take_up() -> None:
        command = (sys.executable, "-m", "geo.edition_build", str(folder / "beside.gpkg"), str(folder / "beside"))
        process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
        await process.wait()
        prepared = await asyncio.to_thread(load_edition, folder / "beside", UTC)
        await asyncio.to_thread(prepared.index.zones.compile)
        ground.use("beside", NOON, prepared.index)
        await asyncio.sleep(1.0)

    async def wait() -> None:
        await asyncio.sleep(seconds)

    await phase(asyncio.create_task(wait()))
    idle = await phase(asyncio.create_task(wait()))
    during = await phase(asyncio.create_task(take_up()))
    return {
        "loop_idle_p99_ms": percentile(idle, 0.99),
        "loop_swap_p99_ms": percentile(during, 0.99),
        "loop_swap_max_ms": max(during),
    }


def main() -> None:
    """Print the table, then one JSON line."""
    words = argparse.ArgumentParser(prog="python -m bench.reload", description=__doc__)
    words.add_argument("--boundaries", type=Path, default=ROOT / "regions" / "bay_area", help="a boundary file or pack")
    words.add_argument("--seconds", type=float, default=15.0, help="how long the idle phases last")
    args = words.parse_args()
    boundaries = read_boundaries(find_boundaries(args.boundaries) or args.boundaries)
    with tempfile.TemporaryDirectory() as folder:
        figures = through_the_app(read_boundaries(ROOT / "regions" / "bay_area"), Path(folder), args.seconds)
        figures |= asyncio.run(in_process(boundaries, Path(folder), args.seconds))
    figures["ratio"] = figures["swap_p99_ms"] / figures["idle_p99_ms"]
    figures["loop_ratio"] = figures["loop_swap_p99_ms"] / figures["loop_idle_p99_ms"]
    print(f"{len(boundaries.areas)} areas")
    for name, value in figures.items():
        print(f"{name:20} {value:10.3f}")
    print(json.dumps({name: round(value, 4) for name, value in figures.items()}))


if __name__ == "__main__":
    main()
