"""History: how fast a past board is there, how fast a process starts, how small an archived event is.

`python -m bench.history [--events N]` builds the board (busy_board.py), measures, archives, and measures again.
The goal is `as_of` within 50 ms at 200,000 events. `start_s_before` folds the log from event 1.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
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
from domain.position import Fix

START = 1_780_000_000.0
LOOKS = 300
MOVING = 500
BATCHES = 2000


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
    await builder.grow(events)
    print(f"{'board':<34}{builder.board.seq:>12,} events in {time.perf_counter() - began:.0f} s")
    incidents = sum(1 for _ in builder.board.incidents())
    print(f"{'':<34}{incidents:>12,} incidents, {len(builder.board.state()):,} refs")
    await _move(client, keys)
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
    took = time.perf_counter() - began
    print(f"{'snapshots':<34}{len(chunks):>12,} chunks, {size / events:.0f} B an event, written in {took:.1f} s")
    after = await _start(client, keys, store)
    print(f"{'start, folding from event 1':<34}{before:>12.2f} s")
    print(f"{'start from the newest snapshot':<34}{after:>12.2f} s")
    del projection

    times = random.Random(11)
    first, last = [float((await client.xrange(keys.log, *ends, count=1))[0][1][b"at"]) for ends in _ends(events)]
    hot = await _looks(History(client, keys), times, first, last, "log in the store")
    clock = ServerClock(client)
    await clock.sync()
    began = time.perf_counter()
    done = await Archive(client, keys, folder).run(keep=5000, now=clock.now())
    took = time.perf_counter() - began
    print(
        f"{'archive':<34}{done.size / done.events:>12.1f} B an event, {done.events:,} events in {took:.1f} s, "
        f"{done.chunks_moved} chunks moved"
    )
    archived = await _looks(History(client, keys, folder), times, first, last, "log in the archive")
    print(f"{'start after archiving':<34}{await _start(client, keys, store):>12.2f} s")
    await client.aclose()
    result = {
        "events": events,
        "as_of_ms": hot,
        "as_of_archived_ms": archived,
        "bytes_per_event": round(done.size / done.events, 1),
        "start_s_before": round(before, 2),
        "start_s_after": round(after, 2),
    }
    print(json.dumps(result))


def _ends(events: int) -> list[tuple[str, str]]:
    return [("1-0", "1-0"), (f"{events}-0", "+")]


async def _move(client: Any, keys: Keys) -> None:
    """Tracks as 500 moving units leave them, four batches a second."""
    store = PositionStore(client, keys)
    for batch in range(BATCHES):
        units = [(batch * 125 + n) % MOVING for n in range(125)]
        fixes = [Fix(f"dept{n // 50:02d}/E{n % 50 + 1}", batch, -122.4, 37.7, 90, 12.5, START) for n in units]
        await store.report(fixes)


async def _start(client: Any, keys: Keys, store: SnapshotStore) -> float:
    gc.collect()
    began = time.perf_counter()
    projection = Projection(client, keys, store)
    await projection.load()
    return time.perf_counter() - began


async def _looks(history: History, times: random.Random, first: float, last: float, what: str) -> dict[str, float]:
    """`as_of` at random times. The first look of a process unpacks what later ones share, so it stands apart."""
    took = []
    for _ in range(LOOKS):
        when = times.uniform(first, last)
        began = time.perf_counter()
        await history.as_of(when)
        took.append((time.perf_counter() - began) * 1000)
    cold, warm = took[0], sorted(took[20:])
    p50, p99 = statistics.median(warm), warm[int(len(warm) * 0.99) - 1]
    print(
        f"{'as_of, ' + what:<34}{p50:>12.1f} ms p50, {p99:.1f} p99, {cold:.0f} the first, {max(took):.0f} the slowest"
    )
    return {"p50": round(p50, 1), "p99": round(p99, 1), "first": round(cold, 1), "slowest": round(max(took), 1)}


if __name__ == "__main__":
    main()
