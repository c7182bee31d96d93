"""History: how fast a past board is there, how fast a process starts, how small an archived event is.

`python -m bench.history [--events N]` builds the board (busy_board.py), measures, archives, and measures again.
The goal is `as_of` within 50 ms at 200,000 events. `start_s_before` folds the log from event 1.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import itertools
import json
import math
import os
import random
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.busy_board import BusyBoard, busy_client
from data.archive import Archive
from data.clock import ServerClock
from data.embedded import ensure_server, stop_server
from data.history import History
from data.keys import Keys, keys_of
from data.positions import PositionStore
from data.projection import Projection
from data.snapshot_taker import SnapshotTaker
from data.snapshots import SnapshotStore
from data.tasks import cancelled
from domain.position import Fix

START = 1_780_000_000.0
LOOKS = 300
MOVING = 500


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.history", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--events", type=int, default=200_000, help="events on the board (default: 200000)")
    events = parser.parse_args().events
    folder = Path(tempfile.mkdtemp(prefix="concord-bench-"))
    try:
        asyncio.run(_bench(ensure_server(folder / "store"), folder / "archive", events))
    finally:
        stop_server(folder / "store")
        shutil.rmtree(folder)


async def _bench(url: str, folder: Path, events: int) -> None:
    client, keys = await busy_client(url), keys_of("bench")
    began = time.perf_counter()
    builder = BusyBoard(client, keys, random.Random(7), START)
    moving = asyncio.create_task(_move(client, keys))
    await builder.grow(events)
    await cancelled([moving])
    print(f"{'board':<34}{builder.board.seq:>12,} events in {time.perf_counter() - began:.0f} s")
    incidents = sum(1 for _ in builder.board.incidents())
    print(f"{'':<34}{incidents:>12,} incidents, {len(builder.board.state()):,} refs")
    log_bytes = await client.memory_usage(keys.log)
    print(f"{'log in the store':<34}{log_bytes / events:>12.0f} B an event")
    builder.board = None  # type: ignore[assignment]

    before = await _start(client, keys, SnapshotStore(client, keys, shape="none"))
    store = SnapshotStore(client, keys)
    taker = SnapshotTaker(store)
    projection = Projection(client, keys, store, taker)
    await projection.load()
    began = time.perf_counter()
    await taker.write_due()
    chunks = (await store.index()).headers
    size = sum(header.records + header.lines for header in chunks.values())
    of_lines = sum(header.lines for header in chunks.values())
    took = time.perf_counter() - began
    print(
        f"{'snapshots':<34}{len(chunks):>12,} chunks, {size / events:.0f} B an event "
        f"({of_lines / events:.0f} of log lines), written in {took:.1f} s"
    )
    after = await _start(client, keys, store)
    print(f"{'start, folding from event 1':<34}{before:>12.2f} s")
    print(f"{'start from the newest snapshot':<34}{after:>12.2f} s")
    del projection

    times = random.Random(11)
    first, last = [float((await client.xrange(keys.log, *ends, count=1))[0][1][b"at"]) for ends in _ends(events)]
    history = History(client, keys)
    cold, _ = await _once(history, times.uniform(first, last))
    began = time.perf_counter()
    await history.prepare()
    print(f"{'as_of, the first in a process':<34}{cold:>12.0f} ms; prepare() takes {time.perf_counter() - began:.1f} s")
    hot = await _looks(history, times, first, last, "log in the store")
    clock = ServerClock(client)
    await clock.sync()
    began = time.perf_counter()
    done = await Archive(client, keys, folder).run(keep=5000, now=clock.now())
    took = time.perf_counter() - began
    print(
        f"{'archive':<34}{done.size / done.events:>12.1f} B an event, {done.events:,} events in {took:.1f} s, "
        f"{done.chunks_moved} chunks moved"
    )
    history = History(client, keys, folder)
    await history.prepare()
    archived = await _looks(history, times, first, last, "log in the archive")
    print(f"{'start after archiving':<34}{await _start(client, keys, store):>12.2f} s")
    await client.aclose()
    print(f"{'load of the machine':<34}{os.getloadavg()[0]:>12.1f} on {os.cpu_count()} cores")
    result = {
        "events": events,
        "as_of_ms": hot,
        "as_of_first_ms": round(cold, 1),
        "as_of_archived_ms": archived,
        "bytes_per_event": round(done.size / done.events, 1),
        "start_s_before": round(before, 2),
        "start_s_after": round(after, 2),
    }
    print(json.dumps(result))


def _ends(events: int) -> list[tuple[str, str]]:
    return [("1-0", "1-0"), (f"{events}-0", "+")]


async def _move(client: Any, keys: Keys) -> None:
    """500 moving units, 125 of them in each batch, while the board is built."""
    store = PositionStore(client, keys)
    for batch in itertools.count(1):
        units = [(batch * 125 + n) % MOVING for n in range(125)]
        fixes = [Fix(f"dept{n // 50:02d}/E{n % 50 + 1}", batch, -122.4, 37.7, 90, 12.5, START) for n in units]
        await store.report(fixes)
        await asyncio.sleep(0.02)


async def _start(client: Any, keys: Keys, store: SnapshotStore) -> float:
    gc.collect()
    began = time.perf_counter()
    projection = Projection(client, keys, store)
    await projection.load()
    return time.perf_counter() - began


async def _once(history: History, when: float) -> tuple[float, float]:
    """Milliseconds by the clock, and of this process's own computing: on a shared machine the two differ."""
    began, worked = time.perf_counter(), time.process_time()
    await history.as_of(when)
    return (time.perf_counter() - began) * 1000, (time.process_time() - worked) * 1000


async def _looks(history: History, times: random.Random, first: float, last: float, what: str) -> dict[str, float]:
    """`as_of` at random times over the whole past, milliseconds."""
    looks = [await _once(history, times.uniform(first, last)) for _ in range(LOOKS)]
    took, worked = (sorted(column) for column in zip(*looks, strict=True))
    p50, p99 = statistics.median(took), took[math.ceil(LOOKS * 0.99) - 1]
    own = statistics.median(worked)
    print(f"{'as_of, ' + what:<34}{p50:>12.1f} ms p50, {p99:.1f} p99, {took[-1]:.0f} slowest; computing {own:.1f} p50")
    return {"p50": round(p50, 1), "p99": round(p99, 1)}


if __name__ == "__main__":
    main()
