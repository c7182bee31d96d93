"""One server and what may befall it: frozen, killed, its file cut or corrupt, its disk full, another history."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from data import dispatch
from data.check_store import check_store
from data.connection import SOCKET_SECONDS
from data.embedded import StoreDamaged, ensure_server, server_pid, stop_server
from data.link import BoardLink
from data.local_stores import LocalSingle
from domain.commands import AddNote
from domain.outcome import OutcomeStatus
from tests.integration.stores import Crowd, ask, assert_nothing_acknowledged_is_lost, eventually, give, notes_on, seeded
from tests.unit.boards import FACTS

BANNER_SECONDS = 5.0


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalSingle]:
    with LocalSingle(tmp_path) as single:
        yield single


def append_only_file(folder: Path) -> Path:
    """The part of a server's append-only file that grows."""
    return max((folder / "appendonlydir").glob("*.incr.aof"), key=lambda path: path.stat().st_mtime)


def cut(path: Path, words: bytes) -> None:
    """Cut a file off just before the last place where these words stand: within what wrote them."""
    os.truncate(path, path.read_bytes().rindex(words))


async def test_a_frozen_store_is_noticed_in_time_and_what_was_sent_meanwhile_does_not_run_later(
    store: LocalSingle, board_id: str
) -> None:
    async with seeded(store.url, board_id) as (link, incident):
        store.server.signal(signal.SIGSTOP)
        began = time.monotonic()
        sent = asyncio.create_task(link.send(ask(AddNote(incident, "into the ice"), issued_at=link.now())))
        await eventually(lambda: not link.projection.connected, BANNER_SECONDS)
        noticed = time.monotonic() - began
        outcome = await sent
        answered = time.monotonic() - began
        assert outcome.status == OutcomeStatus.UNAVAILABLE
        assert "not known whether it happened" in outcome.text
        store.server.signal(signal.SIGCONT)
        await eventually(lambda: link.projection.connected, BANNER_SECONDS)
        await asyncio.sleep(0.5)
        assert await notes_on(store.url, board_id) == []  # the commit compares clocks: what is late is refused
        await give(link, AddNote(incident, "thawed"))
    print("\n" + json.dumps({"noticed_s": round(noticed, 2), "answered_s": round(answered, 2)}))
    assert noticed < SOCKET_SECONDS + 0.5
    assert answered < 10.0  # the page waits that long


async def test_a_store_that_is_gone_refuses_at_once_and_nothing_runs_when_it_is_back(
    store: LocalSingle, board_id: str
) -> None:
    async with seeded(store.url, board_id) as (link, incident):
        store.server.kill()
        await eventually(lambda: not link.projection.connected, BANNER_SECONDS)
        began = time.monotonic()
        outcome = await link.send(ask(AddNote(incident, "anybody?"), issued_at=link.now()))
        assert time.monotonic() - began < 0.5
        assert outcome.status == OutcomeStatus.UNAVAILABLE
        assert await link.writable() != ""
        store.server.start()
        await eventually(lambda: link.projection.connected, BANNER_SECONDS)
        assert await notes_on(store.url, board_id) == []
        await give(link, AddNote(incident, "back"))


async def test_a_store_killed_under_load_loses_nothing_acknowledged_and_no_outcome_stays_unknown(
    store: LocalSingle, board_id: str
) -> None:
    crowd = Crowd()
    async with seeded(store.url, board_id) as (link, incident), crowd.at_work(link, incident, 8, 0.0):
        for _ in range(3):
            await asyncio.sleep(0.3)
            store.server.kill()
            await asyncio.to_thread(store.server.start)
    await assert_nothing_acknowledged_is_lost(crowd, store.url, board_id)
    assert not [outcome for outcome in crowd.told.values() if "not known whether" in outcome.text]


async def test_after_another_history_the_picture_is_read_anew_even_if_the_log_has_gone_on(
    store: LocalSingle, board_id: str, tmp_path: Path
) -> None:
    """What a failover can do: the last event was not handed on, and others took its number."""
    folder, kept = store.server.folder, tmp_path / "kept"
    async with seeded(store.url, board_id) as (link, incident):
        await asyncio.sleep(1.2)  # everysec: what is in the file by now
        shutil.copytree(folder / "appendonlydir", kept)
        await give(link, AddNote(incident, "never handed on"))
        seq = link.board.seq
        store.server.kill()
        shutil.rmtree(folder / "appendonlydir")
        shutil.copytree(kept, folder / "appendonlydir")
        store.server.signal(signal.SIGCONT)
        await asyncio.to_thread(store.server.start)
        async with BoardLink.open(store.url, board_id, FACTS) as other:
            await give(other, AddNote(incident, "another of the same number"))
            await give(other, AddNote(incident, "and one more"))
            await eventually(lambda: link.board.seq == other.board.seq and link.projection.connected, 5.0)
            assert other.board.seq > seq
            texts = [entry.text for entry in link.projection.entries[incident]]
            assert "never handed on" not in texts
            assert texts[-2:] == ["another of the same number", "and one more"]


