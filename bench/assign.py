"""How many assign commands a second one worker process gets through, and what the store alone would allow.

Runs the whole command path (policy, commit with version compare, event, picture) on a real server with 1, 8 and 64
dispatchers at once. In the same rounds, interleaved, so that a busy machine slows all of them alike:
a bare no-op function through the same batching client, and the same assign as WATCH / MULTI / EXEC
(watch_multi.py), which is what one would write without functions. For comparison also the no-op through the library's
plain client, and a WATCH version that gives up the contiguous sequence number.

The last line is one JSON object: `accepted_per_s` and `p99_ms` by number of dispatchers, `vs_noop_fcall` and
`vs_watch_multi` at 64 (ratios of medians), and whether a sealer followed the board meanwhile.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib.util
import itertools
import json
import statistics
import tempfile
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop

from bench.watch_multi import WatchMulti
from data.batching import Batcher
from data.connection import connect
from data.embedded import ensure_server, stop_server
from data.link import BoardLink
from domain.agency import Agency, Discipline
from domain.commands import (
    Actor,
    AssignUnits,
    Command,
    Envelope,
    OpenBoard,
    RegisterAgencies,
    RegisterUnits,
    ReportIncident,
    Role,
)
from domain.response_plan import Need, ResponsePlan
from domain.rules import Facts
from domain.unit import Unit

DISPATCHERS = (1, 8, 64)
COMMANDS = {1: 1000, 8: 4000, 64: 8000}
"""Commands in one round, by dispatchers: half a second to a second of work."""
ON_ONE_INCIDENT = 10
"""Units assigned to each incident: a second alarm."""
NOOP = """#!lua name=bench_1
redis.register_function('bench_noop_1', function(keys, args) return {'OK', '1', '1', '1.0'} end)
"""
_KEYS = [f"{{bench}}:{name}" for name in ("seq", "versions", "state", "log", "command")]
_LOADER = Actor("loader", "", Role.SERVICE, "bench")
_DISPATCHER = Actor("Okafor", "sffd", Role.DISPATCHER, "bench")
_FACTS = Facts(plans={"FIRE": ResponsePlan("FIRE", "Structure fire", "F", "fire", 1, ((Need("ENGINE", 2),),))})

Ask = Callable[[int], Awaitable[object]]


@dataclass(slots=True)
class Figures:
    """Rounds of one contender at one number of dispatchers."""

    per_s: list[float] = field(default_factory=list)
    p99_ms: list[float] = field(default_factory=list)

    def add(self, count: int, seconds: float, waits: list[float]) -> None:
        """Take one round in; waits in seconds."""
        self.per_s.append(count / seconds)
        self.p99_ms.append(sorted(waits)[int(len(waits) * 0.99)] * 1000)


async def round_of(ask: Ask, count: int, dispatchers: int, figures: Figures) -> None:
    """`dispatchers` tasks share `count` asks; each asks again as soon as it was answered."""
    numbers = itertools.count()
    waits: list[float] = []

    async def dispatcher() -> None:
        while (number := next(numbers)) < count:
            started = time.perf_counter()
            await ask(number)
            waits.append(time.perf_counter() - started)

    started = time.perf_counter()
    await asyncio.gather(*(dispatcher() for _ in range(dispatchers)))
    figures.add(count, time.perf_counter() - started, waits)


def fresh_name() -> str:
    """A board nobody used before."""
    return f"bench-{uuid.uuid4().hex[:10]}"


@contextlib.asynccontextmanager
async def board_with(url: str, units: int, board: str = "") -> AsyncIterator[tuple[BoardLink, list[str]]]:
    """A fresh board with so many free units and incidents for them."""
    async with BoardLink.open(url, board or fresh_name(), _FACTS) as link:
        ids = itertools.count()

        async def give(command: Command, actor: Actor = _LOADER) -> str:
            outcome = await link.send(Envelope(f"load-{next(ids)}", actor, command))
            assert outcome.accepted, outcome
            return outcome.incident

        await give(OpenBoard("Bench", "bench", "B"))
        await give(RegisterAgencies((Agency("sffd", "SFFD", "sffd", Discipline.FIRE),)))
        for start in range(0, units, 200):
            names = [f"E{number}" for number in range(start, min(start + 200, units))]
            await give(RegisterUnits(tuple(_engine(name) for name in names)))
        reports = range(0, units, ON_ONE_INCIDENT)
        yield link, [await give(ReportIncident("FIRE", -122.4, 37.78), _DISPATCHER) for _ in reports]


def _engine(name: str) -> Unit:
    return Unit(f"sffd/{name}", "sffd", name, "ENGINE", ("ENGINE",), 4, "", -122.4, 37.8)


async def whole_path(url: str, dispatchers: int, figures: Figures) -> str:
    """One round of our own assign. Returns whether a sealer followed the board."""
    count = COMMANDS[dispatchers]
    board = fresh_name()
    async with board_with(url, count, board) as (link, incidents), sealing(url, board) as sealer:
        # What a page sends: when it was given and which versions were seen.
        asks = []
        for number in range(count):
            unit, incident = f"sffd/E{number}", incidents[number // ON_ONE_INCIDENT]
            seen = {f"unit:{unit}": link.board.version(f"unit:{unit}")}
            asks.append((AssignUnits(incident, (unit,)), seen))

        async def assign(number: int) -> None:
            command, seen = asks[number]
            outcome = await link.send(Envelope(f"bench-{number}", _DISPATCHER, command, link.now(), seen))
            assert outcome.accepted, outcome

        await round_of(assign, count, dispatchers, figures)
        assert sum(bool(unit.active) for unit in link.board.units()) == count, "not every unit was assigned"
        return sealer


@contextlib.asynccontextmanager
async def sealing(url: str, board: str) -> AsyncIterator[str]:
    """Seal the board meanwhile, in the same process as a worker does; says whether this release can."""
    if importlib.util.find_spec("data.sealing") is None:
        yield "none in this release"
        return
    module = importlib.import_module("data.sealing")
    with tempfile.TemporaryDirectory(prefix="concord-bench-keys-") as folder:
        async with module.Sealing(url, board, Path(folder), Path(folder) / "seals.jsonl").running():
            yield "running"


async def unbatched(url: str, dispatchers: int, figures: Figures) -> None:
    """One round of the same no-op through the library's plain client: one call, one trip, one connection each."""
    client = connect(url, connections=dispatchers + 2)
    await client.function_load(NOOP, replace=True)

    async def nothing(number: int) -> None:
        await client.fcall("bench_noop_1", len(_KEYS), *_KEYS, number)

    await round_of(nothing, COMMANDS[dispatchers], dispatchers, figures)
    await client.aclose()


