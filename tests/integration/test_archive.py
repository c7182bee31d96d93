"""The archive: what leaves the log is in a verified file first, and nobody is robbed of what they have not read."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest
from pasts import SMALL, Past, fold, past, same

from data.archive import Archive, ArchiveError
from data.event_files import event_files
from data.event_log import EventsMissing
from data.history import History
from data.projection import Projection
from data.readers import READER_EXPIRES, ReaderRegister
from data.snapshot_taker import SnapshotTaker
from data.snapshots import SnapshotStore

NOW = 1_780_000_000.0


async def archive(made: Past, folder: Path, keep: int = 100) -> int:
    """Archive; the event the log begins with then."""
    return (await Archive(made.client, made.keys, folder).run(keep, NOW)).log_begins


@pytest.mark.parametrize("seed", range(2))
async def test_as_of_reads_archive_and_log_as_one(valkey_url: str, board_id: str, tmp_path: Path, seed: int) -> None:
    async with past(valkey_url, board_id, 1200, seed) as made:
        await made.snapshots()
        log, chance = await made.log(), random.Random(seed)
        assert await archive(made, tmp_path) > 1000
        history = History(made.client, made.keys, tmp_path)
        for _ in range(20):
            when = float(chance.choice(log)[1][b"at"])
            assert same((await history.as_of(when)).board, fold(log, when)[0])
        assert [event.seq async for event in history.events()] == [seq for seq, _ in log]


async def test_archived_events_come_back_byte_for_byte(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    async with past(valkey_url, board_id, 400) as made:
        odd = {"kind": "Odd", "at": "1780000000.000001", "schema": "9", "body": '{"event": {}, "é": 1}', "seal": "x"}
        await made.client.xadd(made.keys.log, odd, id=f"{await made.client.incr(made.keys.seq)}-0")
        await made.client.xadd(made.keys.log, odd, id=f"{await made.client.incr(made.keys.seq)}-0")
        log = await made.log()
        made.store.index = _snapshot_of(len(log))  # type: ignore[method-assign]
        work = Archive(made.client, made.keys, tmp_path)
        work._snapshots.index = _snapshot_of(len(log))  # type: ignore[method-assign]
        await work.run(1, NOW)
        assert (await made.log())[0][0] == len(log)
        history = History(made.client, made.keys, tmp_path)
        back, after = [], 0
        while page := await history._log.page(after):
            back += page
            after = page[-1][0]
        assert back == log


def _snapshot_of(last: int):  # type: ignore[no-untyped-def]
    """A list of snapshots whose newest is of an event this release cannot read: enough to archive up to it."""
    from data.snapshots import Header, Index

    async def index() -> Index:
        return Index([Header(0, last, NOW, NOW, "x")])

    return index


async def test_archiving_twice_goes_on_where_the_first_ended(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    async with past(valkey_url, board_id, 600) as made:
        await made.snapshots()
        await archive(made, tmp_path)
        await made.grow(1200)
        await made.snapshots()
        await archive(made, tmp_path)
        files = event_files(tmp_path)
        assert [file.first for file in files] == [1, files[0].last + 1]
        assert (await archive(made, tmp_path)) == files[-1].last + 1


async def test_the_log_is_not_trimmed_past_a_reader_until_it_is_dead(
    valkey_url: str, board_id: str, tmp_path: Path
) -> None:
    async with past(valkey_url, board_id, 600) as made:
        await made.snapshots()
        await ReaderRegister(made.client, made.keys).place("slow", 250, NOW)
        done = await Archive(made.client, made.keys, tmp_path).run(100, NOW + READER_EXPIRES - 1)
        assert done.log_begins == 251
        assert "slow" in done.held
        done = await Archive(made.client, made.keys, tmp_path).run(100, NOW + READER_EXPIRES + 1)
        assert done.log_begins > 400


async def test_the_log_is_not_trimmed_past_the_seals(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    async with past(valkey_url, board_id, 600) as made:
        await made.snapshots()
        await made.client.set(made.keys.sealed, 123)
        assert await archive(made, tmp_path) == 124


async def test_without_a_snapshot_nothing_is_archived(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    async with past(valkey_url, board_id, 300) as made:
        assert await archive(made, tmp_path) == 1
        assert event_files(tmp_path) == []


async def test_a_file_that_is_not_what_the_log_holds_stops_the_trimming(
    valkey_url: str, board_id: str, tmp_path: Path
) -> None:
    async with past(valkey_url, board_id, 600) as made, past(valkey_url, f"{board_id}-b", 600, seed=9) as other:
        await made.snapshots()
        await other.snapshots()
        await archive(other, tmp_path)
        with pytest.raises(ArchiveError, match="is not what the log holds: nothing was trimmed"):
            await archive(made, tmp_path)
        assert (await made.log())[0][0] == 1


async def test_a_lost_archive_is_said_not_passed_over(valkey_url: str, board_id: str, tmp_path: Path) -> None:
    async with past(valkey_url, board_id, 600) as made:
        await made.snapshots()
        early = float((await made.log())[100][1][b"at"])
        await archive(made, tmp_path / "here")
        with pytest.raises((EventsMissing, LookupError), match="tools archive"):
            await History(made.client, made.keys).as_of(early)
        with pytest.raises(ArchiveError, match="begins with event"):
            await archive(made, tmp_path / "elsewhere")


async def test_a_reader_whose_place_was_trimmed_starts_from_a_snapshot(
    valkey_url: str, board_id: str, tmp_path: Path
) -> None:
    async with past(valkey_url, board_id, 300) as made:
        asleep = Projection(made.client, made.keys)
        await asleep.load()
        await made.grow(900)
        await made.snapshots()
        await archive(made, tmp_path)
        following = asyncio.create_task(asleep.follow())
        assert await asleep.caught_up(900, timeout=10)
        following.cancel()
        assert asleep.generation == 1
        whole = [seq_fields async for seq_fields in _all(made, tmp_path)]
        assert same(asleep.board, fold(whole)[0])


async def _all(made: Past, folder: Path):  # type: ignore[no-untyped-def]
    log, after = History(made.client, made.keys, folder)._log, 0
    while page := await log.page(after):
        for entry in page:
            yield entry
        after = page[-1][0]


async def test_a_trimmed_log_without_readable_snapshots_starts_from_the_stored_state(
    valkey_url: str, board_id: str, tmp_path: Path
) -> None:
    async with past(valkey_url, board_id, 600) as made:
        log = await made.log()
        await made.snapshots()
        await archive(made, tmp_path)
        newer = SnapshotStore(made.client, made.keys, shape="of-the-next-release")
        taker = SnapshotTaker(newer, SMALL)
        projection = Projection(made.client, made.keys, newer, taker)
        await projection.load()
        assert projection.board.state() == fold(log)[0].state()
        await made.grow(700)
        await projection._read_log()
        await taker.write_due()
        newest = (await newer.index()).newest
        assert newest is not None
        assert (newest.after, newest.last % 40) in ((0, 0), (640, 0))
