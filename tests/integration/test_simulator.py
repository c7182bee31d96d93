"""The simulator on a real store with the built-in region, started as people start it."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from data.codec import read_event
from data.connection import connect
from data.embedded import ensure_server, server_pid, stop_server
from data.keys import keys_of
from data.link import BoardLink
from domain.assignment import AssignmentStatus
from domain.commands import Actor, ChangeStatus, Envelope, Role
from domain.events import ClockSet, IncidentReported, RecordedEvent
from domain.rules import Facts


@dataclass
class Started:
    """A simulator as a child process."""

    process: asyncio.subprocess.Process

    async def end(self) -> tuple[float, str]:
        """Send SIGTERM; seconds until it was gone, and what it printed last."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        said, _ = await asyncio.wait_for(self.process.communicate(), 10)
        return time.monotonic() - began, said.decode()


@asynccontextmanager
async def simulator(root: Path, url: str, board: str, *arguments: str) -> AsyncIterator[Started]:
    """`python -m tools simulate` on a board, ended at the latest when the block is left."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tools", "simulate", "--board", board, *arguments,
        cwd=root, env={**os.environ, "REDIS_URL": url}, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield Started(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def until(true: Callable[[], bool], seconds: float) -> bool:
    """Wait until something is so; False when the time ran out."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.05)
    return True


async def log_of(url: str, board: str) -> list[RecordedEvent]:
    client = connect(url)
    entries = await client.xrange(keys_of(board).log)
    await client.aclose()
    return [read_event(int(entry.split(b"-")[0]), fields) for entry, fields in entries]


async def test_virtual_time_gives_the_same_log_twice(project_root: Path, valkey_url: str, board_id: str) -> None:
    logs = []
    for board in (f"{board_id}-a", f"{board_id}-b"):
        async with simulator(project_root, valkey_url, board, "--max", "--until", "1200", "--seed", "5") as child:
            said, _ = await asyncio.wait_for(child.process.communicate(), 60)
            assert child.process.returncode == 0
            assert re.match(rb"^\d+ accepted$", said), said
        logs.append(await log_of(valkey_url, board))
    # Server times and command ids differ from run to run; a ClockSet carries a server time in itself.
    first, again = ([(e.event, e.actor, e.decision) for e in log if not isinstance(e.event, ClockSet)] for log in logs)
    assert first == again
    assert sum(isinstance(event, IncidentReported) for event, _, _ in first) >= 5


async def test_an_empty_board_is_alive_within_a_minute_and_sigterm_ends_it_within_a_second(
    project_root: Path, valkey_url: str, board_id: str
) -> None:
    async with (
        BoardLink.open(valkey_url, board_id, Facts()) as link,
        simulator(project_root, valkey_url, board_id) as child,
    ):
        began = time.monotonic()
        assert await until(lambda: sum(1 for unit in link.board.units() if unit.active) >= 5, 60)
        assert await until(lambda: len(link.positions) > 1000, 60)
        print(f"alive after {time.monotonic() - began:.1f} s")
        assert sum(1 for _ in link.board.open_incidents()) >= 4
        first = dict(link.positions)
        assert await until(lambda: sum(link.positions[name] != fix for name, fix in first.items()) >= 20, 20)
        took, said = await child.end()
    assert took < 1.0
    assert child.process.returncode == 0
    assert re.match(r"^\d+ accepted", said), said


async def test_a_crew_reacts_to_a_person_and_a_restart_goes_on_with_what_is_there(
    project_root: Path, valkey_url: str, board_id: str
) -> None:
    async with BoardLink.open(valkey_url, board_id, Facts()) as link:
        async with simulator(project_root, valkey_url, board_id, "--speed", "20") as child:
            assert await until(lambda: any(unit.active for unit in link.board.units()), 60)
            assert await until(lambda: len(link.positions) > 1000, 60)
            await child.end()
        before = {incident.id for incident in link.board.open_incidents()}
        held = next(h for number in before for h in link.board.assignments_of(number) if not h.ended)
        person = Actor("Ann", held.agency, Role.DISPATCHER)
        async with simulator(project_root, valkey_url, board_id, "--speed", "20"):
            word = AssignmentStatus.CLEARED
            outcome = await link.send(Envelope("person-1", person, ChangeStatus(held.id, word)))
            assert outcome.accepted or outcome.decision.rule == "assignment_ended"
            # Work that was under way at the restart is brought to its end by the new process.
            open_now = lambda: {incident.id for incident in link.board.open_incidents()}  # noqa: E731
            assert await until(lambda: bool(before - open_now()), 90)
        assert link.board.get_assignment(held.id).ended


@pytest.mark.timeout(180)
async def test_the_store_killed_and_started_again_does_not_end_the_simulator(
    project_root: Path, tmp_path: Path, board_id: str
) -> None:
    folder = tmp_path / "store"
    url = ensure_server(folder)
    try:
        async with simulator(project_root, url, board_id, "--speed", "20") as child:
            async with BoardLink.open(url, board_id, Facts()) as link:
                assert await until(lambda: len(link.positions) > 1000, 60)
                pid = server_pid(folder)
                assert pid is not None
                os.kill(pid, signal.SIGKILL)
                await asyncio.sleep(1.5)
                assert ensure_server(folder) == url
                assert await until(lambda: link.projection.connected, 20)
                seq = link.board.seq
                assert await until(lambda: link.board.seq > seq + 3, 60)
            assert child.process.returncode is None
            await child.end()
            assert child.process.returncode == 0
    finally:
        stop_server(folder)
