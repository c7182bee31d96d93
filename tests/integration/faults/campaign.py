"""The fault campaign: worker processes on a real server, while server, workers and wires fail at random.

`python -m tests.integration.faults.campaign --seeds 50` (or `make chaos`) prints a line a seed and the sums; it exits
with 1 when any truth was lost. A seed fixes which faults come in which order, not what the machine makes of them: run
a bad one several times. Described in docs/faults.md.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from data.connection import connect
from data.embedded import ensure_server, server_pid, stop_server
from data.keys import keys_of
from data.link import BoardLink
from domain.agency import Agency, Discipline
from domain.commands import Actor, Command, Envelope, OpenBoard, RegisterAgencies, RegisterUnits, ReportIncident, Role
from domain.outcome import OutcomeStatus
from tests.integration.faults.judge import FIGURES, Findings, calls_in, judge, read_calls
from tests.integration.faults.tcp_proxy import TcpProxy, Wire
from tests.integration.faults.worker import UNITS, envelope_of
from tests.unit.boards import FACTS, unit

ROOT = Path(__file__).resolve().parents[3]
WORKERS = 3
BOARD = "chaos"
BAD_SEEDS: tuple[int, ...] = ()
"""Seeds that once showed a fault; they are always run."""


class Scene:
    """One seed's server, wires and worker processes."""

    def __init__(self, seed: int, folder: Path, proxies: list[TcpProxy], mutant: bool) -> None:
        self.chance = random.Random(seed)
        self.done: Counter[str] = Counter()
        self._seed = seed
        self._folder = folder
        self._store = folder / "store"
        self._proxies = proxies
        self._mutant = mutant
        self._births = 0
        self.workers: list[asyncio.subprocess.Process] = []

    async def start_worker(self, place: int) -> None:
        """A process with a name of its own, on the wire of its place."""
        self._births += 1
        name = f"w{place}.{self._births}"
        told = (self._proxies[place].url, BOARD, str(self._seed), name, str(self._folder / f"{name}.calls"))
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.integration.faults.worker",
            *told,
            *(["mutant"] if self._mutant else []),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,  # closed when this process ends, however it ends: then workers end too
            stdout=asyncio.subprocess.DEVNULL,
        )
        self.workers[place : place + 1] = [process]

    async def play(self, seconds: float) -> None:
        """Faults, one after the other, for about so long."""
        faults = (
            self.server_killed,
            self.server_stopped,
            self.worker_killed,
            self.worker_stopped,
            self.replies_lost,
            self.wire_cut,
            self.wire_slow,
            self.connections_reset,
        )
        end = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.05 + self.chance.random() * 0.25)
            fault = self.chance.choice(faults)
            self.done[fault.__name__] += 1
            await fault()

    async def stop_workers(self) -> None:
        """Ask them to end, and kill whoever does not."""
        for process in self.workers:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        for process in self.workers:
            try:
                await asyncio.wait_for(process.wait(), 20)
            except TimeoutError:
                process.kill()
                await process.wait()

    # Faults ---------------------------------------------------------------------------------------

    async def server_killed(self) -> None:
        pid = server_pid(self._store)
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(self.chance.random() * 0.3)
        await asyncio.to_thread(ensure_server, self._store, appendfsync=fsync_of(self._seed))

    async def server_stopped(self) -> None:
        pid = server_pid(self._store)
        if pid is not None:
            await self._stopped(pid)

    async def worker_killed(self) -> None:
        place = self.chance.randrange(WORKERS)
        self.workers[place].kill()
        await self.workers[place].wait()
        await self.start_worker(place)

    async def worker_stopped(self) -> None:
        await self._stopped(self.chance.choice(self.workers).pid)

    async def replies_lost(self) -> None:
        await self._wire(Wire.DROP_REPLIES)

    async def wire_cut(self) -> None:
        await self._wire(Wire.BLACKHOLE)

    async def wire_slow(self) -> None:
        await self._wire(Wire.DELAY)

    async def connections_reset(self) -> None:
        self.chance.choice(self._proxies).reset()

    async def _wire(self, wire: Wire) -> None:
        proxy = self.chance.choice(self._proxies)
        proxy.delay = self.chance.random() * 0.2
        proxy.wire = wire
        await asyncio.sleep(0.1 + self.chance.random() * 0.6)
        proxy.wire = Wire.PASS

    async def _stopped(self, pid: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            try:
                await asyncio.sleep(0.1 + self.chance.random() * 0.9)
            finally:
                os.kill(pid, signal.SIGCONT)


def fsync_of(seed: int) -> str:
    """Both policies have their turn."""
    return "always" if seed % 2 else "everysec"


async def run_seed(seed: int, folder: Path, *, seconds: float = 4.0, mutant: bool = False) -> Findings:
    """One seed, from an empty folder to its findings."""
    url = ensure_server(folder / "store", appendfsync=fsync_of(seed))
    try:
        await _prepare(url)
        async with contextlib.AsyncExitStack() as stack:
            proxies = [await stack.enter_async_context(TcpProxy.to(url)) for _ in range(WORKERS)]
            scene = Scene(seed, folder, proxies, mutant)
            try:
                for place in range(WORKERS):
                    await scene.start_worker(place)
                await _all_at_work(folder)
                await (asyncio.sleep(1.0) if mutant else scene.play(seconds))
                await scene.stop_workers()
            finally:
                for process in scene.workers:
                    if process.returncode is None:
                        process.kill()
                        await process.wait()
        calls = read_calls(folder)
        asked_again = await _ask_again(url, calls)
        found = judge(seed, calls, await _log(url))
        found.asked_again = asked_again
        found.faults = dict(scene.done)
        return found
    finally:
        stop_server(folder / "store")


async def _prepare(url: str) -> None:
    async with BoardLink.open(url, BOARD, FACTS) as link:
        loader = Actor("loader", "", Role.SERVICE)
        commands: list[Command] = [
            OpenBoard("Chaos", "chaos", "C"),
            RegisterAgencies((Agency("sffd", "SFFD", "sffd", Discipline.FIRE),)),
            RegisterUnits(tuple(unit(name) for name in UNITS)),
            ReportIncident("FIRE", -122.4, 37.78),
            ReportIncident("FIRE", -122.5, 37.78),
        ]
        for number, command in enumerate(commands):
            assert (await link.send(Envelope(f"prepare-{number}", loader, command))).accepted


async def _all_at_work(folder: Path) -> None:
    for _ in range(200):
        if len(calls_in(folder)) >= WORKERS:
            return
        await asyncio.sleep(0.05)
    raise RuntimeError("the workers did not start")


async def _ask_again(url: str, calls: dict[str, dict[str, Any]]) -> int:
    """Ask for every outcome nobody lived to hear, under its id. Returns how many there were."""
    unheard = [call for call in calls.values() if "known" not in call]
    async with BoardLink.open(url, BOARD, FACTS) as link:
        for call in unheard:
            for _ in range(20):
                outcome = await link.send(envelope_of(call))
                if outcome.status != OutcomeStatus.UNAVAILABLE:
                    now = asyncio.get_running_loop().time()  # monotonic, as the workers' times
                    rule = outcome.decision.rule
                    call["known"] = {"status": outcome.status, "rule": rule, "seq": outcome.seq, "at": now}
                    break
                await asyncio.sleep(0.1)
    return len(unheard)


async def _log(url: str) -> list[tuple[str, dict[str, Any]]]:
    client = connect(url)
    entries = await client.xrange(keys_of(BOARD).log)
    await client.aclose()
    assert [int(entry.split(b"-")[0]) for entry, _ in entries] == list(range(1, len(entries) + 1)), "the log has a gap"
    return [(fields[b"kind"].decode(), json.loads(fields[b"body"])) for _, fields in entries]


def main() -> int:
    """Run seeds and say what they showed; 1 when a figure is not 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.integration.faults.campaign", description=__doc__)
    parser.add_argument("--seeds", type=int, default=50, help="how many; the bad seeds of old are added")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    args = parser.parse_args()
    sums: Counter[str] = Counter()
    bad = []
    for seed in dict.fromkeys([*BAD_SEEDS, *range(args.first, args.first + args.seeds)]):
        with tempfile.TemporaryDirectory(prefix="concord-chaos-") as folder:
            found = asyncio.run(run_seed(seed, Path(folder)))
        figures = {name: getattr(found, name) for name in (*FIGURES, "commands", "accepted", "asked_again")}
        sums.update(figures)
        sums["faults"] += sum(found.faults.values())
        told = ", ".join(f"{count} {name}" for name, count in sorted(found.faults.items()))
        print(f"seed {seed:3} {'good' if found.good else 'BAD '} {found.accepted}/{found.commands}: {told}", flush=True)
        for note in found.notes:
            print(f"    {note}")
        if not found.good:
            bad.append(seed)
    print(json.dumps({"bad_seeds": bad, **sums}))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