async def test_a_cut_end_of_the_file_loses_the_last_command_whole_and_the_board_goes_on(
    tmp_path: Path, board_id: str
) -> None:
    url = ensure_server(tmp_path)
    try:
        async with seeded(url, board_id) as (link, incident):
            await give(link, AddNote(incident, "first"))
            await give(link, AddNote(incident, "half written"))
        stop_server(tmp_path)
        cut(append_only_file(tmp_path), b"half written")
        url = ensure_server(tmp_path)
        assert await notes_on(url, board_id) == ["first"]
        async with BoardLink.open(url, board_id, FACTS) as link:  # log, state and versions still agree
            await give(link, AddNote(incident, "on"))
    finally:
        stop_server(tmp_path)


async def test_a_file_corrupt_in_the_middle_stops_the_start_and_the_remedy_is_named(
    tmp_path: Path, board_id: str
) -> None:
    try:
        async with seeded(ensure_server(tmp_path), board_id) as (link, incident):
            for n in range(20):
                await give(link, AddNote(incident, f"note {n}"))
        stop_server(tmp_path)
        corrupt(append_only_file(tmp_path))
        with pytest.raises(StoreDamaged, match=r"cannot read its data .* Put a backup of appendonlydir back"):
            ensure_server(tmp_path)
        assert server_pid(tmp_path) is None
    finally:
        stop_server(tmp_path)


def corrupt(path: Path) -> None:
    """Overwrite a command's head in the middle of the file.

    Within a value the server would not notice, for the file has no checksums: `tools verify` does (test_verify.py).
    """
    content = path.read_bytes()
    middle = content.index(b"\r\n*", len(content) // 2)
    with path.open("r+b") as file:
        file.seek(middle)
        file.write(b"\x00" * 64)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 6 MB; skips where none can be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(folder)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small disk needs root and mount: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Take what is left of a disk."""
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        try:
            while True:
                file.write(b"x" * 65536)
                file.flush()
        except OSError:
            pass
    return ballast


async def test_a_full_disk_means_no_command_is_taken_and_it_goes_on_when_there_is_space(
    small_disk: Path, board_id: str
) -> None:
    crowd = Crowd()
    with LocalSingle(small_disk) as store:
        async with seeded(store.url, board_id) as (link, incident):
            ballast = fill(small_disk)
            async with crowd.at_work(link, incident, 4):
                await eventually(lambda: len(crowd.refused_at) > 10, 15.0)
            refused = crowd.of(OutcomeStatus.UNAVAILABLE)
            assert any("cannot write to its disk" in outcome.text for outcome in refused), refused[-1]
            assert link.board.get_incident(incident)  # reading goes on
            assert "cannot write" in await link.writable()
            findings = await check_store(store.url)
            assert any("refuses commands: free space" in str(finding) for finding in findings)
            ballast.unlink()
            began = time.monotonic()
            while not (await link.send(ask(AddNote(incident, "space again"), issued_at=link.now()))).accepted:
                assert time.monotonic() - began < 10.0
                await asyncio.sleep(0.1)
            crowd.told["space again"] = crowd.told[next(iter(crowd.acknowledged))]
        store.server.kill()
        store.server.start()  # what was acknowledged is in the file, not only in memory
        await assert_nothing_acknowledged_is_lost(crowd, store.url, board_id)


async def test_a_server_that_becomes_a_replica_is_never_followed_as_if_it_still_led(
    store: LocalSingle, board_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broken connection must be seen whenever it breaks, also between two reads: hence several times, at work."""
    monkeypatch.setattr(dispatch, "PATIENCE", 0.3)  # what becomes of the notes is not the question
    async with seeded(store.url, board_id) as (link, incident):
        for n in range(8):
            notes = [asyncio.create_task(link.send(ask(AddNote(incident, f"note {n} {m}")))) for m in range(5)]
            with store.server.admin() as client:
                step = client.pipeline(transaction=True)
                step.execute_command("REPLICAOF", "127.0.0.1", "1")
                step.execute_command("CLIENT", "KILL", "TYPE", "normal")
                step.execute()
            await asyncio.gather(*notes)
            await eventually(lambda: not link.projection.connected, 5.0)
            with store.server.admin() as client:
                client.execute_command("REPLICAOF", "NO", "ONE")
            await eventually(lambda: link.projection.connected, 5.0)