async def no_op(url: str, dispatchers: int, figures: Figures) -> None:
    """One round of a function that does nothing, through the same batching client."""
    client = connect(url)
    await client.function_load(NOOP, replace=True)
    calls = Batcher(client)
    await round_of(
        lambda number: calls.fcall("bench_noop_1", _KEYS, [number]), COMMANDS[dispatchers], dispatchers, figures
    )
    await calls.aclose()
    await client.aclose()


async def watch_multi(url: str, dispatchers: int, figures: Figures, *, ordered: bool) -> None:
    """One round of the same assign as WATCH / MULTI / EXEC."""
    count = COMMANDS[dispatchers] // (20 if ordered and dispatchers > 1 else 4)
    async with board_with(url, count) as (link, incidents):
        pass  # the link is closed, its picture stays: this contender keeps none up to date
    client = connect(url, connections=dispatchers + 2)
    store = WatchMulti(client, link.keys, link.board, _FACTS, ordered=ordered)
    asks = [AssignUnits(incidents[n // ON_ONE_INCIDENT], (f"sffd/E{n}",)) for n in range(count)]

    async def assign(number: int) -> None:
        await store.submit(Envelope(f"bench-{number}", _DISPATCHER, asks[number], link.now()), link.now())

    await round_of(assign, count, dispatchers, figures)
    await client.aclose()


async def run(url: str, rounds: int) -> dict[str, Any]:
    """All rounds, interleaved; prints the table, returns the last line's object."""
    names = ("assign", "no-op FCALL", "unbatched", "WATCH/MULTI", "same, loose")
    taken = {(name, count): Figures() for name in names for count in DISPATCHERS}
    sealer = ""
    for _ in range(rounds):
        for count in DISPATCHERS:
            sealer = await whole_path(url, count, taken["assign", count])
            await no_op(url, count, taken["no-op FCALL", count])
            await unbatched(url, count, taken["unbatched", count])
            await watch_multi(url, count, taken["WATCH/MULTI", count], ordered=True)
            await watch_multi(url, count, taken["same, loose", count], ordered=False)
    print(f"{'':14}{'dispatchers':>12}{'per second':>12}{'p99 ms':>9}   {rounds} rounds, medians; sealer: {sealer}")
    for name in names:
        for count in DISPATCHERS:
            per_s, p99 = _medians(taken[name, count])
            print(f"{name:14}{count:12}{per_s:12.0f}{p99:9.2f}")
    ours = {count: _medians(taken["assign", count]) for count in DISPATCHERS}
    most = max(DISPATCHERS)

    def ratio(name: str) -> float:
        return round(ours[most][0] / _medians(taken[name, most])[0], 2)

    return {
        "accepted_per_s": {str(count): round(per_s) for count, (per_s, _) in ours.items()},
        "p99_ms": {str(count): round(p99, 2) for count, (_, p99) in ours.items()},
        "vs_noop_fcall": ratio("no-op FCALL"),
        "vs_noop_fcall_unbatched": ratio("unbatched"),
        "vs_watch_multi": ratio("WATCH/MULTI"),
        "vs_watch_multi_loose": ratio("same, loose"),
        "sealer": sealer,
    }


def _medians(figures: Figures) -> tuple[float, float]:
    return statistics.median(figures.per_s), statistics.median(figures.p99_ms)


def main() -> None:
    """Start a server of its own, measure, stop it."""
    parser = argparse.ArgumentParser(prog="python -m bench.assign", description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each contender (medians are printed)")
    parser.add_argument("--url", default="", help="a store to use instead of a fresh embedded one")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="concord-bench-") as folder:
        url = args.url or ensure_server(Path(folder))
        try:
            print(json.dumps(uvloop.run(run(url, args.rounds))))
        finally:
            stop_server(Path(folder))


if __name__ == "__main__":
    main()
